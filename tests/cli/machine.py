"""A monitor that plays prepared ticks, put in the place of the real one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from types import MappingProxyType, ModuleType
from typing import Any, Protocol

from sysmon_tui.model.alert import Acknowledgement, Alert, Severity, State
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.process import ProcessDemand, ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.sample import Batch, CollectorState, HostFacts, Status
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings

ASSEMBLE = "sysmon_tui.monitor.assemble"
GIB = float(1 << 30)
MIB = float(1 << 20)

HOST = HostFacts(
    hostname="db-7",
    system="Debian 12",
    kernel="6.1.0",
    cores=8,
    boot_time=900.0 - 2 * 86400.0,
    vantage="host",
)

MEMORY_RULE = Rule(
    name="MemoryAvailable",
    metric="sysmon_memory_used_ratio",
    levels=(
        Level(Severity.WARNING, threshold=0.9, clear=0.85, hold=120.0),
        Level(Severity.CRITICAL, threshold=0.95, clear=0.92, hold=120.0),
    ),
    measure="average",
    over=600.0,
    summary="{value} of memory is used",
    runbook="Sort by memory (M).",
    resource="memory",
)
FILESYSTEM_RULE = Rule(
    name="FilesystemUsed",
    metric="sysmon_filesystem_used_ratio",
    levels=(Level(Severity.WARNING, threshold=0.9, clear=0.8, hold=60.0),),
    summary="{label:mountpoint} is {value} full",
)


def filesystem(mountpoint: str) -> Labels:
    return labels(device="/dev/sda1", fstype="ext4", mountpoint=mountpoint)


def pressure(resource: str, kind: str, window: str = "10s") -> Labels:
    return labels(resource=resource, kind=kind, window=window)


def families(busy: float, used: float, full: float) -> dict[str, dict[Labels, float]]:
    return {
        "sysmon_cpu_ratio": {labels(mode="busy"): busy, labels(mode="user"): busy / 2},
        "sysmon_memory_used_ratio": {(): used},
        "sysmon_swap_used_ratio": {(): 0.04},
        "node_load1": {(): 1.25},
        "sysmon_pressure_avg_ratio": {
            pressure("cpu", "some"): 0.02,
            pressure("memory", "full"): 0.0,
            pressure("io", "full"): 0.07,
            pressure("io", "some"): 0.9,
            pressure("io", "full", "60s"): 0.8,
        },
        "sysmon_disk_utilization_ratio": {labels(device="sda"): 0.4, labels(device="sdb"): 0.1},
        "sysmon_filesystem_used_ratio": {filesystem("/"): 0.43, filesystem("/var"): full},
        "sysmon_network_receive_bytes_per_second": {
            labels(device="eth0"): 2 * MIB,
            labels(device="eth1"): 3 * MIB,
            labels(device="lo"): 90 * MIB,
        },
        "sysmon_network_transmit_bytes_per_second": {
            labels(device="eth0"): 8 * MIB,
            labels(device="eth1"): float("nan"),
            labels(device="lo"): 90 * MIB,
        },
    }


def process(pid: int, uid: int, name: str, cpu: float = 0.0, rss: float = 0.0) -> ProcessRow:
    return ProcessRow(
        pid, 1.0, 1, uid, clean(name), "S", cpu, 1.0, int(rss), 3, 0, kernel=name.startswith("k")
    )


PROCESSES = ProcessTable(
    rows=(
        process(1, 0, "systemd", rss=20 * MIB),
        process(2, 0, "kworker", cpu=7.0),
        process(40, 1000, "python3", cpu=1.94, rss=2 * GIB),
        process(50, 70, "postgres", cpu=0.3, rss=3 * GIB),
    ),
    details=MappingProxyType(
        {1: ProcessDetail(clean("/sbin/init"), clean("root"), read_rate=0.0, write_rate=0.0)}
    ),
    threads=12,
)

COLLECTORS = tuple(
    CollectorState(name=name, status=Status.OK, interval=1.0, age=0.0, cost=0.0003)
    for name in ("cpu", "memory")
)


def calm(number: int) -> Tick:
    """Nothing is wrong; so many seconds after a quarter past midnight, UTC, in 1970."""
    return made(number, families(0.12, 0.61, 0.5))


def busy(number: int) -> Tick:
    """Memory is nearly used up, and /var is full."""
    return made(number, families(0.57, 0.97, 0.931))


def made(number: int, given: dict[str, dict[Labels, float]]) -> Tick:
    batch = Batch(
        collector="memory",
        wall=900.0 + number,
        mono=float(number),
        families={"node_memory_MemTotal_bytes": {(): GIB}, "node_load1": {(): 1.25}},
    )
    return Tick(
        number=number,
        wall=900.0 + number,
        mono=float(number),
        batches=(batch,),
        families=given,
        processes=PROCESSES,
        collectors=COLLECTORS,
    )


def alert(summary: str = "97% of memory is used", *, taken_by: str = "") -> Alert:
    return Alert(
        fingerprint="a1",
        rule="MemoryAvailable",
        labels=(),
        state=State.FIRING,
        severity=Severity.CRITICAL,
        value=0.97,
        worst=0.97,
        since=780.0,
        summary=clean(summary),
        ack=Acknowledgement(clean(taken_by), 800.0) if taken_by else None,
    )


class Machine:
    """Has the shape of `monitor.Monitor`; when beaten, the last tick repeats for ever."""

    def __init__(
        self, *ticks: Tick, rules: tuple[Rule, ...] = (), notices: tuple[str, ...] = ()
    ) -> None:
        self.ticks = ticks or (calm(1), calm(2))
        self.rules = rules
        self.notices = notices
        self.host = HOST
        self.done: list[str] = []
        self.demands: list[ProcessDemand] = []
        self.settings = Settings()
        self.dirs: Dirs | None = None

    def assemble(self, settings: Settings, dirs: Dirs, *, vault: object = None) -> Machine:
        self.settings, self.dirs = settings, dirs
        return self

    def start(self) -> None:
        self.done.append("start")

    def stop(self) -> None:
        self.done.append("stop")

    def beat(self) -> Tick:
        beats = self.done.count("beat")
        self.done.append("beat")
        return self.ticks[min(beats, len(self.ticks) - 1)]

    def demand(self, demand: ProcessDemand) -> None:
        self.demands.append(demand)

    async def stream(self) -> AsyncIterator[Tick]:
        for one in self.ticks:
            yield one


class Endless(Machine):
    """Ticks until somebody ends it."""

    async def stream(self) -> AsyncIterator[Tick]:
        number = 0
        while True:
            number += 1
            yield calm(number)
            await asyncio.sleep(0.001)


class SetItem(Protocol):
    def __call__(self, mapping: dict[str, Any], name: str, value: Any, /) -> None: ...


def in_place(machine: Machine, set_item: SetItem = dict.__setitem__) -> None:
    """Let the commands get `machine` where they would assemble a monitor."""
    module = ModuleType(ASSEMBLE)
    module.assemble = machine.assemble  # type: ignore[attr-defined] # a module made by hand
    set_item(sys.modules, ASSEMBLE, module)
