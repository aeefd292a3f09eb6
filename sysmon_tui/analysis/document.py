"""A report as titled tables of text: what every form of it prints.

Times are local, as `clock` says them: a report is read by people of the machine's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from sysmon_tui.analysis.report import Anomaly, Line, Report
from sysmon_tui.analysis.statistics import Reached
from sysmon_tui.model import units
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.summary import UNITS

TOP = 8
DISTANT = 365.25 * 86400.0
"""Seconds: what is later than that is not foreseen."""
HORIZON = 20.0
"""Times the stretch looked at; a trend says nothing of what is further away."""

TELLING = ("mountpoint", "device", "cgroup", "cpu", "chip")
"""Labels that tell a series from others by themselves."""

Clock = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    """How many columns are words, which stand to the left; figures stand to the right."""
    courses: tuple[Line, ...] = ()
    """By row, where rows are series: what a chart draws beside it."""


def sections(report: Report, clock: Clock) -> Iterator[Section]:
    """Those that have something to say."""
    found = (
        _alerts(report),
        _anomalies(report, clock),
        _forecasts(report),
        _figures(report, clock),
        _hours(report, clock),
        *_consumers(report),
        _groups(report),
    )
    return (section for section in found if section.rows)


def headline(report: Report, clock: Clock) -> str:
    seconds = report.end - report.start
    return (
        f"{clock(report.start)} to {clock(report.end)}, {units.percent(report.recorded)} of "
        f"{units.duration(seconds)} recorded"
    )


def spelled(line: Line, value: float) -> str:
    return UNITS.get(line.subject.unit, units.number)(value) if isfinite(value) else units.MISSING


def named(line: Line) -> str:
    """The subject, and what tells its series apart."""
    fixed = dict(line.subject.match)
    rest = tuple(pair for pair in line.key.labels if pair[0] not in fixed)
    if not rest:
        return line.subject.title
    carried = dict(rest)
    told = [carried[name] for name in TELLING if name in carried]
    return f"{line.subject.title} {told[0] if told else str(SeriesKey('', rest))}"


def _now(line: Line) -> float:
    return next((value for value in reversed(line.course) if isfinite(value)), nan)


def _figures(report: Report, clock: Clock) -> Section:
    rows = tuple(
        (
            named(line),
            *(spelled(line, value) for value in (line.mean, *line.quantiles, line.greatest)),
            clock(line.greatest_at),
        )
        for line in report.lines
    )
    return Section(
        "Figures",
        f"Quantiles are exact, of means over {units.duration(report.span)}; "
        "the greatest is of every sample.",
        ("", "mean", "p50", "p95", "p99", "greatest", "at"),
        rows,
        courses=report.lines,
    )


def _hours(report: Report, clock: Clock) -> Section:
    rows: dict[str, list[str]] = {}
    for hour in report.hours:
        told = f"{clock(hour.start)} ({spelled(hour.line, hour.mean)})"
        rows.setdefault(named(hour.line), []).append(told)
    return Section(
        "Busiest hours",
        "By their mean, the busiest first.",
        ("", "hours"),
        tuple((name, ", ".join(told)) for name, told in rows.items()),
        texts=2,
    )


def _anomalies(report: Report, clock: Clock) -> Section:
    return Section(
        "Unusual",
        "Far from the median of the whole stretch: robust z-score, the oddest first.",
        ("", "from", "for", "value", "z"),
        tuple(_anomaly(one, clock) for one in report.anomalies),
    )


def _anomaly(one: Anomaly, clock: Clock) -> tuple[str, ...]:
    return (
        named(one.line),
        clock(one.start),
        units.duration(one.end - one.start),
        spelled(one.line, one.value),
        f"{one.score:+.1f}",
    )


def _forecasts(report: Report) -> Section:
    foreseen = HORIZON * (report.end - report.start)
    rows = tuple(
        (named(line), spelled(line, _now(line)), *_reached(line.forecast))
        for line in report.lines
        if line.forecast is not None and line.forecast.middle < foreseen
    )
    return Section(
        "Forecasts",
        "Full in so much time if it grows as over this stretch, with the 95 % band of its trend.",
        ("", "now", "full in", "at the earliest", "at the latest"),
        rows,
    )


def _reached(forecast: Reached) -> tuple[str, ...]:
    return tuple(
        units.duration(seconds) if seconds < DISTANT else "never"
        for seconds in (forecast.middle, forecast.early, forecast.late)
    )


def _consumers(report: Report) -> Iterator[Section]:
    note = "From the busiest recorded at each moment, so sums are at least this."
    for title, header, key, spell in (
        ("Programs by CPU time", "CPU time", lambda one: one.cpu_seconds, units.duration),
        ("Programs by memory", "at the most", lambda one: float(one.memory), units.size),
        ("Programs by storage traffic", "in all", lambda one: one.io_bytes, units.size),
    ):
        ranked = sorted(report.consumers, key=key, reverse=True)[:TOP]
        rows = tuple(
            (one.name, one.user, one.cgroup, spell(key(one))) for one in ranked if key(one) >= 1.0
        )
        yield Section(title, note, ("", "user", "control group", header), rows, texts=3)


def _groups(report: Report) -> Section:
    rows = tuple(
        (named(line), spelled(line, line.mean), spelled(line, line.quantiles[1]))
        for line in report.groups
        if line.greatest > 0.0
    )
    note = "The largest, by the 95th percentile of means; CPU in cores."
    return Section("Control groups", note, ("", "mean", "p95"), rows)


def _alerts(report: Report) -> Section:
    rows = tuple(
        (
            one.rule,
            str(one.fired),
            units.duration(one.to_acknowledge),
            units.duration(one.to_resolve),
            str(one.fired - one.acknowledged),
            str(one.flapping),
            str(one.going_on),
        )
        for one in report.alerts
    )
    header = ("rule", "fired", "MTTA", "MTTR", "nobody had", "flapping", "going on")
    note = (
        "The noisiest first. MTTA and MTTR are mean times from firing to somebody having it and "
        "to its end; an alert flaps when it fires three times within an hour."
    )
    return Section("Alerts", note, header, rows)


def aligned(rows: Iterable[Sequence[str]], texts: int = 1) -> list[str]:
    """The first columns, which are words, to the left, figures to the right; the last as it is."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if number < texts or number == last else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
