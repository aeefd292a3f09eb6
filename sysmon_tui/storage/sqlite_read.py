"""Reading what was recorded from a history file, beside its writer.

Every statement is run to its end and is a read transaction of its own: a chart that is drawn
slowly must not keep the writer's WAL from being reused. The writer may therefore seal chunks
between two statements; the cursor is the last row delivered, so nothing comes twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from heapq import merge
from math import floor, inf
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.metric import Families, SeriesKey
from sysmon_tui.model.ports import Metrics
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.cache import ChunkCache
from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.layout import Layout

SESSION_GAP = 1e7
"""Seconds put between two sessions' monotonic times, whose clocks have nothing in common: more
than any gap over which a rate is derived, little enough to leave microseconds exact."""

FIRST_SESSION = -(1 << 60)
"""Before any: what was salvaged has numbers below 0."""

_NEXT = """
SELECT session, m1, id, count, crc, layout, body FROM chunk
WHERE collector = ? AND (session, m1) > (?, ?) AND t1 >= ? AND t0 < ?
ORDER BY session, m1 LIMIT 1
"""
_BACKWARDS = """
SELECT session, m1, id, count, crc, layout, body FROM chunk
WHERE collector = ? AND t1 >= ? AND t0 <= ? ORDER BY session DESC, m1 DESC
"""
_BEFORE = """
SELECT session, m1, id, count, crc, layout, body FROM chunk
WHERE collector = (SELECT id FROM collector WHERE name = ?) AND session = ? AND m1 < ?
ORDER BY m1 DESC LIMIT 1
"""
_LAYOUTS = "SELECT DISTINCT layout FROM chunk WHERE t1 >= ? AND t0 < ?"


class Stored(NamedTuple):
    """A chunk as it stands in the file."""

    session: int
    mono: float
    """Of its last row."""
    number: int
    rows: int
    crc: int
    layout: int
    body: bytes


class _Row(NamedTuple):
    session: int
    mono: float
    number: int
    """In its chunk."""
    chunk: Chunk
    figures: Iterator[Families] = iter(())
    """Of those rows of it that are wanted, this one's next."""


_recorded = itemgetter(0, 1)


