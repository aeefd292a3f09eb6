"""Which processes there are, and the table of their rows; `process_scan` reads through it.

/proc is listed only when the kernel's own counters say that something began or ended. Every
process has a kept descriptor as long as there are enough.
"""

from __future__ import annotations

import os
from collections import Counter

from sysmon_tui.collectors.figures import EXHAUSTED
from sysmon_tui.collectors.process_files import REFUSED, ProcessFiles
from sysmon_tui.collectors.process_stat import (
    KERNEL_THREAD,
    STAT_SIZE,
    TICK,
    Stat,
    Totals,
    parse_stat,
)
from sysmon_tui.model.process import ProcessRow
from sysmon_tui.model.text import SafeText, clean_name

LIST_EVERY = 16
"""Passes after which /proc is listed though nothing seems to have begun or ended."""


class Tracked:
    """One process and what is remembered of it between reads."""

    __slots__ = ("fd", "home", "idle", "new", "pid", "read_at", "row", "stat", "text")

    def __init__(self, fd: int, text: bytes, stat: Stat, row: ProcessRow, now: float) -> None:
        self.pid = row.pid
        self.fd = fd
        """-1 where the file is opened for each read."""
        self.text = text
        self.stat = stat
        self.row = row
        self.read_at = now
        self.idle = 0
        """Reads in a row that found the line unchanged."""
        self.new = True
        """Read once so far: it has no rate, and it may yet change its user."""
        self.home: dict[int, Tracked] = {}
        """The group it is read with."""


class RowTable:
    """Rows in the order of pids, and the sums over them, kept up as rows come and go."""

    def __init__(self) -> None:
        self._rows: dict[int, ProcessRow] = {}
        self._sorted = True
        self._tuple: tuple[ProcessRow, ...] | None = ()
        self._states: Counter[str] = Counter()
        self.threads = 0

    def put(self, row: ProcessRow) -> None:
        old = self._rows.get(row.pid)
        if old is not None:
            self._uncount(old)
        elif self._rows and self._sorted:
            # Pids grow, so that sorting is needed only after the kernel began anew from the lowest.
            self._sorted = row.pid > next(reversed(self._rows))
        self._rows[row.pid] = row
        self._states[row.state] += 1
        self.threads += row.threads
        self._tuple = None

    def remove(self, pid: int) -> None:
        self._uncount(self._rows.pop(pid))
        self._tuple = None

    def _uncount(self, row: ProcessRow) -> None:
        self._states[row.state] -= 1
        self.threads -= row.threads

    def rows(self) -> tuple[ProcessRow, ...]:
        """By pid; the same tuple as long as nothing changed."""
        if self._tuple is None:
            if not self._sorted:
                self._rows = dict(sorted(self._rows.items()))
                self._sorted = True
            self._tuple = tuple(self._rows.values())
        return self._tuple

    def states(self) -> dict[str, int]:
        """How many processes are in each state that occurs."""
        return {state: count for state, count in self._states.items() if count}


