"""Processes as the kernel shows them: cheap facts for all, dear ones for those looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from types import MappingProxyType
from typing import NamedTuple

from sysmon_tui.model.text import NO_TEXT, SafeText

CPU_DIGITS = 4
"""Of `ProcessRow.cpu`, a hundredth of a percent of a core: ticks are a hundred times as long, and
what follows is how late the read was. Collectors measure no finer than history keeps, or what is
rounded once more for the screen would be another figure there than it was at present."""


class ProcessKey(NamedTuple):
    """Identity: a pid is reused, a pid with its start time is not."""

    pid: int
    start_time: float


class ProcessRow(NamedTuple):
    """What one read of /proc/PID/stat tells; a tuple, because thousands are made."""

    pid: int
    start_time: float
    """Seconds after boot."""
    ppid: int
    uid: int
    name: SafeText
    state: str
    """One letter as ps prints it: R, S, D, Z, T, I ..."""
    cpu: float
    """Cores used since the previous read, to `CPU_DIGITS`: 1.0 is one core; 0.0 on the first."""
    cpu_seconds: float
    """User and system time since the process began."""
    rss: int
    """Resident bytes."""
    threads: int
    nice: int
    kernel: bool
    """A kernel thread: no memory, no command line, no signal takes effect."""

    @property
    def key(self) -> ProcessKey:
        return ProcessKey(self.pid, self.start_time)


class ProcessDetail(NamedTuple):
    """What costs an extra read and is fetched only for rows in demand."""

    command: SafeText
    """The argument vector joined by blanks; the name in brackets for a kernel thread."""
    user: SafeText
    read_rate: float = nan
    """Whole bytes a second from storage since the previous read; NaN where reading is denied."""
    write_rate: float = nan
    cgroup: SafeText = NO_TEXT
    """What people call its control group: the unit or the container; empty for the root."""


class ProcessInspection(NamedTuple):
    """Everything about the one process whose detail pane is open; missing is None."""

    key: ProcessKey
    facts: tuple[tuple[str, str], ...]
    """(title, value) pairs in reading order, cleaned: exe, cwd, cgroup, open files, PSS ..."""


@dataclass(frozen=True, slots=True)
class ProcessDemand:
    """What the screen shows of the process table, so that no more than that is read."""

    visible: frozenset[int] = frozenset()
    """Pids whose `ProcessDetail` is wanted."""
    every_command: bool = False
    """The command of every process is wanted: a filter looks into them."""
    inspect: ProcessKey | None = None


class ProcessLife(NamedTuple):
    """A process that was seen to begin or to end between two tables."""

    at: float
    """Seconds since the epoch: of the first table it is in, or the first it is no longer in."""
    began: bool
    row: ProcessRow
    """As it was seen first, or last."""
    command: SafeText
    """Empty where it was never fetched."""
    user: SafeText
    cgroup: SafeText = NO_TEXT


@dataclass(frozen=True, slots=True)
class ProcessTable:
    rows: tuple[ProcessRow, ...] = ()
    """Every process, by pid. A row that did not change is the same object as before."""
    details: Mapping[int, ProcessDetail] = field(default_factory=lambda: MappingProxyType({}))
    """By pid: at least the rows in demand and the busiest ones."""
    states: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many processes are in each state."""
    threads: int = 0
    inspection: ProcessInspection | None = None
    hidden: bool = False
    """Other users' processes are kept from us (hidepid)."""
    lives: tuple[ProcessLife, ...] = ()
    """Of a recorded table: who began and ended since the recorded table before."""


NO_PROCESSES = ProcessTable()
