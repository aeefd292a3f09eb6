"""Process tables in a history file, its writer's side.

As with figures, each flush adds what is new in a small blob, and after five minutes one blob
replaces those. What a process is stands in a table of its own and is kept as long as any blob
that may need it.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.process import ProcessTable
from sysmon_tui.storage import tables
from sysmon_tui.storage.tables import Facts

PACK_SECONDS = 300.0


class Fresh(NamedTuple):
    """A blob to write."""

    body: bytes
    walls: list[float]
    sealed: bool
    """It replaces the small ones before it."""


class Snapshots:
    def __init__(self) -> None:
        self._tables: list[tuple[float, ProcessTable]] = []
        """Since the last packed blob."""
        self._durable = 0
        """Of those, how many are on disk, in the blobs below."""
        self._small: list[int] = []
        self._numbers: dict[Facts, int] = {}
        self._largest = 0
        self._used: set[Facts] = set()
        """Since the last packed blob."""
        self._new: list[tuple[int, Facts]] = []
        self._last: int = 0

    def add(self, wall: float, table: ProcessTable) -> None:
        self._tables.append((wall, table))

    def enter(self, db: sqlite3.Connection) -> None:
        """Learn a new connection's numbers."""
        self._numbers.clear()
        self._new.clear()
        self._largest = int(db.execute("SELECT coalesce(max(id), 0) FROM process").fetchall()[0][0])

    def start_afresh(self) -> None:
        """Another file takes the place of the one that was."""
        self._durable = 0
        self._small.clear()

    def encode(self, *, seal: bool) -> Fresh | None:
        """What is to be written: what is new, or everything again where it is time to pack it or
        `seal` says so. None where there is nothing."""
        if not self._tables:
            return None
        sealed = seal or self._tables[-1][0] - self._tables[0][0] >= PACK_SECONDS
        fresh = self._tables[0 if sealed else self._durable :]
        if not fresh:
            return None
        body = tables.encode(fresh, self._number)
        return Fresh(body, [wall for wall, _ in fresh], sealed)

    def write(self, db: sqlite3.Connection, fresh: Fresh) -> int:
        """In the caller's transaction; by how many bytes the file's blobs grew."""
        newest = max(fresh.walls)
        db.executemany(
            "INSERT INTO process VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, newest, *facts) for number, facts in self._new],
        )
        cursor = db.execute(
            "INSERT INTO snapshot (t0, t1, count, crc, body) VALUES (?, ?, ?, ?, ?)",
            (min(fresh.walls), newest, len(fresh.walls), crc32(fresh.body), fresh.body),
        )
        self._last = cursor.lastrowid or 0
        if not fresh.sealed:
            return len(fresh.body)
        db.executemany(
            "UPDATE process SET t1 = ? WHERE id = ?",
            [(newest, self._numbers[facts]) for facts in self._used],
        )
        replaced: list[int] = [
            size
            for number in self._small
            for (size,) in db.execute(
                "DELETE FROM snapshot WHERE id = ? RETURNING length(body)", (number,)
            ).fetchall()
        ]
        return len(fresh.body) - sum(replaced)

    def written(self, fresh: Fresh) -> None:
        """The transaction is done."""
        self._new.clear()
        if not fresh.sealed:
            self._durable = len(self._tables)
            self._small.append(self._last)
            return
        self._tables.clear()
        self._small.clear()
        self._durable = 0
        # What is gone is forgotten with the blob it was last in.
        self._numbers = {facts: self._numbers[facts] for facts in self._used}
        self._used.clear()

    def _number(self, facts: Facts) -> int:
        self._used.add(facts)
        number = self._numbers.get(facts)
        if number is None:
            self._largest += 1
            number = self._numbers[facts] = self._largest
            self._new.append((number, facts))
        return number
