"""One collector's part of a chart, put together from the tiers of a history file.

Coarse rollups are few and quickly read, but the newest are always missing, and after a change of
version the oldest. What one tier lacks at either end comes from the next finer one.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from math import inf, nextafter
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.ports import Derive
from sysmon_tui.storage.band import Strip
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.derived import Derived, DerivedCache, derived, derived_at_once
from sysmon_tui.storage.gather import Gather
from sysmon_tui.storage.roller import TIERS
from sysmon_tui.storage.sqlite_read import SESSION_GAP, Reader, Stored
from sysmon_tui.storage.sqlite_rollup import as_labels

KEPT_SECONDS = 300.0, 7200.0
"""Of so long a range figures are derived chunk by chunk and kept for the next chart of it. A
shorter one is what rollups lack at an end, and soon gone."""
RAW_BATCHES = 1800
"""Of a longer one figures are derived from about so many batches at most, every n-th, whose rates
then are means over n."""
LEAD = 15.0
"""Seconds before a range in which a counter's sample is looked for, so that its first is a pair."""


_ROLLUPS = """
SELECT count, slots, crc, body FROM rollup
WHERE band = ? AND tier = ? AND t1 > ? AND t0 < ? ORDER BY t0
"""


class Wanted(NamedTuple):
    """Series of one collector that a chart is to show."""

    collector: str
    bands: dict[int, dict[int, Labels]]
    """By band and slot."""


def wanted(db: sqlite3.Connection, gather: Gather) -> list[Wanted]:
    """What has rollups; where no rollup knows the metric yet, every collector may."""
    series = db.execute(
        "SELECT c.name, s.band, s.slot, s.labels FROM series s"
        " JOIN collector c ON c.id = s.collector WHERE s.name = ?",
        (gather.name,),
    ).fetchall()
    if not series:
        return [Wanted(name, {}) for (name,) in db.execute("SELECT name FROM collector").fetchall()]
    found: dict[str, Wanted] = {}
    for collector, band, slot, labels in series:
        key = as_labels(labels)
        if key is not None and gather.wants(key):
            of = found.setdefault(collector, Wanted(collector, {}))
            of.bands.setdefault(band, {})[slot] = key
    return list(found.values())


class Stitch:
    def __init__(
        self,
        db: sqlite3.Connection,
        reader: Reader,
        gather: Gather,
        derive: Derive,
        cache: DerivedCache,
    ) -> None:
        self._db = db
        self._reader = reader
        self._gather = gather
        self._derive = derive
        self._sources = derive.sources(gather.name)
        self._cache = cache

    def fill(self, of: Wanted, tier: int, start: float, end: float) -> None:
        """Everything in the range, in order; from what was recorded where `tier` is below 0."""
        if tier < 0:
            self._raw(of.collector, start, end)
            return
        strips = [
            (labels, strip)
            for band, labels in of.bands.items()
            if len((strip := self._strip(band, labels, tier, start, end)).starts)
        ]
        if not strips:
            self.fill(of, tier - 1, start, end)
            return
        width = TIERS[tier]
        first = min(strip.starts[0] for _, strip in strips)
        last = max(strip.starts[-1] for _, strip in strips) + width
        if first - start > width:
            self.fill(of, tier - 1, start, first)
        for labels, strip in strips:
            for slot, columns in strip.stats.items():
                self._gather.spans(labels[slot], strip.starts, columns)
        if last < end:
            self.fill(of, tier - 1, last, end)

    def _strip(self, band: int, slots: Iterable[int], tier: int, start: float, end: float) -> Strip:
        """What a tier has of a band in the range; damaged blobs are left out."""
        strip = Strip(slots)
        for count, taken, crc, body in self._db.execute(_ROLLUPS, (band, tier, start, end)):
            if crc32(body) == crc:
                with suppress(DamagedChunk):
                    strip.add(body, count, taken)
        strip.keep(start, end)
        return strip

    def _raw(self, collector: str, start: float, end: float) -> None:
        # A chart may end after now; how a range is read depends on how much there is to read.
        end = min(end, nextafter(self._newest(), inf))
        if self._sources != frozenset((self._gather.name,)):
            self._derived(collector, start, end)
            return
        gather = self._gather
        for session, chunk in self._reader.chunks(collector, start - LEAD, end):
            rows = [row for row, wall in enumerate(chunk.walls) if start - LEAD <= wall < end]
            if not rows:
                continue
            walls = _cut(chunk.walls, rows)
            monos = array("d", [chunk.monos[row] + session * SESSION_GAP for row in rows])
            lead = next((n for n, wall in enumerate(walls) if wall >= start), len(walls))
            series = ((labels, _cut(column, rows)) for labels, column in chunk.family(gather.name))
            gather.columns(walls, monos, series, lead)

    def _newest(self) -> float:
        (newest,) = self._db.execute("SELECT coalesce(max(t1), 0) FROM chunk").fetchone()
        return float(newest)

    def _derived(self, collector: str, start: float, end: float) -> None:
        least, most = KEPT_SECONDS
        if not least <= end - start <= most:
            self._derived_once(collector, start, end)
            return
        for stored in self._reader.stored(collector, start, end):
            key = (stored.number, stored.crc, self._gather.name)
            found = self._cache.get(key, partial(self._derive_chunk, collector, stored))
            if found is None:
                continue
            rows = [row for row, wall in enumerate(found.walls) if start <= wall < end]
            walls, monos, *columns = (
                _cut(column, rows)
                for column in (found.walls, found.monos, *(column for _, column in found.columns))
            )
            keys = [labels for labels, _ in found.columns]
            self._gather.columns(walls, monos, zip(keys, columns, strict=True))

    def _derive_chunk(self, collector: str, stored: Stored) -> Derived | None:
        chunk = self._reader.load(collector, stored)
        if chunk is None:
            return None
        name, sources = self._gather.name, self._sources
        session, mono = stored.session, chunk.monos[0]
        before = self._reader.batch_before(collector, session, mono, sources)
        make = self._derive.columns(name)
        found = derived_at_once(chunk, sources, make, before) if make is not None else None
        if found is not None:
            return found
        rows = range(len(chunk.monos))
        batches = map(chunk.batch, rows, chunk.monos, chunk.figures(rows, sources))
        return derived(batches, self._derive(collector), name, before)

    def _derived_once(self, collector: str, start: float, end: float) -> None:
        step = (end - start) / RAW_BATCHES
        batches = self._reader.batches(
            start - LEAD,
            end,
            frozenset({collector}),
            step if step > 1.0 else 0.0,
            self._sources,
        )
        self._gather.batches(batches, self._derive, start)


def _cut(column: array[float], rows: Sequence[int]) -> array[float]:
    """Some rows, nearly always all from the first of them to the last."""
    if rows and rows[-1] - rows[0] + 1 == len(rows):
        return column[rows[0] : rows[-1] + 1]
    return array("d", [column[row] for row in rows])
