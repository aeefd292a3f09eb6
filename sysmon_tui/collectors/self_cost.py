"""What the monitor itself costs: it must not be the problem it reports.

Metric names are those of Prometheus client libraries for their own process.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.model.metric import Kind, Metric, Unit
from sysmon_tui.model.sample import Reading

CPU_SECONDS = "process_cpu_seconds_total"
RESIDENT = "process_resident_memory_bytes"

METRICS = (
    Metric(
        CPU_SECONDS, Kind.COUNTER, Unit.SECONDS, "CPU time of this monitor, all threads and helpers"
    ),
    Metric(RESIDENT, Kind.GAUGE, Unit.BYTES, "Resident memory of this monitor"),
)


def cpu_seconds() -> float:
    """Of all our threads, and of the helpers that have ended (the file system probe)."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


class LinuxSelfCost:
    name: ClassVar[str] = "self_cost"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, statm: Path) -> None:
        self._statm = KernelFile(statm)
        self._page = os.sysconf("SC_PAGE_SIZE")

    def collect(self) -> Reading:
        resident = int(self._statm.read().split()[1]) * self._page
        return Reading({CPU_SECONDS: {(): cpu_seconds()}, RESIDENT: {(): float(resident)}})

    def close(self) -> None:
        self._statm.close()


class PortableSelfCost:
    name: ClassVar[str] = "self_cost"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = False

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()

    def collect(self) -> Reading:
        resident = float(self._process.memory_info().rss)
        return Reading({CPU_SECONDS: {(): cpu_seconds()}, RESIDENT: {(): resident}})

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    """Always our own /proc: the watched machine's may be mounted elsewhere, we live in ours."""
    statm = Path("/proc/self/statm")
    return LinuxSelfCost(statm) if statm.exists() else PortableSelfCost()