class ProcessRoster:
    def __init__(self, files: ProcessFiles) -> None:
        self._files = files
        self.table = RowTable()
        self.tracked: dict[int, Tracked] = {}
        self.forgotten: list[int] = []
        """Pids of which nothing remembered holds any more since this was last cleared: they
        ended, or run another program now."""
        self.denied: set[str] = set()
        """Names of processes that are listed but may not be read."""
        self._names: set[str] = set()
        """What the last listing held and need not be looked at again."""
        self._seen = Totals()
        self._listing = 0
        self._again = True

    def follow(self, totals: Totals, now: float) -> list[Tracked]:
        """The processes that are new since the call before; those that ended are dropped.

        Raises `OSError` where /proc itself cannot be listed.
        """
        known = totals.forks >= 0 and (totals.forks, totals.threads) == self._seen[1:]
        self._listing = self._listing % LIST_EVERY + 1
        if known and self._listing > 1 and not self._again:
            return []
        try:
            names = set(self._files.names())
        except OSError as error:
            if error.errno not in EXHAUSTED or not self.tracked:
                raise
            # As nothing was seen, the next pass tries again.
            self._shed()
            return []
        self._seen, self._again = totals, False
        for name in self._names - names:
            if (process := self.tracked.get(_pid(name))) is not None:
                self.drop(process)
        if self._listing == 1:
            self._names -= self.denied
        self.denied &= self._names & names
        unknown = sorted(_pid(name) for name in names - self._names)
        self._names = names
        return [
            process for pid in unknown if pid > 0 and (process := self._meet(pid, now)) is not None
        ]

    def _meet(self, pid: int, now: float) -> Tracked | None:
        """Read a process for the first time; None if it is gone already or may not be read."""
        fd = -1
        try:
            fd = self._keep(pid)
            text = self._files.read(pid, "stat", STAT_SIZE) if fd < 0 else _read(fd)
            uid = self._files.owner(pid)
        except OSError as error:
            if fd >= 0:
                self._files.release(fd)
            self._missed(pid, error.errno or 0)
            return None
        stat = parse_stat(text)
        if stat is None:
            if fd >= 0:
                self._files.release(fd)
            self._names.discard(str(pid))
            return None
        row = make_row(pid, uid, stat, clean_name(stat.comm), 0.0)
        process = self.tracked[pid] = Tracked(fd, text, stat, row, now)
        self.table.put(row)
        return process

    def _keep(self, pid: int) -> int:
        try:
            return self._files.keep(pid)
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise
            self._shed()
            return -1

    def _shed(self) -> None:
        """There are no more descriptors: give some back, and keep no more than that."""
        self._files.keep_fewer()
        for process in list(self.tracked.values()):
            if not self._files.excess:
                return
            self._release(process)

    def _missed(self, pid: int, error: int) -> None:
        """The first read failed: only what is refused need not be tried at the next listing."""
        if error in REFUSED:
            self.denied.add(str(pid))
            return
        self._names.discard(str(pid))
        self._again = self._again or error in EXHAUSTED

    def drop(self, process: Tracked) -> None:
        """Forget a process that ended."""
        self._release(process)
        process.home.pop(process.pid, None)
        del self.tracked[process.pid]
        self.table.remove(process.pid)
        self.forgotten.append(process.pid)
        self._names.discard(str(process.pid))

    def lose(self, process: Tracked) -> None:
        """`drop`, when a read found it gone: its pid may be another's already, so list again."""
        self.drop(process)
        self._again = True

    def owner(self, process: Tracked) -> int:
        """The user it runs as now, or as before where that cannot be read."""
        try:
            return self._files.owner(process.pid)
        except OSError:
            return process.row.uid

    def replace(self, process: Tracked, row: ProcessRow) -> None:
        """Show `row` from now on, unless it says the same as the one shown."""
        if row != process.row:
            process.row = row
            self.table.put(row)

    def _release(self, process: Tracked) -> None:
        if process.fd >= 0:
            self._files.release(process.fd)
            process.fd = -1

    def close(self) -> None:
        for process in self.tracked.values():
            self._release(process)


def make_row(pid: int, uid: int, stat: Stat, name: SafeText, cpu: float) -> ProcessRow:
    return ProcessRow(
        pid,
        stat.start * TICK,
        stat.ppid,
        uid,
        name,
        stat.state,
        cpu,
        stat.ticks * TICK,
        stat.rss,
        stat.threads,
        stat.nice,
        bool(stat.flags & KERNEL_THREAD),
    )


def _read(fd: int) -> bytes:
    return os.pread(fd, STAT_SIZE, 0)


def _pid(name: str) -> int:
    """The pid a name in /proc stands for; -1 for the other files."""
    if not (name.isascii() and name.isdigit()) or name[0] == "0" or len(name) > 10:
        return -1
    return int(name)
