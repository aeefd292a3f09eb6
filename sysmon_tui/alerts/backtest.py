"""What a rule would have done over the figures of the past: how often it fired and for how long.

`sysmon-tui rules backtest` and the screen's tuning call `backtest` with stored history as it is
replayed. The rule runs through the same engine as live. Memory does not grow with the time looked
at, only with the series.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import TypeAlias

from sysmon_tui.alerts.board import DRILL
from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.conditions.registry import Usual
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.metric import Families, Labels, label
from sysmon_tui.model.rule import STALE_AFTER, Rule, peer_of
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import SafeText

Moment: TypeAlias = tuple[float, float, Families]
"""Seconds since the epoch, seconds that only grow, and the figures."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An alert of the past that somebody acknowledged: it mattered."""

    labels: Labels
    since: float
    """When it began; seconds since the epoch."""
    until: float
    """When it ended; infinite while it has not."""
    at: float
    by: SafeText
    severity: Severity


@dataclass(frozen=True, slots=True)
class Toll:
    """What one series would have cost: how often it fired and how long, in seconds."""

    labels: Labels
    fired: int
    seconds: float
    longest: float
    worst: Severity


@dataclass(frozen=True, slots=True)
class Backtest:
    start: float
    """The first moment that was looked at, seconds since the epoch; NaN where there was none."""
    end: float
    moments: int
    judged: int
    """Moments that had figures of what the rule looks at."""
    seen: float
    """Seconds of which something is known; holes in the history do not count."""
    tolls: tuple[Toll, ...]
    """By series that fired, the longest first."""
    taken: tuple[Taken, ...]
    """Those acknowledged within the time looked at."""
    missed: tuple[Taken, ...]
    """Those of them during which the rule never fired for their series."""

    @property
    def fired(self) -> int:
        return sum(toll.fired for toll in self.tolls)

    @property
    def seconds(self) -> float:
        """Seconds that each alert fired, added up."""
        return sum(toll.seconds for toll in self.tolls)

    @property
    def longest(self) -> float:
        return max((toll.longest for toll in self.tolls), default=0.0)


def backtest(rule: Rule, moments: Iterable[Moment], acknowledged: Sequence[Taken] = ()) -> Backtest:
    """Replays `moments`, oldest first, through `rule`."""
    (found,) = compare((rule,), moments, acknowledged)
    return found


def compare(
    rules: Sequence[Rule],
    moments: Iterable[Moment],
    acknowledged: Sequence[Taken] = (),
    *,
    beside: Sequence[Rule] = (),
    usual: Usual | None = None,
    external: Labels = (),
) -> tuple[Backtest, ...]:
    """What each of several variants of a rule would have done, in one pass over the past.

    Each starts with nothing known, as a new program does: averages warm up. Nobody acknowledges,
    so a latching rule is taken as one that ends with its condition. `beside` are the rules it
    asks for (`asked_for`), `usual` and `external` as for the engine.
    """
    courses = [
        (
            Engine(
                (*beside, replace(rule, latch=False)), Nowhere(), usual=usual, external=external
            ),
            _Tally(rule, acknowledged),
        )
        for rule in rules
    ]
    for wall, mono, families in moments:
        for engine, tally in courses:
            tally.count(wall, mono, families, *engine.judge(families, wall, mono))
    return tuple(tally.result() for _, tally in courses)


