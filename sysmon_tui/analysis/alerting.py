"""How alerts went over a stretch of time: how often, how fast somebody had them, which flap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan

from sysmon_tui.alerts.board import DRILL
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.metric import label

FLAPPING = 3
"""Times one alert fires within an hour to be told as flapping."""
HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    rule: str
    fired: int
    acknowledged: int
    to_acknowledge: float
    """Mean seconds from firing to somebody having it (MTTA); NaN where nobody ever had."""
    to_resolve: float
    """Mean seconds from firing to the end (MTTR); NaN where none ended."""
    flapping: int
    """Different alerts of it that fired `FLAPPING` times within an hour."""
    going_on: int
    """Firings that had not ended."""


@dataclass(slots=True)
class _Course:
    fired: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    resolved: list[float] = field(default_factory=list)
    open: dict[str, tuple[float, bool]] = field(default_factory=dict)
    """By fingerprint: since when it fires, and whether somebody has it."""
    times: dict[str, list[float]] = field(default_factory=dict)


def tallies(events: Iterable[AlertEvent], start: float, end: float) -> list[RuleTally]:
    """By rule, the noisiest first; `events` in the order of time."""
    courses: dict[str, _Course] = {}
    for event in events:
        if start <= event.at < end and not label(event.alert.labels, DRILL):
            _take(courses.setdefault(event.alert.rule, _Course()), event)
    found = [_tally(rule, course) for rule, course in courses.items() if course.fired]
    return sorted(found, key=lambda tally: (-tally.fired, tally.rule))


def _take(course: _Course, event: AlertEvent) -> None:
    name = event.alert.fingerprint
    since = course.open.get(name)
    if event.kind == "firing":
        course.fired.append(event.at)
        course.times.setdefault(name, []).append(event.at)
        course.open[name] = (event.at, False)
    elif since is None:
        return
    elif event.kind == "acknowledged" and not since[1]:
        course.acknowledged.append(event.at - since[0])
        course.open[name] = (since[0], True)
    elif event.kind == "resolved":
        course.resolved.append(event.at - since[0])
        del course.open[name]


def _tally(rule: str, course: _Course) -> RuleTally:
    return RuleTally(
        rule=rule,
        fired=len(course.fired),
        acknowledged=len(course.acknowledged),
        to_acknowledge=_mean(course.acknowledged),
        to_resolve=_mean(course.resolved),
        flapping=sum(map(_flaps, course.times.values())),
        going_on=len(course.open),
    )


def _flaps(times: list[float]) -> bool:
    return any(
        later - earlier <= HOUR
        for earlier, later in zip(times, times[FLAPPING - 1 :], strict=False)
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan
