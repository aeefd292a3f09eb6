"""Everything about the one process whose pane is open, as text; `process_linux` calls this.

The dear facts (proportional memory costs the kernel a walk over the page tables, open files a
listing) are read in every third pass only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sysmon_tui.collectors.base import KernelFile
from sysmon_tui.collectors.cgroup_name import group_of
from sysmon_tui.collectors.process_detail import parse_io, read_command
from sysmon_tui.collectors.process_files import REFUSED, ProcessFiles
from sysmon_tui.collectors.process_roster import Tracked
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model import units
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.process import ProcessInspection, ProcessKey
from sysmon_tui.model.text import clean

DENIED = "not permitted"
"""What is said of a fact in here; the reader gets one hint for all of them."""
HINT = ("Not permitted", f"what is {units.MISSING}; run as root to see it")
ENDED = "ended"
DEAR_EVERY = 3

STATES = {
    "R": "running",
    "S": "sleeping",
    "D": "waiting for a device",
    "Z": "zombie: ended, its parent has not asked how",
    "T": "stopped",
    "t": "stopped by a debugger",
    "I": "idle",
    "P": "parked",
    "X": "dead",
}
"""proc_pid_stat(5)."""

Fact = tuple[str, str]


class Inspector:
    def __init__(self, proc: Path, files: ProcessFiles, users: UserNames) -> None:
        self._files = files
        self._users = users
        self._uptime = KernelFile(proc / "uptime", 256)
        self._key: ProcessKey | None = None
        self._passes = 0
        self._dear: tuple[Fact, ...] = ()

    def read(self, key: ProcessKey | None, tracked: dict[int, Tracked]) -> ProcessInspection | None:
        """The facts in reading order; a single one, that it ended, once the process is gone."""
        if key != self._key:
            self._key, self._passes = key, 0
        if key is None:
            return None
        process = tracked.get(key.pid)
        if process is None or process.row.key != key:
            return ProcessInspection(key, (("State", ENDED),))
        if self._passes % DEAR_EVERY == 0:
            self._dear = self._dear_facts(key.pid)
        self._passes += 1
        who = self._identity(process, tracked)
        rest = (*self._usage(process), *self._dear, *self._kernel_side(key.pid))
        hint = (HINT,) if any(said == DENIED for _, said in (*who, *rest)) else ()
        return ProcessInspection(key, tuple(map(_shown, (*who, *hint, *rest))))

    def _identity(self, process: Tracked, tracked: dict[int, Tracked]) -> tuple[Fact, ...]:
        row, files, pid = process.row, self._files, process.pid
        parent = tracked.get(row.ppid)
        return (
            ("Command", read_command(files, row)),
            ("Executable", _said(lambda: clean(files.link(pid, "exe")))),
            ("Directory", _said(lambda: clean(files.link(pid, "cwd")))),
            ("User", f"{self._users.name(row.uid)} ({row.uid})"),
            ("State", STATES.get(row.state, row.state)),
            ("Parent", f"{row.ppid} {parent.row.name}" if parent else str(row.ppid)),
            ("Started", self._age(row.start_time)),
        )

    def _age(self, start_time: float) -> str:
        with suppress(SysmonError, OSError, ValueError, IndexError):
            return units.ago(float(self._uptime.read().split()[0]) - start_time)
        return units.MISSING

    def _usage(self, process: Tracked) -> tuple[Fact, ...]:
        row = process.row
        fields = process.text[process.text.rindex(b")") + 1 :].split()
        return (
            (
                "CPU time",
                f"{row.cpu_seconds:.2f}s" if row.cpu_seconds < 60.0 else _time(row.cpu_seconds),
            ),
            ("Threads", str(row.threads)),
            ("Nice", str(row.nice)),
            ("Priority", clean(fields[15], 20)),
            ("Resident", units.size(row.rss)),
            ("Virtual", units.size(_number(fields[20]))),
        )

    def _dear_facts(self, pid: int) -> tuple[Fact, ...]:
        files = self._files
        try:
            memory = _fields(files.read(pid, "smaps_rollup"))
            pss, swap = (_kilobytes(memory, name) for name in (b"Pss", b"Swap"))
        except OSError as error:
            pss = swap = _why(error)
        return (
            ("Proportional", pss),
            ("Swapped", swap),
            ("Open files", _said(lambda: f"{files.count(pid, 'fd')} of {self._limit(pid)}")),
        )

    def _limit(self, pid: int) -> str:
        """The soft limit of open files, from proc_pid_limits(5)."""
        for line in self._files.read(pid, "limits").splitlines():
            if line.startswith(b"Max open files") and len(words := line.split()) > 3:
                return clean(words[3], 20)
        return units.MISSING

    def _kernel_side(self, pid: int) -> tuple[Fact, ...]:
        files = self._files
        try:
            totals = parse_io(files.read(pid, "io"))
            read, written = map(units.size, totals) if totals else (units.MISSING, units.MISSING)
        except OSError as error:
            read = written = _why(error)
        return (
            ("Read", read),
            ("Written", written),
            ("Switches", _said(lambda: _switches(files.read(pid, "status")))),
            ("Control group", _said(lambda: _group(files.read(pid, "cgroup")))),
            ("OOM score", _said(lambda: _word(files.read(pid, "oom_score")))),
            ("Waits in", _said(lambda: _word(files.read(pid, "wchan").replace(b"0", b"", 1)))),
        )

    def close(self) -> None:
        self._uptime.close()


def _shown(fact: Fact) -> Fact:
    title, said = fact
    return (title, units.MISSING) if said == DENIED else fact


def _said(read: Callable[[], str]) -> str:
    try:
        return read()
    except OSError as error:
        return _why(error)


def _why(error: OSError) -> str:
    return DENIED if error.errno in REFUSED else units.MISSING


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _fields(text: bytes) -> dict[bytes, bytes]:
    """`Name: value` lines."""
    pairs = (line.partition(b":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _number(text: bytes) -> float:
    """NaN for what is none."""
    try:
        return float(text.split()[0])
    except (ValueError, IndexError):
        return float("nan")


def _kilobytes(fields: dict[bytes, bytes], name: bytes) -> str:
    return units.size(_number(fields.get(name, b"")) * 1024.0)


def _switches(status: bytes) -> str:
    """How often it gave way of itself, and how often it was made to (proc_pid_status(5))."""
    fields = _fields(status)
    own, forced = (
        clean(fields.get(name, b"?"), 20)
        for name in (b"voluntary_ctxt_switches", b"nonvoluntary_ctxt_switches")
    )
    return f"{own} voluntary, {forced} forced"


def _group(text: bytes) -> str:
    return group_of(text) or ("/" if text else units.MISSING)


def _word(text: bytes) -> str:
    """A file of one word."""
    return clean(text.strip(), 64) or units.MISSING
