"""CPU time by core and mode, load, and what the scheduler counts since boot.

/proc/stat and /proc/loadavg (proc_stat(5), proc_loadavg(5)); psutil elsewhere.
"""

from __future__ import annotations

import os
import re
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.figures import counter
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading

CPU_SECONDS = "node_cpu_seconds_total"
BOOT_TIME = "node_boot_time_seconds"
MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""In the kernel's order. Guest time is part of user and nice and is not counted twice."""

_COUNTERS = {
    b"ctxt": "node_context_switches_total",
    b"processes": "node_forks_total",
    b"procs_running": "node_procs_running",
    b"procs_blocked": "node_procs_blocked",
    b"btime": BOOT_TIME,
}

LOADS = ("node_load1", "node_load5", "node_load15")
_CORE = re.compile(rb"cpu\d{1,6}$")
_LOADS = re.compile(rb"(\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9}\.\d\d) ")

Values = dict[str, dict[Labels, float]]

METRICS = (
    Metric(CPU_SECONDS, Kind.COUNTER, Unit.SECONDS, "Time each core spent in each mode"),
    Metric("node_load1", Kind.GAUGE, Unit.COUNT, "Load average over 1 minute"),
    Metric("node_load5", Kind.GAUGE, Unit.COUNT, "Load average over 5 minutes"),
    Metric("node_load15", Kind.GAUGE, Unit.COUNT, "Load average over 15 minutes"),
    Metric("node_context_switches_total", Kind.COUNTER, Unit.COUNT, "Context switches"),
    Metric("node_forks_total", Kind.COUNTER, Unit.COUNT, "Processes and threads begun"),
    Metric("node_procs_running", Kind.GAUGE, Unit.COUNT, "Tasks that could run now"),
    Metric("node_procs_blocked", Kind.GAUGE, Unit.COUNT, "Tasks that wait for storage"),
    Metric(BOOT_TIME, Kind.GAUGE, Unit.SECONDS, "When the machine began, since the epoch"),
)


class LinuxCpu:
    name: ClassVar[str] = "cpu"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        self._stat = KernelFile(roots.proc / "stat", 65536)
        self._loadavg = KernelFile(roots.proc / "loadavg", 256)
        self._tick = 1.0 / os.sysconf("SC_CLK_TCK")
        self._keys: dict[bytes, tuple[Labels, ...]] = {}

    def collect(self) -> Reading:
        seconds: dict[Labels, float] = {}
        families: Values = {CPU_SECONDS: seconds}
        for line in self._stat.read().splitlines():
            head, _, rest = line.partition(b" ")
            try:
                if _CORE.match(head):
                    ticks = [counter(field) * self._tick for field in rest.split()[: len(MODES)]]
                    seconds.update(zip(self._core_keys(head), ticks, strict=False))
                elif name := _COUNTERS.get(head):
                    families[name] = {(): counter(rest)}
            except ValueError:
                continue
        if not seconds:
            raise Unsupported(f"{self._stat.path} names no core")
        return Reading(families | self._loads())

    def _loads(self) -> Values:
        try:
            found = _LOADS.match(self._loadavg.read())
        except (Unsupported, Denied):
            found = None
        if not found:
            return {}
        return {name: {(): float(value)} for name, value in zip(LOADS, found.groups(), strict=True)}

    def _core_keys(self, head: bytes) -> tuple[Labels, ...]:
        keys = self._keys.get(head)
        if keys is None:
            core = head[3:].decode()
            keys = self._keys[head] = tuple(labels(cpu=core, mode=mode) for mode in MODES)
        return keys

    def close(self) -> None:
        self._stat.close()
        self._loadavg.close()


class PortableCpu:
    """Any platform psutil knows; modes a platform lacks are left out."""

    name: ClassVar[str] = "cpu"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def collect(self) -> Reading:
        import psutil

        seconds = {
            labels(cpu=str(core), mode=mode): float(getattr(times, mode))
            for core, times in enumerate(psutil.cpu_times(percpu=True))
            for mode in MODES
            if hasattr(times, mode)
        }
        families: Values = {
            CPU_SECONDS: seconds,
            "node_context_switches_total": {(): float(psutil.cpu_stats().ctx_switches)},
            BOOT_TIME: {(): psutil.boot_time()},
        }
        for name, value in zip(LOADS, psutil.getloadavg(), strict=True):
            families[name] = {(): value}
        return Reading(families)

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxCpu(roots) if (roots.proc / "stat").exists() else PortableCpu()
