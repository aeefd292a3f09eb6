"""A stretch of history told on a page: what was normal, the worst, when, who, and what is next.

`sysmon-tui report` prints it. Everything comes from curves of equal spans (a minute, or more for
long stretches): quantiles are exact ones of the spans' means, and `greatest` is that of every
sample in them. Cost does not grow with what was recorded but with the number of series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite

from sysmon_tui.analysis.alerting import RuleTally, tallies
from sysmon_tui.analysis.consumers import Consumer, consumers
from sysmon_tui.analysis.statistics import Reached, mean, means, quantile, reached, unusual
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.ports import Past
from sysmon_tui.model.silence import Matcher, MatchOp

SPAN = 60.0
"""Seconds; the finest rollup, so that a day costs a few reads."""
SPANS = 2880
HOUR = 3600.0
TABLE_STEP = 60.0
BUSIEST = 3
SHARES = (0.5, 0.95, 0.99)
NOTED = 12
"""Anomalies told, the oddest."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A metric that a report is about."""

    title: str
    metric: str
    unit: str
    """How it is spelled: a key of `model.summary.UNITS`."""
    match: tuple[tuple[str, str], ...] = ()
    most: int = 4
    """Series told, by their 95th percentile."""
    least: float = 0.0
    """What it must be off from its median to be unusual."""
    bound: float | None = None
    """The value whose time of arrival is forecast."""


