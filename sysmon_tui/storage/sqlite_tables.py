"""Reading process tables from a history file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import Any
from zlib import crc32

from sysmon_tui.model.process import ProcessTable
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.tables import Facts, decode, decode_facts, newest, numbers, table

_NEXT = """
SELECT t1, crc, body FROM snapshot WHERE t1 > ? AND t1 >= ? AND t0 < ? ORDER BY t1, t0 LIMIT 1
"""
_FACTS = "SELECT id, crc, body FROM fact WHERE id <= ? AND ? < id + count ORDER BY id DESC LIMIT 1"


class Tables:
    """For one connection and one thread; `damaged` is told (false) of every blob left out."""

    def __init__(self, db: sqlite3.Connection, damaged: Callable[[bool], None]) -> None:
        self._db = db
        self._damaged = damaged
        self._facts: dict[int, Facts] = {}

    def newest(self, at: float, since: float) -> tuple[float, ProcessTable] | None:
        """The newest table with its time, no later than `at`."""
        found = self._db.execute(
            "SELECT crc, body FROM snapshot WHERE t1 >= ? AND t0 <= ? ORDER BY t0 DESC, t1 DESC",
            (since, at),
        ).fetchall()
        for crc, body in found:
            snapshot = self._whole(crc, body, lambda body: newest(body, since, at), None)
            if snapshot is not None:
                return snapshot.wall, self._table(snapshot)
        return None

    def between(self, start: float, end: float) -> Iterator[tuple[float, ProcessTable]]:
        """Every table of the range; one blob in memory."""
        last = -inf
        while found := self._db.execute(_NEXT, (last, start, end)).fetchall():
            before = last
            last, crc, body = found[0]
            for snapshot in self._whole(crc, body, decode, []):
                if start <= snapshot.wall < end and snapshot.wall > before:
                    yield snapshot.wall, self._table(snapshot)

    def _whole(self, crc: int, body: bytes, decoded: Callable[[bytes], Any], otherwise: Any) -> Any:
        """What is made of a blob that is as it was written."""
        try:
            if crc32(body) == crc:
                return decoded(body)
        except DamagedChunk:
            pass
        self._damaged(False)
        return otherwise

    def _table(self, snapshot: Any) -> ProcessTable:
        self._learn(set(numbers(snapshot)) - self._facts.keys())
        return table(snapshot, self._facts)

    def _learn(self, wanted: Iterable[int]) -> None:
        for number in wanted:
            if number not in self._facts:
                self._unpack(number)
            if number in self._facts:
                continue
            # All there is: a file of an older version knows no control groups.
            for _, _, *columns in self._db.execute(
                "SELECT * FROM process WHERE id = ?", (number,)
            ).fetchall():
                facts = Facts(*columns)
                self._facts[number] = facts._replace(kernel=bool(facts.kernel))

    def _unpack(self, number: int) -> None:
        """Facts that are packed, with all that are beside them."""
        for first, crc, body in self._db.execute(_FACTS, (number, number)).fetchall():
            try:
                if crc32(body) != crc:
                    raise DamagedChunk("its checksum is another")
                self._facts |= enumerate(decode_facts(body), first)
            except DamagedChunk:
                self._damaged(False)
