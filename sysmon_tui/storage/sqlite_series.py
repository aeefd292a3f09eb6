"""One collector's part of a chart, put together from the tiers of a history file.

Coarse rollups are few and quickly read, but the newest are always missing, and after a change of
version the oldest. What one tier lacks at either end comes from the next finer one.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.ports import Derive
from sysmon_tui.storage.band import Row
from sysmon_tui.storage.gather import Gather
from sysmon_tui.storage.roller import TIERS
from sysmon_tui.storage.sqlite_read import SESSION_GAP, Reader
from sysmon_tui.storage.sqlite_rollup import as_labels, sound_rows

RAW_BATCHES = 1800
"""Figures are derived from about so many batches at most; of a longer range from every n-th, whose
rates then are means over n."""
LEAD = 15.0
"""Seconds before a range in which a counter's sample is looked for, so that its first is a pair."""


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
        if gather.wants(key):
            of = found.setdefault(collector, Wanted(collector, {}))
            of.bands.setdefault(band, {})[slot] = key
    return list(found.values())


class Stitch:
    def __init__(
        self, db: sqlite3.Connection, reader: Reader, gather: Gather, derive: Derive
    ) -> None:
        self._db = db
        self._reader = reader
        self._gather = gather
        self._derive = derive

    def fill(self, of: Wanted, tier: int, start: float, end: float) -> None:
        """Everything in the range, in order; from what was recorded where `tier` is below 0."""
        if tier < 0:
            self._raw(of.collector, start, end)
            return
        rows = sorted(self._rows(of, tier, start, end), key=lambda pair: pair[1].start)
        if not rows:
            self.fill(of, tier - 1, start, end)
            return
        width = TIERS[tier]
        first, last = rows[0][1].start, rows[-1][1].start + width
        if first - start > width:
            self.fill(of, tier - 1, start, first)
        for labels, row in rows:
            for slot, stats in row.stats.items():
                self._gather.span(labels[slot], row.start, stats)
        if last < end:
            self.fill(of, tier - 1, last, end)

    def _rows(
        self, of: Wanted, tier: int, start: float, end: float
    ) -> Iterator[tuple[dict[int, Labels], Row]]:
        for band, labels in of.bands.items():
            for count, slots, crc, body in self._db.execute(
                "SELECT count, slots, crc, body FROM rollup"
                " WHERE band = ? AND tier = ? AND t1 > ? AND t0 < ? ORDER BY t0",
                (band, tier, start, end),
            ).fetchall():
                for row in sound_rows(body, crc, count, slots, sorted(labels)):
                    if start <= row.start < end:
                        yield labels, row

    def _raw(self, collector: str, start: float, end: float) -> None:
        gather = self._gather
        recorded = False
        for session, chunk in self._reader.chunks(collector, start - LEAD, end):
            rows = [row for row, wall in enumerate(chunk.walls) if start - LEAD <= wall < end]
            if not rows:
                continue
            walls = array("d", [chunk.walls[row] for row in rows])
            monos = array("d", [chunk.monos[row] + session * SESSION_GAP for row in rows])
            lead = next((n for n, wall in enumerate(walls) if wall >= start), len(walls))
            for labels, column in chunk.family(gather.name):
                recorded = True
                values = array("d", [column[row] for row in rows])
                gather.column(labels, walls, monos, values, lead)
        if not recorded:
            self._derived(collector, start, end)

    def _derived(self, collector: str, start: float, end: float) -> None:
        step = (end - start) / RAW_BATCHES
        batches = self._reader.batches(
            start - LEAD, end, frozenset({collector}), step if step > 1.0 else 0.0
        )
        self._gather.batches(batches, self._derive, start)
