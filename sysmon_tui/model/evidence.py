"""What was known at the moment an alert fired, frozen so that it can be read months later.

`monitor.evidence` calls `freeze` on the beat and completes the rest on a thread of its own; both
ledgers keep it, the alert's screen and `alerts show` print it. Everything here is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import nlargest
from math import isfinite, nan

from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.culprit import culprit
from sysmon_tui.model.metric import Labels, label
from sysmon_tui.model.process import ProcessDetail, ProcessRow
from sysmon_tui.model.text import NO_TEXT, SafeText, clean
from sysmon_tui.model.tick import Tick

PROCESSES, WAITING, GROUPS = 10, 10, 8
"""Rows kept of each table."""
TRACES, POINTS, STEP = 8, 90, 10.0
"""Series kept, and their samples: fifteen minutes, one each ten seconds."""
LINES, LINE_LIMIT = 20, 240
"""Lines kept of each log, and characters of each."""
COMMAND_LIMIT = 240
LABELS = 16
LIFE = 200
"""Events of one alert that a dossier holds, newest."""
SUMMARY_LIMIT = 500

PRESSURE = "sysmon_pressure_avg_ratio"
_GROUP_PREFIX = "sysmon_cgroup_"
_UNKNOWN = ProcessDetail(NO_TEXT, NO_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A process as it was."""

    pid: int
    start_time: float
    """Seconds after boot: with the pid it tells whether that process is still there."""
    started: float
    """Seconds since the epoch; NaN where the time of boot is not known."""
    name: SafeText
    user: SafeText
    state: str
    cpu: float
    """Cores used."""
    rss: float
    read_rate: float = nan
    """Bytes a second from storage; NaN where that could not be read."""
    write_rate: float = nan
    command: SafeText = NO_TEXT
    waits_in: SafeText = NO_TEXT
    """The kernel function it sleeps in (proc_pid_wchan(5)); empty where not known."""
    group: SafeText = NO_TEXT
    """Its control group."""


@dataclass(frozen=True, slots=True)
class Group:
    """A control group as it was; NaN is what is not known."""

    name: SafeText
    cpu: float = nan
    """Cores used."""
    memory: float = nan
    """Bytes."""
    io: float = nan
    """Bytes a second, both ways."""


