"""Processes where there is no /proc, through psutil: macOS, Windows, the BSDs.

Many times dearer a process than the Linux variant; the monitor spaces the passes of a dear
collector out. Commands and I/O are read only for what is in demand and the busiest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from heapq import nlargest
from math import nan
from types import MappingProxyType
from typing import Any, ClassVar

import psutil

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_metrics import METRICS, io_rate, table_families
from sysmon_tui.model import units
from sysmon_tui.model.metric import Metric
from sysmon_tui.model.process import (
    CPU_DIGITS,
    ProcessDemand,
    ProcessDetail,
    ProcessInspection,
    ProcessKey,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.redact import mask_arguments
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import NO_TEXT, SafeText, clean, clean_name

BUSIEST = 10
NO_USER = -1
"""Where the system has no numeric user ids."""
_ATTRIBUTES = (
    "pid",
    "ppid",
    "name",
    "status",
    "create_time",
    "cpu_times",
    "memory_info",
    "num_threads",
    "nice",
    "uids",
)
LETTERS = {
    psutil.STATUS_RUNNING: "R",
    psutil.STATUS_SLEEPING: "S",
    psutil.STATUS_DISK_SLEEP: "D",
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_DEAD: "X",
    psutil.STATUS_IDLE: "I",
}

Values = Mapping[str, Any]
"""What psutil answers by attribute; None where it was denied."""


class PortableProcesses:
    name: ClassVar[str] = "process"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, mono: Callable[[], float] = time.monotonic) -> None:
        self.demand = ProcessDemand()
        self._mono = mono
        self._boot = psutil.boot_time()
        self._read_at = nan
        self._rows: dict[int, ProcessRow] = {}
        self._io: dict[ProcessKey, tuple[float, int, int]] = {}
        """When bytes were last counted, read and written."""
        self._commands: dict[ProcessKey, SafeText] = {}

    def collect(self) -> Reading:
        now, demand = self._mono(), self.demand
        elapsed = now - self._read_at
        found = {process.pid: process for process in psutil.process_iter(list(_ATTRIBUTES))}
        rows = {pid: self._row(found[pid].info, elapsed) for pid in sorted(found)}
        self._rows, self._read_at = rows, now
        table = ProcessTable(
            tuple(rows.values()),
            self._details(found, demand, now),
            MappingProxyType(Counter(row.state for row in rows.values())),
            sum(row.threads for row in rows.values()),
            self._inspect(found, demand.inspect),
        )
        return Reading(table_families(table), table)

    def _row(self, values: Values, elapsed: float) -> ProcessRow:
        times, memory, uids = values["cpu_times"], values["memory_info"], values["uids"]
        seconds = float(times.user + times.system) if times else 0.0
        row = ProcessRow(
            values["pid"],
            max(0.0, (values["create_time"] or self._boot) - self._boot),
            values["ppid"] or 0,
            uids.effective if uids else NO_USER,
            clean_name(values["name"] or "?"),
            LETTERS.get(values["status"], "S"),
            0.0,
            seconds,
            memory.rss if memory else 0,
            values["num_threads"] or 0,
            # Windows has priority classes in its place, which are not on this scale.
            nice if isinstance(nice := values["nice"], int) and -20 <= nice <= 20 else 0,
            kernel=False,
        )
        old = self._rows.get(row.pid)
        if old is None or old.start_time != row.start_time or not elapsed > 0.0:
            return row
        cpu = max(0.0, seconds - old.cpu_seconds) / elapsed
        row = row._replace(cpu=round(cpu, CPU_DIGITS))
        return old if old == row else row

    def _details(
        self, found: Mapping[int, psutil.Process], demand: ProcessDemand, now: float
    ) -> Mapping[int, ProcessDetail]:
        rows = self._rows
        busiest = nlargest(BUSIEST, rows.values(), key=lambda row: row.cpu)
        close = (demand.visible & rows.keys()) | {row.pid for row in busiest if row.cpu}
        details = {pid: self._detail(found[pid], rows[pid], now, io=True) for pid in close}
        if demand.every_command:
            for pid in rows.keys() - close:
                details[pid] = self._detail(found[pid], rows[pid], now, io=False)
        keys = {row.key for row in rows.values()}
        self._io = {key: last for key, last in self._io.items() if key in keys}
        self._commands = {key: text for key, text in self._commands.items() if key in keys}
        return MappingProxyType(details)

    def _detail(
        self, process: psutil.Process, row: ProcessRow, now: float, *, io: bool
    ) -> ProcessDetail:
        command = self._commands.get(row.key)
        values = ask(process, ["username"] + ["cmdline"] * (command is None))
        if command is None:
            command = self._commands[row.key] = _command(values.get("cmdline"), row)
        user = clean_name(values["username"]) if values.get("username") else _user(row)
        read_rate, written_rate = self._rates(process, row.key, now) if io else (nan, nan)
        return ProcessDetail(command, user, read_rate, written_rate)

    def _rates(self, process: psutil.Process, key: ProcessKey, now: float) -> tuple[float, float]:
        counters = ask(process, ["io_counters"]).get("io_counters")
        if not counters:
            return nan, nan
        last = self._io.get(key)
        self._io[key] = now, counters.read_bytes, counters.write_bytes
        if last is None or now <= last[0]:
            return nan, nan
        elapsed = now - last[0]
        return (
            io_rate(last[1], counters.read_bytes, elapsed),
            io_rate(last[2], counters.write_bytes, elapsed),
        )

    def _inspect(
        self, found: Mapping[int, psutil.Process], key: ProcessKey | None
    ) -> ProcessInspection | None:
        if key is None:
            return None
        row = self._rows.get(key.pid)
        if row is None or row.key != key:
            return ProcessInspection(key, (("State", "ended"),))
        asked = ["cmdline", "exe", "cwd", "username", "status", "memory_info", "io_counters"]
        values = ask(found[key.pid], [*asked, "num_fds" if psutil.POSIX else "num_handles"])
        parent = self._rows.get(row.ppid)
        memory, io = values.get("memory_info"), values.get("io_counters")
        files = values.get("num_fds", values.get("num_handles"))
        return ProcessInspection(
            key,
            (
                ("Command", _command(values.get("cmdline"), row)),
                ("Executable", clean(values.get("exe") or units.MISSING)),
                ("Directory", clean(values.get("cwd") or units.MISSING)),
                ("User", clean_name(values.get("username") or _user(row))),
                ("State", clean(values.get("status") or row.state)),
                ("Parent", f"{row.ppid} {parent.name if parent else NO_TEXT}".rstrip()),
                ("Started", units.ago(time.time() - self._boot - row.start_time)),
                ("CPU time", units.duration(row.cpu_seconds)),
                ("Threads", str(row.threads)),
                ("Nice", str(row.nice)),
                ("Resident", units.size(row.rss)),
                ("Virtual", units.size(memory.vms if memory else nan)),
                ("Open files", units.MISSING if files is None else str(files)),
                ("Read", units.size(io.read_bytes if io else nan)),
                ("Written", units.size(io.write_bytes if io else nan)),
            ),
        )

    def close(self) -> None:
        """Nothing is held open."""


def ask(process: psutil.Process, attributes: list[str]) -> dict[str, Any]:
    """What can be had of these; nothing of a process that has ended."""
    known = [name for name in attributes if hasattr(process, name)]
    try:
        return process.as_dict(known) if known else {}
    except (psutil.Error, OSError):
        return {}


def _command(arguments: list[str] | None, row: ProcessRow) -> SafeText:
    return clean(" ".join(mask_arguments(arguments))) if arguments else SafeText(f"[{row.name}]")


def _user(row: ProcessRow) -> SafeText:
    return NO_TEXT if row.uid == NO_USER else SafeText(str(row.uid))


def create(roots: Roots) -> PortableProcesses:
    return PortableProcesses()