class Reader:
    """For one connection and one thread."""

    def __init__(
        self, db: sqlite3.Connection, cache: ChunkCache, damaged: Callable[[bool], None]
    ) -> None:
        """`damaged` is told (false) of every chunk left out."""
        self._db = db
        self._cache = cache
        self._damaged = damaged
        self._layouts: dict[int, Layout] = {}

    def batches(
        self,
        start: float,
        end: float,
        collectors: frozenset[str],
        step: float,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        """As `Past.read` promises them."""
        streams = [
            self._rows(number, name, start, end, step, metrics)
            for number, name in self._collectors()
            if name in collectors
        ]
        for row, mono in _in_order(merge(*streams, key=_recorded)):
            yield row.chunk.batch(row.number, mono, next(row.figures))

    def newest(self, at: float, since: float) -> list[Batch]:
        """As `Moment.batches` promises them, none from before `since`."""
        rows: list[_Row] = []
        for number, name in self._collectors():
            rows.extend(reversed(list(self._last(number, name, at, since))))
        rows.sort(key=_recorded)
        wanted: dict[Chunk, list[int]] = {}
        for row in rows:
            wanted.setdefault(row.chunk, []).append(row.number)
        figures = {chunk: chunk.figures(numbers) for chunk, numbers in wanted.items()}
        return [
            row.chunk.batch(row.number, mono, next(figures[row.chunk]))
            for row, mono in _in_order(rows)
        ]

    def chunks(self, collector: str, start: float, end: float) -> Iterator[tuple[int, Chunk]]:
        """A collector's chunks that may have rows in the range, with their sessions, in order."""
        for stored in self.stored(collector, start, end):
            if (chunk := self.load(collector, stored)) is not None:
                yield stored.session, chunk

    def stored(self, collector: str, start: float, end: float) -> Iterator[Stored]:
        """The same, not yet unpacked."""
        numbers = {name: number for number, name in self._collectors()}
        session, mono = FIRST_SESSION, -inf
        while found := self._next(numbers.get(collector, 0), session, mono, start, end):
            yield found
            session, mono = found[:2]

    def load(self, collector: str, stored: Stored) -> Chunk | None:
        """Unpacked; None where it is damaged."""
        return self._load(collector, *stored[2:])

    def batch_before(
        self, collector: str, session: int, mono: float, metrics: Metrics = None
    ) -> Batch | None:
        """The newest good one of a session before a monotonic time, and of it some metrics; None
        where its chunk has none."""
        found = self._db.execute(_BEFORE, (collector, session, mono)).fetchall()
        chunk = self.load(collector, Stored(*found[0])) if found else None
        if chunk is None:
            return None
        rows = range(len(chunk.monos) - 1, -1, -1)
        good = (row for row in rows if chunk.status(row)[0] is Status.OK)
        row = next(good, None)
        if row is None:
            return None
        return chunk.batch(row, chunk.monos[row], next(chunk.figures([row], metrics)))

    def known(self, start: float, end: float) -> Iterator[SeriesKey]:
        """Raw series of the range."""
        for (number,) in self._db.execute(_LAYOUTS, (start, end)).fetchall():
            try:
                layout = self._layout(number)
            except DamagedChunk:
                continue
            for name, family in layout:
                yield from (SeriesKey(name, labels) for labels in family)

    def _collectors(self) -> list[tuple[int, str]]:
        return self._db.execute("SELECT id, name FROM collector ORDER BY id").fetchall()

    def _rows(
        self, collector: int, name: str, start: float, end: float, step: float, metrics: Metrics
    ) -> Iterator[_Row]:
        """Rows of one collector in the order they were recorded, one chunk in memory."""
        session, mono, wanted = FIRST_SESSION, -inf, start
        while found := self._next(collector, session, mono, wanted, end):
            before = (session, mono)
            session, mono = found[:2]
            if (chunk := self._load(name, *found[2:])) is None:
                continue
            rows = []
            for number, (wall, at) in enumerate(zip(chunk.walls, chunk.monos, strict=True)):
                if wanted <= wall < end and (session, at) > before:
                    # The next row is taken from the beginning of the next bucket of `step` on.
                    wanted = (floor(wall / step) + 1) * step if step else start
                    rows.append(number)
            figures = _figures(chunk, rows, metrics)
            yield from (_Row(session, chunk.monos[row], row, chunk, figures) for row in rows)

    def _last(self, collector: int, name: str, at: float, since: float) -> Iterator[_Row]:
        """The newest row and the two newest good ones, newest first."""
        good = seen = 0
        with closing(self._db.execute(_BACKWARDS, (collector, since, at))) as found:
            for session, _, *rest in found:
                if (chunk := self._load(name, *rest)) is None:
                    continue
                for number in range(len(chunk.walls) - 1, -1, -1):
                    if not since <= chunk.walls[number] <= at:
                        continue
                    fine = chunk.status(number)[0] is Status.OK
                    if fine or not seen:
                        yield _Row(session, chunk.monos[number], number, chunk)
                    seen += 1
                    good += fine
                    if good == 2:
                        return

    def _next(
        self, collector: int, session: int, mono: float, start: float, end: float
    ) -> Stored | None:
        found = self._db.execute(_NEXT, (collector, session, mono, start, end)).fetchall()
        return Stored(*found[0]) if found else None

    def _load(
        self, name: str, number: int, count: int, crc: int, layout: int, body: bytes
    ) -> Chunk | None:
        def load() -> Chunk:
            if crc32(body) != crc:
                raise DamagedChunk("its checksum is another")
            return Chunk(name, self._layout(layout), count, body)

        try:
            return self._cache.get(number, crc, load)
        except DamagedChunk:
            self._damaged(False)
            return None

    def _layout(self, number: int) -> Layout:
        layout = self._layouts.get(number)
        if layout is None:
            found = self._db.execute("SELECT body FROM layout WHERE id = ?", (number,)).fetchall()
            if not found:
                raise DamagedChunk("its layout is gone")
            layout = self._layouts[number] = self._cache.layout(found[0][0])
        return layout


def _figures(chunk: Chunk, rows: Sequence[int], metrics: Metrics) -> Iterator[Families]:
    """Decoded when the first one is asked for."""
    yield from chunk.figures(rows, metrics)


def _in_order(rows: Iterable[_Row]) -> Iterator[tuple[_Row, float]]:
    """Rows with monotonic times that grow."""
    session, shift, last = 0, 0.0, 0.0
    for row in rows:
        if row.session != session:
            # The first session keeps its own times, so what is read back is what was put in.
            shift = last + SESSION_GAP - row.mono if session else 0.0
            session = row.session
        last = row.mono + shift
        yield row, last
