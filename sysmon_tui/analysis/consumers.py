"""Who used the machine over a stretch of history: process tables added up by program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from sysmon_tui.model.process import ProcessKey, ProcessRow, ProcessTable

LONGEST = 300.0
"""Seconds a table stands for at most: what is longer is a gap."""
PLACES = 100
"""Users and control groups of a program told apart."""
PROGRAMS = 5000
"""Programs counted; a machine that makes up names would fill memory."""


@dataclass(slots=True)
class Consumer:
    """All processes of one name and user id."""

    name: str
    cpu_seconds: float = 0.0
    memory: int = 0
    """Resident bytes at the most, all its processes together."""
    io_bytes: float = 0.0
    """Read from and written to storage, as far as it could be seen."""
    users: dict[str, float] = field(default_factory=dict)
    cgroups: dict[str, float] = field(default_factory=dict)
    """Whose and where its processes were, each with the CPU seconds used there."""

    @property
    def user(self) -> str:
        return _foremost(self.users)

    @property
    def cgroup(self) -> str:
        return _foremost(self.cgroups)


def _foremost(shares: Mapping[str, float]) -> str:
    """The one with most, and how many others there were; empty where none is known."""
    if not shares:
        return ""
    first = max(shares, key=lambda name: shares[name])
    return f"{first} +{len(shares) - 1}" if len(shares) > 1 else first


def consumers(tables: Iterable[tuple[float, ProcessTable]]) -> list[Consumer]:
    """In no order. Only the busiest of each moment are recorded, so the sums are least ones."""
    sums = _Sums()
    for wall, table in tables:
        sums.take(wall, table)
    return list(sums.found.values())


class _Sums:
    def __init__(self) -> None:
        self.found: dict[tuple[str, int], Consumer] = {}
        self._spent: dict[ProcessKey, float] = {}
        """CPU seconds counted already, of the processes that live."""
        self._wall: float | None = None

    def take(self, wall: float, table: ProcessTable) -> None:
        first = self._wall is None
        seconds = 0.0 if self._wall is None else min(max(0.0, wall - self._wall), LONGEST)
        self._wall = wall
        for life in table.lives:
            if life.began and not first:
                self._spent.setdefault(life.row.key, 0.0)
        memory: dict[tuple[str, int], int] = {}
        for row in table.rows:
            consumer = self._consumer(row)
            used = self._used(row, seconds)
            consumer.cpu_seconds += used
            if (detail := table.details.get(row.pid)) is not None:
                _count(consumer.users, detail.user, used)
                _count(consumer.cgroups, detail.cgroup, used)
            consumer.io_bytes += seconds * _traffic(table, row.pid)
            memory[row.name, row.uid] = memory.get((row.name, row.uid), 0) + row.rss
        for life in table.lives:
            if not life.began:
                consumer, used = self._consumer(life.row), self._used(life.row, 0.0)
                consumer.cpu_seconds += used
                _count(consumer.users, life.user, used)
                _count(consumer.cgroups, life.cgroup, used)
                self._spent.pop(life.row.key, None)
        for key, size in memory.items():
            if key in self.found:
                self.found[key].memory = max(self.found[key].memory, size)

    def _consumer(self, row: ProcessRow) -> Consumer:
        key = (str(row.name), row.uid)
        if key not in self.found and len(self.found) >= PROGRAMS:
            return Consumer(row.name)
        return self.found.setdefault(key, Consumer(row.name))

    def _used(self, row: ProcessRow, seconds: float) -> float:
        """CPU time since it was counted last; of one that comes up late, what it uses now."""
        before = self._spent.get(row.key)
        self._spent[row.key] = row.cpu_seconds
        if before is None:
            return min(row.cpu_seconds, row.cpu * seconds)
        return max(0.0, row.cpu_seconds - before)


def _count(shares: dict[str, float], name: str, used: float) -> None:
    if name and (name in shares or len(shares) < PLACES):
        shares[name] = shares.get(name, 0.0) + used


def _traffic(table: ProcessTable, pid: int) -> float:
    """Bytes a second."""
    detail = table.details.get(pid)
    rates = () if detail is None else (detail.read_rate, detail.write_rate)
    return sum(rate for rate in rates if isfinite(rate))
