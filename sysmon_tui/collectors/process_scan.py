"""Every process's stat, read as seldom as the truth allows: the program's hottest loop.

Idle processes are most of a machine. One whose line stays the same is read in every fourth pass
only and, if nobody looks at it, after some more in every twelfth. What that could miss, a sleeper
that wakes, shows as busy time that no process accounts for; then everything is read.
`process_linux` drives this, `process_detail` asks it whom to look at.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from sysmon_tui.collectors.figures import EXHAUSTED
from sysmon_tui.collectors.process_files import ProcessFiles
from sysmon_tui.collectors.process_roster import ProcessRoster, Tracked, make_row
from sysmon_tui.collectors.process_stat import STAT_SIZE, TICK, Totals, parse_stat
from sysmon_tui.model.process import CPU_DIGITS
from sysmon_tui.model.text import clean_name

SETTLED = 3
"""Reads without a change after which a process counts as idle."""
ASLEEP = 8
"""Reads without a change after which one that is not on the screen is left alone for longer."""
RESTING_TURNS = 4
ASLEEP_TURNS = 12
UNEXPLAINED = 0.1
"""Cores that may be busy without a process to show for it before everything is read."""
UNEXPLAINED_SHARE = 0.1
"""Of the busy time, what the ways in which the kernel counts may differ."""
LONGEST_PATIENCE = 32
"""Passes between full ones where those explain nothing, because short-lived processes did it."""


class Turns:
    """Processes that are read in turns, one turn a pass (of a second), all of the same length."""

    def __init__(self, count: int) -> None:
        self._turns: list[dict[int, Tracked]] = [{} for _ in range(count)]
        self._ids = frozenset(map(id, self._turns))
        self._next = 0

    def add(self, process: Tracked) -> None:
        _move(process, min(self._turns, key=len))

    def take(self, count: int) -> tuple[list[dict[int, Tracked]], list[dict[int, Tracked]]]:
        """The next `count` turns, and the others."""
        order = self._turns[self._next :] + self._turns[: self._next]
        self._next = (self._next + count) % len(order)
        return order[:count], order[count:]

    def holds(self, process: Tracked) -> bool:
        return id(process.home) in self._ids


class ProcessScan:
    def __init__(self, files: ProcessFiles) -> None:
        self._files = files
        self.roster = ProcessRoster(files)
        self.active: dict[int, Tracked] = {}
        """Processes seen to move lately, or waiting for a device: read in every pass."""
        self.now = 0.0
        """When the last pass was; a process read in it has it as `read_at`."""
        self._resting = Turns(RESTING_TURNS)
        self._asleep = Turns(ASLEEP_TURNS)
        self._totals = Totals()
        self._passes = 0
        self._patience = 1
        self._full_from = 0
        self._gone: list[Tracked] = []
        self._woken: list[Tracked] = []

    def read(self, totals: Totals, now: float, visible: Collection[int] = ()) -> None:
        """One pass; `visible` are the pids on the screen.

        Raises `OSError` where /proc itself cannot be listed.
        """
        elapsed = now - self.now if self._passes else 0.0
        busy = totals.busy - self._totals.busy if self._passes else 0.0
        self._totals, self.now = totals, now
        self.roster.forgotten.clear()
        began = self.roster.follow(totals, now)
        explained = sum(process.row.cpu_seconds for process in began)
        explained += self._reread(self.active.values())
        # Passes further apart than a second take several turns, so that nobody waits longer.
        turns = min(RESTING_TURNS, max(1, round(elapsed)))
        resting, others = self._resting.take(turns)
        asleep, more = self._asleep.take(turns)
        for turn in resting + asleep:
            explained += self._reread(turn.values())
        self._balance(busy, explained, others + more, elapsed)
        self._sort_out(began, resting, visible)
        self._passes += 1

    def _reread(self, processes: Iterable[Tracked]) -> float:
        """Read these again; the CPU seconds they explain. Who moves where is sorted out later."""
        explained, now, pread, size = 0.0, self.now, os.pread, STAT_SIZE
        for process in processes:
            try:
                fd = process.fd
                text = pread(fd, size, 0) if fd >= 0 else self._open_read(process)
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    self._gone.append(process)
                continue
            if text == process.text:
                if not process.idle:
                    self._rest(process)
                process.idle += 1
                process.read_at = now
            else:
                explained += self._change(process, text)
        return explained

    def _open_read(self, process: Tracked) -> bytes:
        return self._files.read(process.pid, "stat", STAT_SIZE)

    def _rest(self, process: Tracked) -> None:
        if process.row.cpu:
            self.roster.replace(process, process.row._replace(cpu=0.0))

    def _change(self, process: Tracked, text: bytes) -> float:
        """Take a line that is not the one before; the CPU seconds it explains.

        Those are its own and those of children it waited for, which may have come and gone
        between two passes.
        """
        stat, old, row = parse_stat(text), process.stat, process.row
        if stat is None or stat.start != old.start:
            # Not such a line, or the pid is another process's now: to be met anew.
            self._gone.append(process)
            return 0.0
        name, uid = row.name, row.uid
        if stat.comm != old.comm:
            name, uid = clean_name(stat.comm), self.roster.owner(process)
            self.roster.forgotten.append(process.pid)
        used = max(0, stat.ticks - old.ticks) * TICK
        elapsed = self.now - process.read_at
        if process.idle >= SETTLED:
            self._woken.append(process)
        process.text, process.stat, process.read_at, process.idle = text, stat, self.now, 0
        cpu = round(used / elapsed, CPU_DIGITS) if elapsed > 0.0 else 0.0
        self.roster.replace(process, make_row(process.pid, uid, stat, name, cpu))
        return used + max(0, stat.children - old.children) * TICK

    def _balance(
        self, busy: float, explained: float, unread: Iterable[dict[int, Tracked]], elapsed: float
    ) -> None:
        """Read the others too when too many of the `busy` CPU seconds are not `explained`."""
        missing = busy - explained
        if missing <= UNEXPLAINED * elapsed + UNEXPLAINED_SHARE * busy:
            self._patience = max(1, self._patience // 2)
        elif elapsed > 0.0 and self._passes >= self._full_from:
            found = sum(self._reread(turn.values()) for turn in unread)
            enough = found >= missing / 2.0
            self._patience = 1 if enough else min(2 * self._patience, LONGEST_PATIENCE)
            self._full_from = self._passes + self._patience

    def _sort_out(
        self,
        began: Iterable[Tracked],
        rested: Iterable[dict[int, Tracked]],
        visible: Collection[int],
    ) -> None:
        """Each to its place; `rested` are the turns of resting ones that were read."""
        for process in self._gone:
            self.roster.lose(process)
        self._gone.clear()
        for process in self._woken:
            _move(process, self.active)
        self._woken.clear()
        for process in list(self.active.values()):
            idle = process.idle >= SETTLED and process.row.state != "D"
            if process.new or idle:
                self._ask_owner(process)
            if idle:
                self._resting.add(process)
        for turn in rested:
            for process in [p for p in turn.values() if p.idle >= ASLEEP and p.pid not in visible]:
                self._asleep.add(process)
        for pid in visible:
            if (seen := self.roster.tracked.get(pid)) is not None and self._asleep.holds(seen):
                self._resting.add(seen)
        for process in began:
            _move(process, self.active)

    def _ask_owner(self, process: Tracked) -> None:
        """A daemon takes its user after it began, which its stat does not tell."""
        process.new = False
        if not process.row.kernel:
            uid = self.roster.owner(process)
            self.roster.replace(process, process.row._replace(uid=uid))


def _move(process: Tracked, home: dict[int, Tracked]) -> None:
    process.home.pop(process.pid, None)
    process.home = home
    home[process.pid] = process
