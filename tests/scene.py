"""A machine in trouble, the same on every run: what golden texts and screenshots show.

`db-7` runs out of memory: PostgreSQL and a forgotten analytics job push each other into swap,
the disk is busy with it, /var fills, and one alert is already in a colleague's hands.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import Gone
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process import (
    ProcessDemand,
    ProcessDetail,
    ProcessInspection,
    ProcessKey,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.sample import CollectorState, HostFacts, Status
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText, clean
from sysmon_tui.model.tick import Tick
from tests.bygone import Bygone

NOW = 1_774_494_180.0
"""2026-03-26 03:03:00 UTC."""
GIB = float(1 << 30)
MIB = float(1 << 20)

HOST = HostFacts(
    hostname="db-7",
    system="Debian GNU/Linux 12",
    kernel="6.1.0-31-amd64",
    cores=8,
    boot_time=NOW - 41 * 86400 - 7 * 3600,
    vantage="host",
    remote="",
)


def wave(step: int, low: float, high: float, period: float, phase: float = 0.0) -> float:
    """A repeatable wobble between two values."""
    swing = math.sin(2 * math.pi * step / period + phase) + 0.4 * math.sin(step / 2.7 + phase)
    return low + (high - low) * (swing + 1.4) / 2.8


def ramp(step: int, begin: int, length: int) -> float:
    """0 before `begin`, 1 after `begin + length`."""
    return min(1.0, max(0.0, (step - begin) / length))


def families(
    step: int, *, trouble: bool = True, cores: int = 8
) -> Mapping[str, dict[Labels, float]]:
    """Every figure at second `step` of 600; the trouble begins at 470."""
    bad = ramp(step, 470, 80) if trouble else 0.0
    busy = wave(step, 0.10, 0.22, 47) + 0.42 * bad
    iowait = wave(step, 0.01, 0.03, 31) + 0.21 * bad
    used = 0.61 + 0.36 * bad
    total = 32 * GIB
    swapped = 0.04 + 0.71 * bad
    rates = {"eth0": (2.4 * MIB, 9.8 * MIB), "eth1": (3e4, 1e4), "lo": (4e5, 4e5)}
    per_core = {
        labels(cpu=str(core)): min(1.0, busy * (0.6 + 0.8 * wave(step, 0, 1, 19 + core, core)))
        for core in range(cores)
    }
    if trouble and step > 500:
        per_core[labels(cpu="3")] = 1.0
    disks = {"nvme0n1": 0.12 + 0.86 * bad, "sda": wave(step, 0.0, 0.04, 23)}
    mounts = {
        ("/dev/nvme0n1p2", "/"): (0.43, 96 * GIB),
        ("/dev/nvme0n1p3", "/var"): (0.931 if trouble else 0.58, 200 * GIB),
        ("/dev/sda1", "/srv/backup"): (0.67, 3800 * GIB),
    }
    mount_keys = {
        labels(device=device, fstype="ext4", mountpoint=mount): figures
        for (device, mount), figures in mounts.items()
    }
    return {
        "sysmon_cpu_ratio": {
            labels(mode="busy"): busy,
            labels(mode="work"): busy * 0.97,
            labels(mode="user"): busy * 0.71,
            labels(mode="system"): busy * 0.26,
            labels(mode="iowait"): iowait,
            labels(mode="steal"): 0.012,
            labels(mode="idle"): 1 - busy - iowait,
        },
        "sysmon_cpu_core_ratio": per_core,
        "sysmon_load_per_core": {
            labels(window="1m"): 0.3 + 1.9 * bad,
            labels(window="5m"): 0.3 + 1.2 * bad,
            labels(window="15m"): 0.3 + 0.5 * bad,
        },
        "node_load1": {(): 8 * (0.3 + 1.9 * bad)},
        "node_load5": {(): 8 * (0.3 + 1.2 * bad)},
        "node_load15": {(): 8 * (0.3 + 0.5 * bad)},
        "node_memory_MemTotal_bytes": {(): total},
        "node_memory_MemAvailable_bytes": {(): total * (1 - used)},
        "node_memory_SwapTotal_bytes": {(): 8 * GIB},
        "sysmon_memory_used_ratio": {(): used},
        "sysmon_memory_available_ratio": {(): 1 - used},
        "sysmon_memory_cache_ratio": {(): 0.31 - 0.28 * bad},
        "sysmon_swap_used_ratio": {(): swapped},
        "sysmon_swap_out_bytes_per_second": {(): 34 * MIB * bad},
        "sysmon_pressure_avg_ratio": {
            labels(resource=resource, kind=kind, window=window): share * scale
            for resource, kind, share in (
                ("cpu", "some", 0.03 + 0.09 * bad),
                ("memory", "full", 0.27 * bad),
                ("io", "full", 0.01 + 0.22 * bad),
            )
            for window, scale in (("10s", 1.0), ("60s", 0.8), ("300s", 0.4))
        },
        "node_disk_io_time_seconds_total": {labels(device=d): 1e6 for d in disks},
        "sysmon_disk_utilization_ratio": {labels(device=d): v for d, v in disks.items()},
        "sysmon_disk_read_bytes_per_second": {
            labels(device="nvme0n1"): 6 * MIB + 181 * MIB * bad,
            labels(device="sda"): 0.0,
        },
        "sysmon_disk_write_bytes_per_second": {
            labels(device="nvme0n1"): wave(step, 2, 9, 17) * MIB + 96 * MIB * bad,
            labels(device="sda"): wave(step, 0, 2, 29) * MIB,
        },
        "sysmon_disk_latency_seconds": {
            labels(device="nvme0n1"): 0.0004 + 0.031 * bad,
            labels(device="sda"): 0.008,
        },
        "sysmon_disk_queue": {labels(device="nvme0n1"): 0.2 + 14 * bad, labels(device="sda"): 0.01},
        "sysmon_filesystem_used_ratio": {k: v[0] for k, v in mount_keys.items()},
        "node_filesystem_size_bytes": {k: v[1] for k, v in mount_keys.items()},
        "node_filesystem_avail_bytes": {k: v[1] * (1 - v[0]) for k, v in mount_keys.items()},
        "sysmon_filesystem_inodes_used_ratio": dict.fromkeys(mount_keys, 0.07),
        "node_network_receive_bytes_total": {labels(device=d): 1e9 for d in rates},
        "sysmon_network_receive_bytes_per_second": {
            labels(device=d): v[0] * wave(step, 0.7, 1.3, 41) for d, v in rates.items()
        },
        "sysmon_network_transmit_bytes_per_second": {
            labels(device=d): v[1] * wave(step, 0.7, 1.3, 37) for d, v in rates.items()
        },
        "sysmon_network_errors_per_second": {labels(device=d): 0.0 for d in rates},
        "sysmon_network_drops_per_second": {labels(device=d): 0.0 for d in rates},
        "sysmon_self_cpu_ratio": {(): 0.005},
        "process_resident_memory_bytes": {(): 44 * MIB},
    }


_PROGRAMS = (
    # name, user, state, cores, rss MiB, cpu seconds, threads, command, read, write (MiB/s)
    (
        "python3",
        "analytics",
        "D",
        1.94,
        14_130,
        2_712,
        9,
        "python3 -m reports.quarterly --all-customers --workers 1",
        118.0,
        2.0,
    ),
    (
        "postgres",
        "postgres",
        "D",
        0.97,
        3_020,
        61_344,
        1,
        "postgres: main app 10.0.3.17(53188) SELECT",
        41.0,
        7.5,
    ),
    (
        "postgres",
        "postgres",
        "R",
        0.64,
        2_950,
        48_120,
        1,
        "postgres: main app 10.0.3.21(41202) UPDATE",
        12.0,
        31.0,
    ),
    ("kswapd0", "root", "R", 0.58, 0, 9_911, 1, "", 0.0, 0.0),
    ("postgres", "postgres", "S", 0.11, 2_611, 91_002, 1, "postgres: checkpointer", 0.0, 44.0),
    ("postgres", "postgres", "S", 0.04, 1_977, 22_345, 1, "postgres: walwriter", 0.0, 11.0),
    (
        "pgbouncer",
        "postgres",
        "S",
        0.03,
        21,
        70_215,
        2,
        "/usr/sbin/pgbouncer /etc/pgbouncer.ini",
        0.0,
        0.0,
    ),
    ("node_exporter", "prometheus", "S", 0.01, 24, 9_120, 11, "/usr/bin/node_exporter", 0.0, 0.0),
    ("sshd", "root", "S", 0.0, 9, 2, 1, "sshd: mira [priv]", 0.0, 0.0),
    ("sysmon-tui", "mira", "S", 0.01, 44, 3, 4, "/usr/bin/python3 /usr/bin/sysmon-tui", 0.0, 0.0),
)
_SERVICES = (
    "systemd-journald", "systemd-udevd", "cron", "dbus-daemon", "rsyslogd", "chronyd", "agetty",
    "unattended-upgr", "polkitd", "systemd-logind", "atd", "smartd", "irqbalance", "mdadm",
)  # fmt: skip


def processes(*, trouble: bool = True, inspect: bool = False) -> ProcessTable:
    """Some sixty processes, the busy ones first known by their work."""
    rows = [
        ProcessRow(1, 0.0, 0, 0, clean("systemd"), "S", 0.0, 410.0, int(13 * MIB), 1, 0, False),
        ProcessRow(2, 0.0, 0, 0, clean("kthreadd"), "S", 0.0, 1.0, 0, 1, 0, True),
    ]
    details = {
        1: ProcessDetail(clean("/sbin/init"), clean("root"), 0.0, 0.0),
        2: ProcessDetail(clean("[kthreadd]"), clean("root")),
    }
    for index, (name, user, state, cpu, rss, spent, threads, command, read, write) in enumerate(
        _PROGRAMS
    ):
        pid = 4_113 + 977 * index
        kernel = not command
        share = cpu if trouble else cpu * 0.03
        rows.append(
            ProcessRow(
                pid, 100.0 + pid, 2 if kernel else 1, 0 if user == "root" else 100 + index,
                clean(name), state if trouble else "S", share, float(spent), int(rss * MIB),
                threads, 0, kernel,
            )
        )  # fmt: skip
        details[pid] = ProcessDetail(
            clean(command or f"[{name}]"),
            clean(user),
            read * MIB,
            write * MIB,
            clean("" if kernel else f"user.slice/{user}"),
        )
    for index in range(50):
        service = _SERVICES[index % len(_SERVICES)]
        pid = 311 + 7 * index
        name = clean(service)
        rows.append(
            ProcessRow(
                pid, 3.0 + pid, 1, 0, name, "S", 0.0, 12.5 + index,
                int((30 - index / 2) * MIB), 1 + index % 3, 0, False,
            )
        )  # fmt: skip
        details[pid] = ProcessDetail(
            clean(f"/usr/sbin/{service}"), clean("root"), 0.0, 0.0, clean(f"{service}.service")
        )
    rows.sort()
    guilty = rows[-10]
    inspection = ProcessInspection(guilty.key, _FACTS) if inspect else None
    states: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + 1
    return ProcessTable(
        rows=tuple(rows),
        details=MappingProxyType(details),
        states=MappingProxyType(states),
        threads=sum(row.threads for row in rows),
        inspection=inspection,
    )


_FACTS = (
    ("Command", "python3 -m reports.quarterly --all-customers --workers 1"),
    ("User", "analytics"),
    ("State", "D  waiting for storage"),
    ("Parent", "systemd (1)"),
    ("Started", "45m ago"),
    ("Resident", "13.8G"),
    ("Swap", "5.1G"),
    ("Open files", "38 of 1024"),
    ("Cgroup", "/system.slice/analytics.service"),
    ("OOM score", "1147"),
)


def alerts(now: float = NOW) -> tuple[Alert, ...]:
    var = labels(device="/dev/nvme0n1p3", fstype="ext4", mountpoint="/var")
    return (
        Alert(
            fingerprint="a1", rule="MemoryAvailable", labels=(), state=State.FIRING,
            severity=Severity.CRITICAL, value=0.03, worst=0.028, since=now - 104,
            fired_at=now - 44, changed_at=now - 44, resource="memory",
            summary=clean("Only 3.0% of memory is available"),
        ),
        Alert(
            fingerprint="a2", rule="MemoryPressure", labels=(), state=State.FIRING,
            severity=Severity.CRITICAL, value=0.27, worst=0.27, since=now - 91,
            fired_at=now - 31, changed_at=now - 31, resource="memory",
            summary=clean("Tasks stalled 27% of the time for memory"),
        ),
        Alert(
            fingerprint="a3", rule="FilesystemUsed", labels=var, state=State.FIRING,
            severity=Severity.WARNING, value=0.931, worst=0.931, since=now - 5_460,
            fired_at=now - 5_400, changed_at=now - 5_400,
            summary=clean("/var is 93% full"),
            runbook="Find what grew: du -xh /var --max-depth=2, then sort.",
            ack=Acknowledgement(clean("jonas"), now - 4_920, clean("vacuum runs at 04:00")),
        ),
        Alert(
            fingerprint="a4", rule="IoPressure", labels=(), state=State.PENDING,
            severity=Severity.WARNING, value=0.21, worst=0.23, since=now - 66, resource="io",
            summary=clean("Tasks stalled 21% of the time for storage"),
        ),
    )  # fmt: skip


def events(now: float = NOW) -> tuple[AlertEvent, ...]:
    """How it came to these alerts, newest first, as a ledger has it."""
    memory, pressure, var, _ = alerts(now)
    milder = replace(memory, severity=Severity.WARNING, summary=clean("Only 7.8% is available"))
    over = replace(var, rule="Swapping", summary=clean("Swapping out 12M/s"), labels=(), ack=None)
    over = replace(over, state=State.RESOLVED, resolved_at=now - 2_400)
    jonas = clean("jonas")
    return (
        AlertEvent(now - 31, "firing", pressure),
        AlertEvent(now - 44, "worse", memory),
        AlertEvent(now - 74, "firing", milder),
        AlertEvent(now - 2_400, "resolved", over),
        AlertEvent(now - 4_860, "noted", var, jonas),
        AlertEvent(now - 4_920, "acknowledged", var, jonas),
        AlertEvent(now - 5_400, "firing", var),
    )


COLLECTORS = tuple(
    CollectorState(name=name, status=Status.OK, interval=1.0, age=0.2)
    for name in ("cpu", "memory", "pressure", "disk", "network", "process", "filesystem")
)


def tick(step: int = 600, *, trouble: bool = True, cores: int = 8, inspect: bool = False) -> Tick:
    return Tick(
        number=step,
        wall=NOW - 600 + step,
        mono=1_000.0 + step,
        families=families(step, trouble=trouble, cores=cores),
        processes=processes(trouble=trouble, inspect=inspect),
        alerts=alerts(NOW - 600 + step) if trouble else (),
        collectors=COLLECTORS,
    )


class Scene:
    """A `Source` that plays prepared ticks and remembers what it was asked for."""

    def __init__(
        self,
        ticks: Iterable[Tick] = (),
        past: Iterable[Tick] = (),
        lookback: Bygone | None = None,
    ) -> None:
        self.host = HOST
        self.lookback = lookback or Bygone(lambda at: tick(round(at - NOW + 600)))
        self.interval = 1.0
        self.notices: tuple[str, ...] = ()
        self.recorder = ""
        self.demands: list[ProcessDemand] = []
        self.taken: list[tuple[tuple[str, ...], str]] = []
        self.returned: list[tuple[str, ...]] = []
        self.noted: list[tuple[tuple[str, ...], str, str]] = []
        self.shelved: list[tuple[tuple[str, ...], str, float]] = []
        self.unshelved: list[tuple[str, ...]] = []
        self.silenced: list[Silence] = []
        self.events: tuple[AlertEvent, ...] = ()
        self.dossiers: dict[str, Dossier] = {}
        self.holds: dict[int, Hold] = {}
        """By pid; processes without one have ended."""
        self.ticks = tuple(ticks)
        self._past = tuple(past)

    async def stream(self) -> AsyncIterator[Tick]:
        for one in self.ticks:
            yield one
        await asyncio.Event().wait()

    def history(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        return iter(self._past)

    def dossier(self, fingerprint: str) -> Dossier:
        return self.dossiers.get(fingerprint, Dossier())

    def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        return iter(self._past)

    def happened(self, limit: int) -> tuple[AlertEvent, ...]:
        return self.events[:limit]

    def hold(self, key: ProcessKey) -> Hold:
        hold = self.holds.get(key.pid)
        if hold is None:
            raise Gone("it has ended already")
        return hold

    def demand(self, demand: ProcessDemand) -> None:
        self.demands.append(demand)

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText = NO_TEXT
    ) -> None:
        self.taken.append((tuple(fingerprints), by))

    def unacknowledge(self, fingerprints: Collection[str], by: SafeText) -> None:
        self.returned.append(tuple(fingerprints))

    def annotate(self, fingerprints: Collection[str], by: SafeText, note: SafeText) -> None:
        self.noted.append((tuple(fingerprints), by, note))

    def shelve(
        self, fingerprints: Collection[str], by: SafeText, until: float, note: SafeText = NO_TEXT
    ) -> None:
        self.shelved.append((tuple(fingerprints), by, until))

    def unshelve(self, fingerprints: Collection[str], by: SafeText) -> None:
        self.unshelved.append(tuple(fingerprints))

    def silence(self, silence: Silence) -> None:
        self.silenced.append(silence)


@lru_cache(4)
def _past(trouble: bool, cores: int) -> tuple[Tick, ...]:
    """Made once for all tests: ticks are frozen, and many take longer to make than to show."""
    return tuple(tick(step, trouble=trouble, cores=cores) for step in range(600))


def scene(*, trouble: bool = True, cores: int = 8, inspect: bool = False) -> Scene:
    """Ten minutes of history and the moment now."""
    past = _past(trouble, cores)
    lookback = Bygone(lambda at: tick(round(at - NOW + 600), trouble=trouble, cores=cores))
    live = tick(600, trouble=trouble, cores=cores, inspect=inspect)
    played = Scene([live], past, lookback)
    played.events = events() if trouble else ()
    return played
