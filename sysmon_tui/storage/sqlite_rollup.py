"""Rollups in a history file, its writer's side: a row for each span of a band, later packed.

Every span is written with the flush after it ended, so a crash loses none; when a band has so
many rows they become one, a few bands a flush. After a restart the spans that were still open are
made again from the tier below.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.curve import Stats
from sysmon_tui.model.metric import Labels, SeriesKey, is_counter
from sysmon_tui.model.ports import Derive
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.band import SLOTS, Row, pack, unpack
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.database import Corrupt
from sysmon_tui.storage.numbers import Numbers
from sysmon_tui.storage.roller import TIERS, Roller, Span

PACK_ROWS = (120, 72, 48)
"""Rows of a band that become one, by tier: two hours, half a day, two days."""
PACKS_A_FLUSH = 2

ReadRaw = Callable[[str, float], Iterable[Batch]]
"""A collector's batches from a time on."""


class Place(NamedTuple):
    band: int
    slot: int


class Blob(NamedTuple):
    """A row of the table to be."""

    tier: int
    band: int
    t0: float
    t1: float
    rows: int
    slots: int
    body: bytes


class Rollups:
    def __init__(self, derive: Derive, numbers: Numbers) -> None:
        self._derive = derive
        self._numbers = numbers
        self._rollers: dict[str, Roller] = {}
        self._ended: list[tuple[str, Span]] = []
        """Spans not yet on disk."""
        self._places: dict[str, dict[SeriesKey, Place]] = {}
        self._new: list[tuple[str, SeriesKey, Place]] = []
        self._counters: dict[int, set[int]] = {}
        """By band: its slots that are counters."""
        self._sizes: dict[int, int] = {}
        """By band: slots taken."""
        self._single: dict[tuple[int, int], int] = {}
        """By band and tier: rows not yet packed."""

    def add(self, batch: Batch) -> None:
        roller = self._roller(batch.collector)
        self._ended.extend((batch.collector, span) for span in roller.add(batch))

    def enter(self, db: sqlite3.Connection) -> None:
        """Learn what a file has; anew after each connection, because it may be another file."""
        self._places.clear()
        self._counters.clear()
        self._sizes.clear()
        self._new.clear()
        db.execute(
            "DELETE FROM series WHERE NOT EXISTS"
            " (SELECT 1 FROM rollup WHERE rollup.band = series.band)"
        )
        for collector, band, slot, name, labels in db.execute(
            "SELECT c.name, s.band, s.slot, s.name, s.labels FROM series s"
            " JOIN collector c ON c.id = s.collector ORDER BY s.band, s.slot"
        ):
            if not isinstance(slot, int):
                # SQLite lets nobody write such a row, and gives it out where bits have turned.
                raise Corrupt("a series stands at no place")
            # Its slot is taken, whosever it was.
            self._sizes[band] = max(self._sizes.get(band, 0), slot + 1)
            if (known := as_labels(labels)) is not None:
                self._take(collector, SeriesKey(name, known), Place(band, slot))
        self._single = {
            (band, tier): count
            for band, tier, count in db.execute(
                "SELECT band, tier, count(*) FROM rollup WHERE count = 1 GROUP BY band, tier"
            )
        }

    def resume(self, db: sqlite3.Connection, read_raw: ReadRaw, horizon: float) -> None:
        """Make again what was open when the file was last written, once for each opening.

        Raw batches from before `horizon` are left alone: that would take long.
        """
        for (collector,) in db.execute("SELECT name FROM collector").fetchall():
            roller = self._roller(collector)
            ends = [self._end(db, collector, tier) for tier in range(len(TIERS))]
            for tier in range(len(TIERS) - 2, -1, -1):
                for span in self._spans(db, collector, tier, ends[tier + 1]):
                    self._ended.extend((collector, ended) for ended in roller.resume(span))
            for batch in read_raw(collector, max(ends[0], horizon)):
                self.add(batch)

    def blobs(self) -> list[Blob]:
        """Rows for what has ended and is not on disk."""
        return [blob for collector, span in self._ended for blob in self._blobs(collector, span)]

    def write(
        self, db: sqlite3.Connection, blobs: Sequence[Blob], number: Callable[[str], int]
    ) -> None:
        """In the caller's transaction; `number` gives a collector's id."""
        db.executemany(
            "INSERT INTO series (collector, band, slot, name, labels) VALUES (?, ?, ?, ?, ?)",
            [(number(c), *place, key.name, json.dumps(key.labels)) for c, key, place in self._new],
        )
        for blob in blobs:
            _insert(db, self._numbers.loose(db, "rollup"), blob)

    def written(self, blobs: Sequence[Blob]) -> None:
        """The transaction is done."""
        self._new.clear()
        self._ended.clear()
        for blob in blobs:
            key = blob.band, blob.tier
            self._single[key] = self._single.get(key, 0) + 1

    def pack(self, db: sqlite3.Connection) -> int:
        """Pack a few bands in the caller's transaction; by how many bytes the file's blobs grew."""
        ripe = [key for key, rows in self._single.items() if rows >= PACK_ROWS[key[1]]]
        ripe.sort(key=lambda key: -self._single[key] / PACK_ROWS[key[1]])
        return sum(self._pack(db, *key) for key in ripe[:PACKS_A_FLUSH])

    def _pack(self, db: sqlite3.Connection, band: int, tier: int) -> int:
        found = db.execute(
            "SELECT id, slots, crc, body FROM rollup"
            " WHERE band = ? AND tier = ? AND count = 1 ORDER BY t0 LIMIT ?",
            (band, tier, 2 * PACK_ROWS[tier]),
        ).fetchall()
        rows = [row for _, slots, crc, body in found for row in sound_rows(body, crc, 1, slots)]
        db.executemany("DELETE FROM rollup WHERE id = ?", [(number,) for number, *_ in found])
        self._single[band, tier] -= len(found)
        grown = -sum(len(body) for *_, body in found)
        if rows:
            blob = self._blob(tier, band, rows)
            _insert(db, self._numbers.lasting("rollup"), blob)
            grown += len(blob.body)
        return grown

    def _roller(self, collector: str) -> Roller:
        roller = self._rollers.get(collector)
        if roller is None:
            roller = self._rollers[collector] = Roller(self._derive(collector))
        return roller

    def _blobs(self, collector: str, span: Span) -> Iterator[Blob]:
        bands: dict[int, dict[int, Stats]] = {}
        places = self._places.setdefault(collector, {})
        for key, stats in span.stats.items():
            place = places.get(key) or self._new_place(collector, key)
            bands.setdefault(place.band, {})[place.slot] = stats
        for band, stats_by_slot in bands.items():
            yield self._blob(span.tier, band, [Row(span.start, stats_by_slot)])

    def _blob(self, tier: int, band: int, rows: Sequence[Row]) -> Blob:
        slots = self._sizes[band]
        body = pack(rows, slots, frozenset(self._counters[band]))
        end = rows[-1].start + TIERS[tier]
        return Blob(tier, band, rows[0].start, end, len(rows), slots, body)

    def _new_place(self, collector: str, key: SeriesKey) -> Place:
        places = self._places[collector]
        band = max((place.band for place in places.values()), default=0)
        if not band or self._sizes[band] == SLOTS:
            band = max(self._sizes, default=0) + 1
        place = Place(band, self._sizes.get(band, 0))
        self._take(collector, key, place)
        self._new.append((collector, key, place))
        return place

    def _take(self, collector: str, key: SeriesKey, place: Place) -> None:
        self._places.setdefault(collector, {})[key] = place
        self._sizes[place.band] = max(self._sizes.get(place.band, 0), place.slot + 1)
        counters = self._counters.setdefault(place.band, set())
        if is_counter(key.name):
            counters.add(place.slot)

    def _end(self, db: sqlite3.Connection, collector: str, tier: int) -> float:
        """When the newest span of a tier ended; 0 where there is none."""
        bands = {place.band for place in self._places.get(collector, {}).values()}
        marks = ",".join("?" * len(bands))
        found = db.execute(
            f"SELECT coalesce(max(t1), 0) FROM rollup WHERE tier = ? AND band IN ({marks})",  # noqa: S608 (question marks only)  # nosec B608
            (tier, *bands),
        ).fetchall()
        return float(found[0][0])

    def _spans(
        self, db: sqlite3.Connection, collector: str, tier: int, start: float
    ) -> Iterator[Span]:
        """A tier's spans from `start` on, in order."""
        keys = {place: key for key, place in self._places.get(collector, {}).items()}
        spans: dict[float, dict[SeriesKey, Stats]] = {}
        for band in {place.band for place in keys}:
            for count, slots, crc, body in db.execute(
                "SELECT count, slots, crc, body FROM rollup"
                " WHERE band = ? AND tier = ? AND t1 > ? ORDER BY t0",
                (band, tier, start),
            ).fetchall():
                for row in sound_rows(body, crc, count, slots):
                    if row.start >= start:
                        span = spans.setdefault(row.start, {})
                        span |= {
                            key: stats
                            for slot, stats in row.stats.items()
                            if (key := keys.get(Place(band, slot))) is not None
                        }
        for at in sorted(spans):
            yield Span(tier, at, spans[at])


def sound_rows(
    body: bytes, crc: int, count: int, slots: int, wanted: Sequence[int] | None = None
) -> list[Row]:
    """The rows of a blob; none where it is damaged."""
    if crc32(body) != crc:
        return []
    try:
        return list(unpack(body, count, slots, range(slots) if wanted is None else wanted))
    except DamagedChunk:
        return []


def as_labels(text: str) -> Labels | None:
    """None where the text is damaged: the series is left out."""
    try:
        return tuple((str(name), str(value)) for name, value in json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None


def _insert(db: sqlite3.Connection, number: int, blob: Blob) -> None:
    db.execute(
        "INSERT INTO rollup (id, tier, band, t0, t1, count, slots, crc, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, *blob[:-1], crc32(blob.body), blob.body),
    )
