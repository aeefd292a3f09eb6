"""Commands, users, control groups, I/O rates: a read for each process, so only where it matters.

That is what the screen shows, the busiest, and those that moved or wait for a device; all
commands only while a filter looks into them, some hundred a pass until all are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nlargest, nsmallest
from itertools import islice
from math import isnan, nan
from types import MappingProxyType

from sysmon_tui.collectors.cgroup_name import group_of
from sysmon_tui.collectors.process_files import REFUSED, ProcessFiles
from sysmon_tui.collectors.process_metrics import io_rate
from sysmon_tui.collectors.process_roster import Tracked
from sysmon_tui.collectors.process_scan import ProcessScan
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.process import ProcessDemand, ProcessDetail, ProcessRow
from sysmon_tui.model.redact import mask_arguments
from sysmon_tui.model.text import NO_TEXT, SafeText, clean

BUSIEST = 10
MOST_MOVED = 64
"""Processes nobody asked for whose I/O is read in one pass."""
NEW_COMMANDS = 500
"""Commands read in one pass while all are wanted."""
COMMAND_SIZE = 4096
"""Bytes of a command that are read."""
COMMAND_AGE = 15.0
"""Seconds after which a command in demand is read again: a process may rewrite its title."""


class _Known:
    __slots__ = ("command_at", "denied", "detail", "io", "io_at")

    def __init__(self, detail: ProcessDetail, now: float) -> None:
        self.detail = detail
        self.command_at = now
        self.io: tuple[int, int] | None = None
        """Bytes read from and written to storage so far, at `io_at`."""
        self.io_at = now
        self.denied = False


class ProcessDetails:
    def __init__(self, files: ProcessFiles, users: UserNames) -> None:
        self._files = files
        self._users = users
        self._known: dict[int, _Known] = {}
        self._flowing: set[int] = set()
        """Pids whose last rate was not zero: read on until it is."""
        self._shown: Mapping[int, ProcessDetail] = MappingProxyType({})
        self._changed = False

    def read(self, scan: ProcessScan, demand: ProcessDemand) -> Mapping[int, ProcessDetail]:
        """By pid; the same object as before if nothing changed."""
        self._users.refresh()
        self._forget(scan.roster.forgotten)
        for process in self._wanted(scan, demand).values():
            self._look(process, scan.now)
        if demand.every_command and len(self._known) < len(scan.roster.tracked):
            missing = scan.roster.tracked.keys() - self._known.keys()
            for pid in islice(missing, NEW_COMMANDS):
                self._meet(scan.roster.tracked[pid].row, scan.now)
        if self._changed:
            self._changed = False
            self._shown = MappingProxyType({p: known.detail for p, known in self._known.items()})
        return self._shown

    def _forget(self, pids: Iterable[int]) -> None:
        for pid in pids:
            self._flowing.discard(pid)
            if self._known.pop(pid, None) is not None:
                self._changed = True

    def _wanted(self, scan: ProcessScan, demand: ProcessDemand) -> dict[int, Tracked]:
        tracked, active = scan.roster.tracked, scan.active
        wanted = {pid: tracked[pid] for pid in demand.visible if pid in tracked}
        busy = (process for process in active.values() if process.row.cpu)
        for process in nlargest(BUSIEST, busy, key=lambda process: process.row.cpu):
            wanted[process.pid] = process
        moved = [
            process
            for pid, process in active.items()
            if pid not in wanted
            and ((not process.idle and not process.new) or process.row.state == "D")
        ]
        moved += [tracked[pid] for pid in self._flowing if pid not in wanted and pid not in active]
        if len(moved) > MOST_MOVED:
            moved = nsmallest(MOST_MOVED, moved, key=self._last_look)
        wanted.update((process.pid, process) for process in moved)
        return wanted

    def _last_look(self, process: Tracked) -> float:
        known = self._known.get(process.pid)
        return known.io_at if known is not None and not known.denied else -1.0

    def _look(self, process: Tracked, now: float) -> None:
        known = self._known.get(process.pid)
        if known is None:
            known = self._meet(process.row, now)
        elif now - known.command_at >= COMMAND_AGE:
            known.command_at, known.denied = now, False
            command = read_command(self._files, process.row)
            cgroup = read_cgroup(self._files, process.row)
            detail = known.detail._replace(command=command, cgroup=cgroup)
            self._show(process.pid, known, detail)
        # What was not worth reading again did not do any I/O either.
        if not known.denied and (process.read_at == now or isnan(known.detail.read_rate)):
            self._look_at_io(process.pid, known, now)
        user = self._users.name(process.row.uid)
        if known.detail.user != user:
            self._show(process.pid, known, known.detail._replace(user=user))

    def _meet(self, row: ProcessRow, now: float) -> _Known:
        detail = ProcessDetail(
            read_command(self._files, row),
            self._users.name(row.uid),
            cgroup=read_cgroup(self._files, row),
        )
        known = self._known[row.pid] = _Known(detail, now)
        self._changed = True
        return known

    def _look_at_io(self, pid: int, known: _Known, now: float) -> None:
        try:
            totals = parse_io(self._files.read(pid, "io"))
        except OSError as error:
            known.denied = error.errno in REFUSED
            totals = None
        rates = (nan, nan)
        elapsed = now - known.io_at
        if totals is not None and known.io is not None and elapsed > 0.0:
            rates = (
                io_rate(known.io[0], totals[0], elapsed),
                io_rate(known.io[1], totals[1], elapsed),
            )
        known.io, known.io_at = totals, now
        (self._flowing.add if sum(rates) > 0.0 else self._flowing.discard)(pid)
        self._show(pid, known, known.detail._replace(read_rate=rates[0], write_rate=rates[1]))

    def _show(self, pid: int, known: _Known, detail: ProcessDetail) -> None:
        if detail != known.detail:
            known.detail = detail
            self._changed = True


def read_command(files: ProcessFiles, row: ProcessRow) -> SafeText:
    """The arguments joined by blanks, secrets masked; the name in brackets where there are none."""
    try:
        text = b"" if row.kernel else files.read(row.pid, "cmdline", COMMAND_SIZE)
    except OSError:
        text = b""
    arguments = text.rstrip(b"\0 ").decode("utf-8", "replace").split("\0")
    if arguments == [""]:
        return SafeText(f"[{row.name}]")
    return clean(" ".join(mask_arguments(arguments, cut=len(text) == COMMAND_SIZE)))


def read_cgroup(files: ProcessFiles, row: ProcessRow) -> SafeText:
    """Its unit or container; nothing for a kernel thread, which is in none."""
    try:
        return NO_TEXT if row.kernel else group_of(files.read(row.pid, "cgroup"))
    except OSError:
        return NO_TEXT


def parse_io(text: bytes) -> tuple[int, int] | None:
    """`read_bytes` and `write_bytes` of /proc/PID/io (proc_pid_io(5)): what reached storage."""
    fields = text.split()
    try:
        read = int(fields[fields.index(b"read_bytes:") + 1])
        written = int(fields[fields.index(b"write_bytes:") + 1])
    except (ValueError, IndexError):
        return None
    return (read, written) if 0 <= read < 1 << 64 and 0 <= written < 1 << 64 else None
