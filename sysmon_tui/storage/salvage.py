"""What can still be read of a damaged history file, taken over into the new one bit by bit.

SQLite gives up on a whole statement where it meets a bad page, so rows are asked for by ranges of
their numbers, and a range that fails is halved until the bad rows are alone. `sqlite` takes a few
rows over with each flush, so that recording never waits. Every blob's checksum is looked at.
"""

from __future__ import annotations

import sqlite3

# ruff: noqa: S608 - every name put into a statement is a constant of this module
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.database import is_damage, open_for_reading, transaction
from sysmon_tui.storage.numbers import LOOSE, TABLES, Numbers
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


_KINDS: dict[str, type] = {"INTEGER": int, "REAL": float, "TEXT": str, "BLOB": bytes}


class _Insert(NamedTuple):
    """A row of the new file."""

    table: str
    columns: str
    """Empty for all; those of `TABLES` without the number of the row, which is a new one."""
    values: tuple[Any, ...]
    collector: str = ""
    """Whose number in the new file goes before the values."""

    def statement(self, values: int) -> str:
        columns = f"{self.columns}, id" if self.table in TABLES else self.columns
        into = f"{self.table} ({columns})" if columns else self.table
        return f"INSERT OR IGNORE INTO {into} VALUES ({', '.join('?' * values)})"


class Salvage:
    def __init__(self, path: Path) -> None:
        """The file that was set aside."""
        self._path = path
        self._units = self._all()
        self._failures = 0
        self.saved = 0
        """Blobs taken over."""

    def step(self, db: sqlite3.Connection, number: Callable[[str], int], numbers: Numbers) -> bool:
        """Take a few rows over; false when there are no more. `number` gives a collector's number
        in the new file, `numbers` those of rows."""
        units = list(islice(self._units, ROWS))
        with transaction(db):
            for insert in chain.from_iterable(units):
                values = insert.values
                if insert.collector:
                    values = (number(insert.collector), *values)
                if insert.table in TABLES:
                    values = (*values, numbers.lasting(insert.table))
                    self.saved += 1
                db.execute(insert.statement(len(values)), values)
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
                    _Insert("layout", "", (layout + APART, layouts[layout])),
                    _Insert("chunk", columns, values, names[collector]),
                ]

    def _rollups(self, old: sqlite3.Connection, names: dict[int, str]) -> Iterator[list[_Insert]]:
        with suppress(sqlite3.DatabaseError):
            slot = "collector, band, slot, name, labels"
            for collector, band, *rest in _sound(
                old, "series", slot, old.execute(f"SELECT {slot} FROM series")
            ):
                if collector in names:
                    yield [_Insert("series", slot, (band + APART, *rest), names[collector])]
        columns = "tier, band, t0, t1, count, slots, crc, body"
        for tier, band, *middle, crc, body in self._rows(old, "rollup", columns):
            if crc32(body) == crc:
                yield [_Insert("rollup", columns, (tier, band + APART, *middle, crc, body))]

    def _processes(self, old: sqlite3.Connection) -> Iterator[list[_Insert]]:
        for number, *facts in self._rows(old, "process", "*"):
            # An older version knows no control groups.
            facts += [""] * (FACTS - len(facts))
            yield [_Insert("process", "", (number + FACTS_APART, *facts))]
        for number, t1, count, crc, body in self._rows(old, "fact", "*"):
            if crc32(body) == crc:
                yield [_Insert("fact", "", (number + FACTS_APART, t1, count, crc, body))]
        columns = "t0, t1, count, crc, body"
        for t0, t1, count, crc, body in self._rows(old, "snapshot", columns):
            with suppress(DamagedChunk):
                if crc32(body) == crc:
                    other = renumbered(body, FACTS_APART)
                    values = (t0, t1, count, crc32(other), other)
                    yield [_Insert("snapshot", columns, values)]

    def _rows(self, old: sqlite3.Connection, table: str, columns: str) -> Iterator[Any]:
        """Every row of a table that can be read: in the order of their numbers those that were to
        stay, then those that were not."""
        rows = self._between(old, table, columns, 1, MOST)
        if table in TABLES:
            rows = chain(rows, self._between(old, table, columns, LOOSE, -1))
        return _sound(old, table, columns, rows)

    def _between(
        self, old: sqlite3.Connection, table: str, columns: str, begin: int, most: int
    ) -> Iterator[Any]:
        """Numbers from `begin` on; above `most` none where the file cannot say which there are."""
        last = most if most < 0 else 1 << 62
        while self._failures < PATIENCE:
            try:
                (found,) = old.execute(
                    f"SELECT min(id) FROM {table} WHERE id BETWEEN ? AND ?",  # one of our tables  # nosec B608
                    (begin, last),
                ).fetchone()
            except sqlite3.DatabaseError as error:
                if not is_damage(error) or begin > most:
                    # An older version has no such table.
                    return
                found = begin
            if found is None:
                return
            yield from self._halved(old, table, columns, found, min(found + RANGE - 1, last))
            begin = found + RANGE

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


def _sound(
    old: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Rows of values of their columns' types. SQLite lets nobody write others into our tables, and
    gives them out where bits have turned in the head of a row."""
    described = old.execute(f"PRAGMA table_info({table})")
    declared = {name: _KINDS[kind] for _, name, kind, *_ in described}
    wanted = tuple(declared) if columns == "*" else columns.split(", ")
    for row in rows:
        if all(map(isinstance, row, [declared[name] for name in wanted])):
            yield row
