"""Reading a history file, from any thread and beside its writer.

Every statement is run to its end and is a read transaction of its own: a chart that is drawn
slowly must not keep the writer's WAL from being reused. The writer may therefore seal chunks
between two statements; the cursor is the last row delivered, so nothing comes twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from heapq import merge
from math import floor, inf
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.chunk import Chunk, DamagedChunk, Layout, unpack_layout
from sysmon_tui.storage.database import is_damage, open_for_reading, store_error

SESSION_GAP = 1e7
"""Seconds put between two sessions' monotonic times, whose clocks have nothing in common: more
than any gap over which a rate is derived, little enough to leave microseconds exact."""

_NEXT = """
SELECT session, m1, count, crc, layout, body FROM chunk
WHERE collector = ? AND (session, m1) > (?, ?) AND t1 >= ? AND t0 < ?
ORDER BY session, m1 LIMIT 1
"""


class _Row(NamedTuple):
    session: int
    mono: float
    chunk: Chunk
    number: int


class Reader:
    """One pass over a time range; `batches` is the only thing to do with it."""

    def __init__(
        self, path: Path, start: float, end: float, step: float, damaged: Callable[[bool], None]
    ) -> None:
        """`damaged` is told of every chunk left out (false) and of a broken file (true)."""
        self._path = path
        self._start = start
        self._end = end
        self._step = step
        self._damaged = damaged
        self._layouts: dict[int, Layout] = {}

    def batches(self, collectors: frozenset[str]) -> Iterator[Batch]:
        """Raises `StoreError`."""
        if not self._path.exists():
            return
        try:
            db = open_for_reading(self._path)
            try:
                yield from self._batches(db, collectors)
            finally:
                db.close()
        except sqlite3.Error as error:
            if is_damage(error):
                self._damaged(True)
            raise store_error(error, self._path) from None

    def _batches(self, db: sqlite3.Connection, collectors: frozenset[str]) -> Iterator[Batch]:
        known = db.execute("SELECT id, name FROM collector ORDER BY id").fetchall()
        streams = [self._rows(db, number, name) for number, name in known if name in collectors]
        session, shift, last = 0, 0.0, 0.0
        for row in merge(*streams, key=lambda row: row[:2]):
            if row.session != session:
                # The first session keeps its own times, so what is read back is what was put in.
                shift = last + SESSION_GAP - row.mono if session else 0.0
                session = row.session
            last = row.mono + shift
            yield row.chunk.batch(row.number, last)

    def _rows(self, db: sqlite3.Connection, collector: int, name: str) -> Iterator[_Row]:
        """Rows of one collector in the order they were recorded, one chunk in memory."""
        session, mono, wanted = 0, -inf, self._start
        while found := db.execute(_NEXT, (collector, session, mono, wanted, self._end)).fetchall():
            before = (session, mono)
            session, mono, *rest = found[0]
            if (chunk := self._load(db, name, *rest)) is None:
                continue
            for number, (wall, at) in enumerate(zip(chunk.walls, chunk.monos, strict=True)):
                if wanted <= wall < self._end and (session, at) > before:
                    wanted = self._next_wanted(wall)
                    yield _Row(session, at, chunk, number)

    def _next_wanted(self, wall: float) -> float:
        """From when on the next row is taken: the beginning of the next bucket of `step`."""
        if not self._step:
            return self._start
        return (floor(wall / self._step) + 1) * self._step

    def _load(
        self, db: sqlite3.Connection, name: str, count: int, crc: int, layout: int, body: bytes
    ) -> Chunk | None:
        if crc32(body) == crc:
            try:
                return Chunk(name, self._layout(db, layout), count, body)
            except DamagedChunk:
                pass
        self._damaged(False)
        return None

    def _layout(self, db: sqlite3.Connection, number: int) -> Layout:
        layout = self._layouts.get(number)
        if layout is None:
            found = db.execute("SELECT body FROM layout WHERE id = ?", (number,)).fetchall()
            if not found:
                raise DamagedChunk("its layout is gone")
            layout = self._layouts[number] = unpack_layout(found[0][0])
        return layout
