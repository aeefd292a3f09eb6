"""Process tables in a history file, its writer's side.

As with figures, each flush adds what is new in a small blob, and after a quarter of an hour one
blob replaces those. What processes are stands beside it, in rows packed at the same time, and it
is kept as long as any blob that may need it.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.process import ProcessTable
from sysmon_tui.storage import tables
from sysmon_tui.storage.numbers import Numbers
from sysmon_tui.storage.tables import Facts

PACK_SECONDS = 900.0
"""Long enough that a blob fills pages."""


class Fresh(NamedTuple):
    """A blob to write."""

    body: bytes
    walls: list[float]
    sealed: bool
    """It replaces the small ones before it."""
    facts: bytes
    """Of a sealed one: those that no sealed one before it needed; empty where there are none."""


class Snapshots:
    def __init__(self, row_numbers: Numbers) -> None:
        self._row_numbers = row_numbers
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
        """Not yet on disk."""
        self._unpacked: list[tuple[int, Facts]] = []
        """With rows of their own; their numbers follow one another."""
        self._last: int = 0

    def add(self, wall: float, table: ProcessTable) -> None:
        self._tables.append((wall, table))

    def enter(self, db: sqlite3.Connection) -> None:
        """Learn a new connection's numbers."""
        self._numbers.clear()
        self._new.clear()
        self._unpacked.clear()
        self._largest = max(
            int(db.execute(query).fetchall()[0][0])
            for query in (
                "SELECT coalesce(max(id), 0) FROM process",
                "SELECT coalesce(max(id + count - 1), 0) FROM fact",
            )
        )

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
        new = [facts for _, facts in self._unpacked + self._new] if sealed else []
        packed = tables.encode_facts(new) if new else b""
        return Fresh(body, [wall for wall, _ in fresh], sealed, packed)

    def write(self, db: sqlite3.Connection, fresh: Fresh) -> None:
        """In the caller's transaction."""
        newest = max(fresh.walls)
        if fresh.sealed:
            self._write_facts(db, fresh.facts, newest)
        else:
            db.executemany(
                "INSERT INTO process VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, newest, *facts) for number, facts in self._new],
            )
        rows = self._row_numbers
        self._last = rows.lasting("snapshot") if fresh.sealed else rows.loose(db, "snapshot")
        times = min(fresh.walls), newest, len(fresh.walls)
        db.execute(
            "INSERT INTO snapshot (id, t0, t1, count, crc, body) VALUES (?, ?, ?, ?, ?, ?)",
            (self._last, *times, crc32(fresh.body), fresh.body),
        )
        if fresh.sealed:
            gone = [(number,) for number in self._small]
            db.executemany("DELETE FROM snapshot WHERE id = ?", gone)

    def _write_facts(self, db: sqlite3.Connection, packed: bytes, newest: float) -> None:
        """Those new since the last sealed blob in one row, and all that are used live on."""
        used = [(newest, self._numbers[facts]) for facts in self._used]
        new = self._unpacked + self._new
        db.executemany("DELETE FROM process WHERE id = ?", [(number,) for number, _ in new])
        if new:
            db.execute(
                "INSERT INTO fact (id, t1, count, crc, body) VALUES (?, ?, ?, ?, ?)",
                (new[0][0], newest, len(new), crc32(packed), packed),
            )
        db.executemany("UPDATE process SET t1 = ? WHERE id = ?", used)
        db.executemany(
            "UPDATE fact SET t1 = ? WHERE id = (SELECT max(id) FROM fact WHERE id <= ?)", used
        )

    def written(self, fresh: Fresh) -> None:
        """The transaction is done."""
        self._unpacked += self._new
        self._new.clear()
        if not fresh.sealed:
            self._durable = len(self._tables)
            self._small.append(self._last)
            return
        self._unpacked.clear()
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