def asked_for(rule: Rule, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that `and` and `unless` of a rule name, and those they name in turn."""
    known = {one.name: one for one in rules}
    found: dict[str, Rule] = {}
    waiting = [rule]
    while waiting:
        one = waiting.pop()
        names = {peer_of(bound.metric) for level in one.levels for bound in level.bounds}
        for name in (names & known.keys()) - {rule.name, *found}:
            found[name] = known[name]
            waiting.append(known[name])
    return tuple(found.values())


def taken(events: Iterable[AlertEvent], rule: str) -> tuple[Taken, ...]:
    """The alerts of a rule that somebody acknowledged; `events` newest first, as a ledger's."""
    ends: dict[str, float] = {}
    found: dict[tuple[str, float], Taken] = {}
    for event in events:
        alert = event.alert
        if alert.rule != rule or label(alert.labels, DRILL):
            continue
        if event.kind == "resolved":
            ends[alert.fingerprint] = event.at
        elif event.kind == "acknowledged":
            until = ends.get(alert.fingerprint, inf)
            found[alert.fingerprint, until] = Taken(
                alert.labels, alert.since, until, event.at, event.actor, alert.severity
            )
    return tuple(sorted(found.values(), key=lambda one: one.at))


class _Course:
    """A series so far."""

    __slots__ = ("fired", "longest", "run", "seconds", "worst")

    def __init__(self) -> None:
        self.fired = 0
        self.seconds = self.run = self.longest = 0.0
        self.worst = Severity.OK


class _Tally:
    def __init__(self, rule: Rule, acknowledged: Sequence[Taken]) -> None:
        self._rule = rule.name
        self._metrics = frozenset(metrics(rule))
        self._acknowledged = acknowledged
        self._covered = [False] * len(acknowledged)
        self._courses: dict[Labels, _Course] = {}
        self._firing: frozenset[Labels] = frozenset()
        self._start = self._end = self._mono = nan
        self._moments = self._judged = 0
        self._seen = 0.0

    def count(
        self,
        wall: float,
        mono: float,
        families: Families,
        alerts: Sequence[Alert],
        events: Sequence[AlertEvent],
    ) -> None:
        self._judged += any(families.get(name) for name in self._metrics)
        self._pass(wall, mono)
        for event in events:
            if event.kind == "firing" and event.alert.rule == self._rule:
                course = self._courses.setdefault(event.alert.labels, _Course())
                course.fired += 1
                course.run = 0.0
        if not alerts and not self._firing:
            return
        firing = {
            alert.labels: alert
            for alert in alerts
            if alert.state is State.FIRING and alert.rule == self._rule
        }
        for labels, alert in firing.items():
            course = self._courses[labels]
            course.worst = max(course.worst, alert.severity)
        self._firing = frozenset(firing)
        self._cover(wall, firing)

    def _pass(self, wall: float, mono: float) -> None:
        """The time since the last moment, which belongs to what fired then."""
        elapsed = mono - self._mono
        if not self._moments:
            self._start = wall
        elif elapsed <= STALE_AFTER:
            self._seen += elapsed
            for labels in self._firing:
                course = self._courses[labels]
                course.seconds += elapsed
                course.run += elapsed
                course.longest = max(course.longest, course.run)
        self._moments += 1
        self._end, self._mono = wall, mono

    def _cover(self, wall: float, firing: Mapping[Labels, Alert]) -> None:
        for index, one in enumerate(self._acknowledged):
            if not self._covered[index] and one.since <= wall <= one.until:
                self._covered[index] = one.labels in firing

    def result(self) -> Backtest:
        tolls = [
            Toll(labels, course.fired, course.seconds, course.longest, course.worst)
            for labels, course in self._courses.items()
        ]
        within = [
            (one, covered)
            for one, covered in zip(self._acknowledged, self._covered, strict=True)
            if self._start <= one.at <= self._end
        ]
        return Backtest(
            start=self._start,
            end=self._end,
            moments=self._moments,
            judged=self._judged,
            seen=self._seen,
            tolls=tuple(sorted(tolls, key=lambda toll: (-toll.seconds, -toll.fired, toll.labels))),
            taken=tuple(one for one, _ in within),
            missed=tuple(one for one, covered in within if not covered),
        )


class Nowhere:
    """The ledger of what never happened."""

    def load(self) -> tuple[Alert, ...]:
        return ()

    def record(self, events: Iterable[AlertEvent]) -> None:
        """Nothing is kept."""

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        return ()

    def silences(self) -> tuple[Silence, ...]:
        return ()

    def keep_silence(self, silence: Silence) -> None:
        """Nothing is kept."""

    def stamp(self) -> object:
        return None
