"""The series that go with an alert: its own, and those that tell of the same resource.

`monitor.evidence` reads them from the last fifteen minutes of history and the newest beats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import nan

from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.model.evidence import (
    LINE_LIMIT,
    POINTS,
    PRESSURE,
    STEP,
    TRACES,
    Evidence,
    Trace,
    short,
)
from sysmon_tui.model.metric import Families, Labels, SeriesKey, label, labels
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import SafeText, clean

_NO_FAMILY: Mapping[Labels, float] = {}
_LOOPBACK = "lo"
LIKE_ITS_FIGURES = frozenset({"value", "average", "max", "min"})
"""Kinds of conditions whose thresholds can be drawn beside the figures they come from."""


@dataclass(frozen=True, slots=True)
class Related:
    title: SafeText
    unit: str
    read: Callable[[Families], float]
    """NaN where it is not known."""
    bound: float = nan
    key: SeriesKey | None = None
    """Where it is one series as it stands."""


def _one(title: str, unit: str, metric: str, key: Labels = ()) -> Related:
    return Related(
        clean(title),
        unit,
        lambda families: _value(families, metric, key),
        key=SeriesKey(metric, key),
    )


def _most(title: str, unit: str, metric: str) -> Related:
    return Related(
        clean(title), unit, lambda families: max(families.get(metric, {}).values(), default=nan)
    )


def _sum(title: str, unit: str, metric: str) -> Related:
    def total(families: Families) -> float:
        family = families.get(metric, _NO_FAMILY)
        found = [v for key, v in family.items() if label(key, "device") != _LOOPBACK and v == v]
        return sum(found) if found else nan

    return Related(clean(title), unit, total)


def _mode(title: str, mode: str) -> Related:
    return _one(title, "ratio", "sysmon_cpu_ratio", labels(mode=mode))


def _stall(resource: str, kind: str) -> Related:
    key = labels(resource=resource, kind=kind, window="10s")
    return _one(f"{resource} pressure, {kind}", "ratio", PRESSURE, key)


_BUSY, _IOWAIT = _mode("CPU busy", "busy"), _mode("CPU waiting for storage", "iowait")
_USED = _one("Memory used", "ratio", "sysmon_memory_used_ratio")
_READ = _sum("Disks read", "bytes_per_second", "sysmon_disk_read_bytes_per_second")
_WRITTEN = _sum("Disks written", "bytes_per_second", "sysmon_disk_write_bytes_per_second")
_RECEIVED = _sum("Received", "bytes_per_second", "sysmon_network_receive_bytes_per_second")
_SENT = _sum("Sent", "bytes_per_second", "sysmon_network_transmit_bytes_per_second")

TABLE: Mapping[str, tuple[Related, ...]] = {
    "cpu": (
        _BUSY,
        _one("Load per core", "count", "sysmon_load_per_core", labels(window="1m")),
        _stall("cpu", "some"),
        _mode("CPU stolen by the host", "steal"),
        _IOWAIT,
    ),
    "memory": (
        _USED,
        _one("Swap used", "ratio", "sysmon_swap_used_ratio"),
        _one("Swapped out", "bytes_per_second", "sysmon_swap_out_bytes_per_second"),
        _one("Major faults", "per_second", "sysmon_major_faults_per_second"),
        _stall("memory", "full"),
    ),
    "io": (
        _most("Busiest disk", "ratio", "sysmon_disk_utilization_ratio"),
        _READ,
        _WRITTEN,
        _IOWAIT,
        _stall("io", "full"),
    ),
    "": (_BUSY, _USED, _stall("io", "full"), _READ, _WRITTEN, _RECEIVED, _SENT),
}
"""By the resource of the rule."""


def related(evidence: Evidence, rule: Rule | None) -> tuple[Related, ...]:
    """The alert's own series first; none of its own where its rule is gone (a drill)."""
    common = TABLE.get(evidence.resource, TABLE[""])
    if rule is None:
        return common
    if not rule.metric:
        return (*(_asked(name, evidence.labels) for name in metrics(rule)), *common)[:TRACES]
    key = SeriesKey(rule.metric, evidence.labels)
    own = _judged(evidence, rule, key)
    return (own, *(one for one in common if rule.of or one.key != key))[:TRACES]


def _judged(evidence: Evidence, rule: Rule, key: SeriesKey) -> Related:
    """The series a rule looks at, as a share of its whole where it judges shares."""
    bounds = [level.threshold for level in rule.levels if level.severity <= evidence.severity]
    return Related(
        clean(str(key), LINE_LIMIT),
        rule.unit,
        lambda families: _divided(families, rule, evidence.labels),
        # What a total or a forecast comes to is no bound for the figures it comes from.
        bounds[-1] if bounds and rule.kind in LIKE_ITS_FIGURES else nan,
    )


def _asked(metric: str, key: Labels) -> Related:
    """A series an expression asks for, where it carries the labels of the alert or none."""
    title = clean(metric, LINE_LIMIT)
    return Related(title, "count", lambda families: _beside(families, metric, key))


def _value(families: Families, metric: str, key: Labels) -> float:
    return families.get(metric, _NO_FAMILY).get(key, nan)


def _beside(families: Families, metric: str, key: Labels) -> float:
    """The value for the same thing, or for the whole machine."""
    family = families.get(metric, _NO_FAMILY)
    return family.get(key, family.get((), nan))


def _divided(families: Families, rule: Rule, key: Labels) -> float:
    value = _value(families, rule.metric, key)
    if not rule.of:
        return value
    total = _beside(families, rule.of, key)
    return value / total if total > 0.0 else nan


class Samples:
    """Values of several series in equal steps up to a moment, the newest of each step."""

    def __init__(self, wanted: Iterable[Related], end: float) -> None:
        self._wanted = tuple(wanted)
        self._begin = end - POINTS * STEP
        self._values = [[nan] * POINTS for _ in self._wanted]

    def add(self, wall: float, families: Families) -> None:
        # The last step is closed: the moment itself belongs to it.
        place = int((wall - self._begin - 1e-6) // STEP)
        if 0 <= place < POINTS:
            for values, one in zip(self._values, self._wanted, strict=True):
                value = one.read(families)
                if value == value:
                    values[place] = short(value)

    def traces(self) -> tuple[Trace, ...]:
        """Those of which anything is known."""
        return tuple(
            Trace(
                title=one.title,
                unit=one.unit,
                begin=self._begin,
                step=STEP,
                values=tuple(values),
                bound=one.bound,
            )
            for one, values in zip(self._wanted, self._values, strict=True)
            if any(value == value for value in values)
        )