@dataclass(frozen=True, slots=True)
class Stall:
    """How long tasks waited for a resource: shares of the last 10, 60 and 300 seconds."""

    resource: str
    kind: str
    short: float
    minute: float
    long: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A series over the fifteen minutes that end with the alert; NaN is a gap."""

    title: SafeText
    unit: str
    """A key of `model.summary.UNITS`."""
    begin: float
    """Seconds since the epoch of the first sample."""
    step: float
    values: tuple[float, ...]
    bound: float = nan
    """The threshold it was held against; NaN for what only goes along."""


@dataclass(frozen=True, slots=True)
class LogLine:
    at: float
    """Seconds since the epoch; NaN where the log does not tell."""
    text: SafeText


@dataclass(frozen=True, slots=True)
class Log:
    """The last lines of a log, oldest first."""

    source: str
    lines: tuple[LogLine, ...] = ()
    note: SafeText = NO_TEXT
    """What is missing, why, and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    fingerprint: str
    """Of the alert it was gathered for; others that fired with it may share it."""
    rule: str
    labels: Labels
    severity: Severity
    value: float
    at: float
    """When it fired or got worse, seconds since the epoch."""
    summary: SafeText = NO_TEXT
    resource: str = ""
    culprit: SafeText = NO_TEXT
    processes: tuple[Suspect, ...] = ()
    """Those that use most of the resource, most first."""
    waiting: tuple[Suspect, ...] = ()
    """Tasks in state D: they wait for a device and cannot be killed."""
    groups: tuple[Group, ...] = ()
    pressure: tuple[Stall, ...] = ()
    traces: tuple[Trace, ...] = ()
    """The alert's own series first."""
    logs: tuple[Log, ...] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything kept about one alert."""

    events: tuple[AlertEvent, ...] = ()
    """Its life, oldest first."""
    evidence: tuple[Evidence, ...] = ()
    """Newest first."""
    problem: str = ""
    """Why it could not be read."""


def freeze(tick: Tick, event: AlertEvent, boot_time: float) -> Evidence:
    """What the beat on which an alert fired knows already; no more than memory is read.

    `boot_time` is in seconds since the epoch, 0 where it is not known.
    """
    alert = event.alert
    resource = alert.resource
    rows = nlargest(PROCESSES, tick.processes.rows, key=_use(tick, resource))
    waiting = [row for row in tick.processes.rows if row.state == "D"][:WAITING]
    tables = Evidence(
        fingerprint=alert.fingerprint,
        rule=alert.rule,
        labels=(),
        severity=alert.severity,
        value=alert.value,
        at=event.at,
        resource=resource,
        culprit=SafeText(culprit(tick, resource)),
        processes=tuple(_suspect(tick, row, boot_time) for row in rows),
        waiting=tuple(_suspect(tick, row, boot_time) for row in waiting),
        groups=_groups(tick, resource),
        pressure=_pressure(tick),
    )
    return alike(tables, event)


def alike(evidence: Evidence, event: AlertEvent) -> Evidence:
    """The same moment for another alert of that resource."""
    alert = event.alert
    pairs = alert.labels[:LABELS]
    return replace(
        evidence,
        fingerprint=alert.fingerprint,
        rule=alert.rule[:LINE_LIMIT],
        labels=tuple((name[:LINE_LIMIT], text[:LINE_LIMIT]) for name, text in pairs),
        severity=alert.severity,
        value=alert.value,
        at=event.at,
        summary=clean(alert.summary, SUMMARY_LIMIT),
    )


def _use(tick: Tick, resource: str) -> Callable[[ProcessRow], tuple[float, float]]:
    """How much of a resource a process uses; among equals the busier one counts."""
    details = tick.processes.details

    def traffic(row: ProcessRow) -> tuple[float, float]:
        detail = details.get(row.pid, _UNKNOWN)
        moved = detail.read_rate + detail.write_rate
        return (moved if moved == moved else 0.0, row.cpu)

    if resource == "memory":
        return lambda row: (row.rss, row.cpu)
    return traffic if resource == "io" else lambda row: (row.cpu, row.rss)


def _suspect(tick: Tick, row: ProcessRow, boot_time: float) -> Suspect:
    detail = tick.processes.details.get(row.pid, _UNKNOWN)
    return Suspect(
        pid=row.pid,
        start_time=row.start_time,
        started=boot_time + row.start_time if boot_time else nan,
        name=row.name,
        user=detail.user or SafeText(str(row.uid)),
        state=row.state,
        cpu=short(row.cpu),
        rss=float(row.rss),
        read_rate=short(detail.read_rate),
        write_rate=short(detail.write_rate),
        command=clean(detail.command, COMMAND_LIMIT),
    )


def _pressure(tick: Tick) -> tuple[Stall, ...]:
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for key, value in tick.family(PRESSURE).items():
        which = label(key, "resource"), label(key, "kind")
        shares.setdefault(which, {})[label(key, "window")] = value
    return tuple(
        Stall(resource, kind, found.get("10s", nan), found.get("60s", nan), found.get("300s", nan))
        for (resource, kind), found in sorted(shares.items())
    )


def _groups(tick: Tick, resource: str) -> tuple[Group, ...]:
    """From whatever the control-group collector says of CPU, memory and I/O."""
    found: dict[str, dict[str, float]] = {}
    for name in tick.families:
        if name.startswith(_GROUP_PREFIX) and (part := _PARTS.get(name[len(_GROUP_PREFIX) :])):
            for key, value in tick.family(name).items():
                use = found.setdefault(label(key, "cgroup"), {})
                use[part] = use.get(part, 0.0) + value
    groups = [Group(clean(name, LINE_LIMIT), **use) for name, use in found.items() if name]
    part = resource if resource in ("memory", "io") else "cpu"

    def use_of(group: Group) -> float:
        value: float = getattr(group, part)
        return value if value == value else 0.0

    return tuple(nlargest(GROUPS, groups, key=use_of))


_PARTS = {
    "cpu_ratio": "cpu",
    "memory_usage_bytes": "memory",
    "io_read_bytes_per_second": "io",
    "io_write_bytes_per_second": "io",
}
"""What the rest of a metric's name is about."""


def short(value: float) -> float:
    """Four significant digits: no more can be seen, and they take half the room."""
    return float(f"{value:.4g}") if isfinite(value) else value


def shedding(evidence: Evidence) -> Iterator[Evidence]:
    """The evidence, then ever less of it, for a ledger that has no room for all."""
    yield evidence
    for share in (2, 4, 8):
        logs = tuple(
            replace(log, lines=log.lines[-max(1, LINES // share) :]) for log in evidence.logs[:4]
        )
        evidence = replace(evidence, logs=logs, traces=evidence.traces[: TRACES // share])
        yield evidence
    yield replace(evidence, logs=(), traces=())
    yield replace(evidence, logs=(), traces=(), groups=(), waiting=(), pressure=())
    yield Evidence(
        fingerprint=evidence.fingerprint[:LINE_LIMIT],
        rule=evidence.rule[:LINE_LIMIT],
        labels=(),
        severity=evidence.severity,
        value=evidence.value,
        at=evidence.at,
        summary=clean(evidence.summary, SUMMARY_LIMIT),
    )