SUBJECTS = (
    Subject("CPU busy", "sysmon_cpu_ratio", "ratio", (("mode", "busy"),), least=0.15),
    Subject("Load", "node_load1", "count", least=2.0),
    Subject("Memory used", "sysmon_memory_used_ratio", "ratio", least=0.1),
    Subject("Swap used", "sysmon_swap_used_ratio", "ratio", least=0.1),
    Subject("CPU pressure", "sysmon_pressure_ratio", "ratio",
            (("resource", "cpu"), ("kind", "some")), least=0.1),
    Subject("IO pressure", "sysmon_pressure_ratio", "ratio",
            (("resource", "io"), ("kind", "some")), least=0.1),
    Subject("Memory pressure", "sysmon_pressure_ratio", "ratio",
            (("resource", "memory"), ("kind", "some")), least=0.1),
    Subject("Disk busy", "sysmon_disk_utilization_ratio", "ratio", least=0.2),
    Subject("Disk latency", "sysmon_disk_latency_seconds", "seconds", least=0.02),
    Subject("Received", "sysmon_network_receive_bytes_per_second", "bytes_per_second", least=1e6),
    Subject("Sent", "sysmon_network_transmit_bytes_per_second", "bytes_per_second", least=1e6),
    Subject("Filesystem used", "sysmon_filesystem_used_ratio", "ratio",
            most=8, least=0.05, bound=1.0),
    Subject("Log lines", "sysmon_logfile_lines_total", "per_second", most=8, least=1.0),
    Subject("Log matches", "sysmon_logfile_matches_total", "per_second", most=8, least=0.1),
)  # fmt: skip
LOGGED = "sysmon_logfile_"
CGROUPS = (
    Subject("CPU of", "sysmon_cgroup_cpu_ratio", "count", most=8),
    Subject("Memory of", "sysmon_cgroup_memory_usage_bytes", "bytes", most=8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series."""

    subject: Subject
    key: SeriesKey
    mean: float
    quantiles: tuple[float, ...]
    """For each of `SHARES`."""
    greatest: float
    greatest_at: float
    """When the span with the greatest sample begins."""
    course: tuple[float, ...]
    """The mean of each span, NaN in gaps."""
    forecast: Reached | None = None


@dataclass(frozen=True, slots=True)
class Anomaly:
    line: Line
    start: float
    end: float
    value: float
    score: float


@dataclass(frozen=True, slots=True)
class Hour:
    line: Line
    start: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    start: float
    end: float
    span: float
    """Seconds of each point of a course."""
    lines: tuple[Line, ...]
    groups: tuple[Line, ...]
    hours: tuple[Hour, ...]
    """The busiest of each subject that has one series, busiest first."""
    anomalies: tuple[Anomaly, ...]
    """The oddest first."""
    consumers: tuple[Consumer, ...]
    alerts: tuple[RuleTally, ...]

    @property
    def recorded(self) -> float:
        """The share of the stretch that anything is known of."""
        known = [sum(map(isfinite, line.course)) / len(line.course) for line in self.lines]
        return max(known, default=0.0)


def report_of(past: Past, events: Iterable[AlertEvent], start: float, end: float) -> Report:
    """Events in the order of time. Raises `StoreError`."""
    span = SPAN * max(1, ceil((end - start) / SPAN / SPANS))
    begin = start - start % span
    buckets = max(1, ceil((end - begin) / span))
    subjects = (*SUBJECTS, *_logged(past, begin, begin + buckets * span))
    lines = tuple(one for each in subjects for one in _lines(past, each, begin, span, buckets))
    groups = tuple(one for each in CGROUPS for one in _lines(past, each, begin, span, buckets))
    return Report(
        start=begin,
        end=begin + buckets * span,
        span=span,
        lines=lines,
        groups=groups,
        hours=tuple(hour for line in _single(lines) for hour in _hours(line, begin, span)),
        anomalies=_anomalies(lines, begin, span),
        consumers=tuple(consumers(past.processes(start, end, step=TABLE_STEP))),
        alerts=tuple(tallies(events, start, end)),
    )


def _logged(past: Past, begin: float, end: float) -> list[Subject]:
    """Figures that patterns found in log files, which are named after their groups."""
    if not past.series(f"{LOGGED}lines_total", begin, end, 1):
        return []
    keys = past.known(begin, end)
    names = {
        key.name for key in keys if key.name.startswith(LOGGED) and dict(key.labels).get("quantile")
    }
    return [
        Subject(name.removeprefix(LOGGED), name, name.rpartition("_")[2], most=6)
        for name in sorted(names)
    ]


def _lines(past: Past, subject: Subject, begin: float, span: float, buckets: int) -> list[Line]:
    matchers = [Matcher(name, MatchOp.EQUAL, value) for name, value in subject.match]
    end = begin + buckets * span
    found = past.series(subject.metric, begin, end, buckets, matchers=matchers)
    lines = [_line(subject, key, curve) for key, curve in found.items()]
    lines.sort(key=lambda line: (-line.quantiles[1], -line.greatest, line.key))
    # Of many, those that never did anything are left out.
    told = [line for number, line in enumerate(lines) if line.greatest > 0.0 or not number]
    return told[: subject.most]


def _line(subject: Subject, key: SeriesKey, curve: Curve) -> Line:
    course = tuple(curve.mean)
    ordered = sorted(filter(isfinite, course))
    peaks = [(value, -index) for index, value in enumerate(curve.maximum) if isfinite(value)]
    greatest, index = max(peaks, default=(float("nan"), 0))
    middles = [(curve.start + (n + 0.5) * curve.step, value) for n, value in enumerate(course)]
    return Line(
        subject=subject,
        key=key,
        mean=mean(course),
        quantiles=tuple(quantile(ordered, share) for share in SHARES),
        greatest=greatest,
        greatest_at=curve.start - index * curve.step,
        course=course,
        forecast=None if subject.bound is None else reached(middles, subject.bound),
    )


def _single(lines: Sequence[Line]) -> list[Line]:
    """Of subjects with one series: hours of eight disks are a heap of figures."""
    titles = [line.subject.title for line in lines]
    return [line for line in lines if titles.count(line.subject.title) == 1]


def _hours(line: Line, begin: float, span: float) -> list[Hour]:
    width = max(1, round(HOUR / span))
    ordered = [
        Hour(line, begin + number * width * span, value)
        for number, value in enumerate(means(line.course, width))
        if isfinite(value) and value > 0.0
    ]
    return sorted(ordered, key=lambda hour: -hour.mean)[:BUSIEST]


def _anomalies(lines: Sequence[Line], begin: float, span: float) -> tuple[Anomaly, ...]:
    found = [
        Anomaly(line, begin + run.begin * span, begin + run.end * span, run.value, run.score)
        for line in lines
        for run in unusual(line.course, line.subject.least)
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.score))[:NOTED])
