"""What can still be read of a damaged history file, taken over into the new one bit by bit.

SQLite gives up on a whole statement where it meets a bad page, so rows are asked for by ranges of
their numbers, and a range that fails is halved until the bad rows are alone. `sqlite` takes a few
rows over with each flush, so that recording never waits. Every blob's checksum is looked at.
"""

from __future__ import annotations

import sqlite3

# ruff: noqa: S608 - every name put into a statement is a constant of this module
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from sysmon_tui.storage.chunk import DamagedChunk
from sysmon_tui.storage.database import is_damage, open_for_reading, transaction
from sysmon_tui.storage.tables import Facts, renumbered

ROWS = 100
"""Taken over with one flush."""
RANGE = 64
"""Rows asked for at once, while they are good."""
MOST = 1 << 20
"""The highest row looked for where the file cannot say."""
PATIENCE = 20_000
"""Ranges that may fail before the rest is given up."""
APART = 1_000_000
"""Added to the old file's bands, taken from its sessions: they then are other than the new one's,
and come before them."""
FACTS_APART = 1 << 32
"""Added to the numbers of processes' facts, for the same reason."""
FACTS = 1 + len(Facts._fields)
"""Columns of facts beside their number: their time comes first."""


class _Insert(NamedTuple):
    """A row of the new file."""

    into: str
    """The table and its columns."""
    values: tuple[Any, ...]
    collector: str = ""
    """Whose number in the new file goes before the values."""


class Salvage:
    def __init__(self, path: Path) -> None:
        """The file that was set aside."""
        self._path = path
        self._units = self._all()
        self._failures = 0
        self.saved = 0
        """Blobs taken over."""

    def step(self, db: sqlite3.Connection, number: Callable[[str], int]) -> bool:
        """Take a few rows over; false when there are no more. `number` gives a collector's number
        in the new file."""
        units = list(islice(self._units, ROWS))
        with transaction(db):
            for insert in chain.from_iterable(units):
                values = insert.values
                if insert.collector:
                    values = (number(insert.collector), *values)
                marks = ", ".join("?" * len(values))
                db.execute(f"INSERT OR IGNORE INTO {insert.into} VALUES ({marks})", values)
                self.saved += "body" in insert.into
        return len(units) == ROWS

    def _all(self) -> Iterator[list[_Insert]]:
        """What belongs together, for the new file."""
        try:
            old = open_for_reading(self._path)
        except sqlite3.Error:
            return
        with closing(old):
            names = dict(self._rows(old, "collector", "id, name"))
            yield from self._processes(old)
            yield from self._rollups(old, names)
            yield from self._chunks(old, names)

    def _chunks(self, old: sqlite3.Connection, names: dict[int, str]) -> Iterator[list[_Insert]]:
        layouts = dict(self._rows(old, "layout", "id, body"))
        columns = "collector, session, t0, t1, m1, count, crc, layout, body"
        for collector, session, *middle, crc, layout, body in self._rows(old, "chunk", columns):
            if crc32(body) == crc and collector in names and layout in layouts:
                values = (session - APART, *middle, crc, layout + APART, body)
                yield [
                    _Insert("layout", (layout + APART, layouts[layout])),
                    _Insert(f"chunk ({columns})", values, names[collector]),
                ]

    def _rollups(self, old: sqlite3.Connection, names: dict[int, str]) -> Iterator[list[_Insert]]:
        with suppress(sqlite3.DatabaseError):
            for collector, band, *rest in old.execute(
                "SELECT collector, band, slot, name, labels FROM series"
            ):
                if collector in names:
                    into = "series (collector, band, slot, name, labels)"
                    yield [_Insert(into, (band + APART, *rest), names[collector])]
        columns = "tier, band, t0, t1, count, slots, crc, body"
        for tier, band, *middle, crc, body in self._rows(old, "rollup", columns):
            if crc32(body) == crc:
                yield [_Insert(f"rollup ({columns})", (tier, band + APART, *middle, crc, body))]

    def _processes(self, old: sqlite3.Connection) -> Iterator[list[_Insert]]:
        for number, *facts in self._rows(old, "process", "*"):
            # An older version knows no control groups.
            facts += [""] * (FACTS - len(facts))
            yield [_Insert("process", (number + FACTS_APART, *facts))]
        columns = "t0, t1, count, crc, body"
        for t0, t1, count, crc, body in self._rows(old, "snapshot", columns):
            with suppress(DamagedChunk):
                if crc32(body) == crc:
                    other = renumbered(body, FACTS_APART)
                    values = (t0, t1, count, crc32(other), other)
                    yield [_Insert(f"snapshot ({columns})", values)]

    def _rows(self, old: sqlite3.Connection, table: str, columns: str) -> Iterator[Any]:
        """Every row of a table that can be read, in the order of their numbers."""
        begin = 1
        while begin and self._failures < PATIENCE:
            try:
                (begin,) = old.execute(
                    f"SELECT min(id) FROM {table} WHERE id >= ?",  # one of our tables  # nosec B608
                    (begin,),
                ).fetchone()
            except sqlite3.DatabaseError as error:
                if not is_damage(error) or begin > MOST:
                    # An older version has no such table.
                    return
            if begin:
                yield from self._halved(old, table, columns, begin, begin + RANGE - 1)
                begin += RANGE

    def _halved(
        self, old: sqlite3.Connection, table: str, columns: str, first: int, last: int
    ) -> Iterator[Any]:
        """The good rows between two numbers, both included."""
        ranges = [(first, last)]
        while ranges and self._failures < PATIENCE:
            first, last = ranges.pop()
            try:
                yield from old.execute(
                    f"SELECT {columns} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id",  # nosec B608
                    (first, last),
                ).fetchall()
            except sqlite3.DatabaseError:
                self._failures += 1
                middle = (first + last) // 2
                if first < last:
                    ranges += [(middle + 1, last), (first, middle)]
