"""One rule at work: which series it looks at, what they come to, and the alerts they yield.

`alerts.engine` has one watch for each rule and calls `judge` on every beat. The common case, a
series that is fine and has no alert, costs one look-up and one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import IntFlag
from math import nan

from sysmon_tui.alerts.window import Measure, measure_of
from sysmon_tui.model.alert import COMPARE, Alert, AlertEvent, Rule, State
from sysmon_tui.model.levels import NO_SIDES, Sides, steady
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.transition import recovered, renewed, transition

SPARE_MEASURES = 16
"""Windows kept for series that may come back."""

_NO_FAMILY: Mapping[Labels, float] = {}


class Change(IntFlag):
    """What a beat did to the alerts."""

    NONE = 0
    FIGURES = 1
    """Values moved; the order of the alerts did not."""
    ORDER = 2


class Watch:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alerts: dict[Labels, Alert] = {}
        """Pending, firing and lately resolved, by the labels of their series."""
        self._breaches = COMPARE[rule.op]
        self._mildest = rule.levels[0].threshold
        self._bounds = {bound.metric for level in rule.levels for bound in level.bounds}
        self._measure = measure_of(rule)
        self._measures: dict[Labels, Measure] = {}
        self._watched: dict[Labels, bool] = {}
        self._awaited: dict[Labels, float] = {}

    def take_over(self, alert: Alert, now: float) -> AlertEvent | None:
        """Go on with an alert of another run; it waits for its first figure as long as stale ones.

        Rates need two readings and averages minutes: their absence at first says nothing.
        """
        kept, event = recovered(alert, self.rule, now)
        if kept is not None:
            self.alerts[alert.labels] = kept
            if kept.active:
                self._awaited[alert.labels] = now + self.rule.grace
        return event

    def judge(
        self,
        families: Families,
        now: float,
        mono: float,
        events: list[AlertEvent],
        turn: tuple[int, int] = (0, 1),
    ) -> Change:
        """One beat; appends what happened to `events`.

        `now` is steady wall time, `mono` what windows are measured on. `turn` is (i, n): only
        every n-th alert, from the i-th, gets its figures renewed; states never wait.
        """
        values = self._values(families, mono)
        alerts, breaches, mildest = self.alerts, self._breaches, self._mildest
        change = Change.NONE
        if not alerts:
            for labels, value in values.items():
                if breaches(value, mildest):
                    change |= self._step(labels, value, families, now, events)
            return change
        # What is over stays as it is until it breaches again; the board takes it off the list.
        absent = [
            labels
            for labels, alert in alerts.items()
            if labels not in values and alert.state is not State.RESOLVED
        ]
        mine, turns = turn
        for index, (labels, value) in enumerate(values.items()):
            alert = alerts.get(labels)
            if alert is None:
                if breaches(value, mildest):
                    change |= self._step(labels, value, families, now, events)
            elif labels in self._awaited or not steady(alert, self.rule, value, now):
                if alert.state is not State.RESOLVED or breaches(value, mildest):
                    change |= self._step(labels, value, families, now, events)
            elif value != alert.value and index % turns == mine:
                alerts[labels] = renewed(alert, self.rule, value)
                change |= Change.FIGURES
        for labels in absent:
            change |= self._step(labels, nan, families, now, events)
        return change

    def renew(self, families: Families, mono: float, turn: tuple[int, int] = (0, 1)) -> Change:
        """One beat where another program judges: only figures are renewed, and windows go on."""
        values = self._values(families, mono)
        change = Change.NONE
        mine, turns = turn
        for index, (labels, alert) in enumerate(self.alerts.items()):
            value = values.get(labels, nan)
            if not alert.active or value != value or value == alert.value or index % turns != mine:
                continue
            if not self.rule.latch or self._breaches(value, self._mildest):
                self.alerts[labels] = renewed(alert, self.rule, value)
                change = Change.FIGURES
        return change

    def followed(self, theirs: Alert, mine: Alert) -> Alert:
        """Their alert with our figures, which are newer where it is the same breach."""
        if not (theirs.active and mine.active and theirs.since == mine.since):
            return theirs
        worse = COMPARE[self.rule.op](mine.worst, theirs.worst)
        alert = replace(theirs, worst=mine.worst if worse else theirs.worst)
        return renewed(alert, self.rule, mine.value)

    def _step(
        self,
        labels: Labels,
        value: float,
        families: Families,
        now: float,
        events: list[AlertEvent],
    ) -> Change:
        if self._awaited and self._waits(labels, value, now):
            return Change.NONE
        before = self.alerts.get(labels)
        sides = self._sides(labels, families) if self._bounds else NO_SIDES
        after, event = transition(before, self.rule, labels, value, now, sides)
        if event is not None:
            events.append(event)
        if after is before:
            return Change.NONE
        if after is None:
            del self.alerts[labels]
        else:
            self.alerts[labels] = after
        return Change.ORDER

    def _waits(self, labels: Labels, value: float, now: float) -> bool:
        """Whether an alert taken over still waits for its first figure."""
        until = self._awaited.get(labels)
        if until is None:
            return False
        if value != value and now < until:
            return True
        del self._awaited[labels]
        return False

    def _sides(self, labels: Labels, families: Families) -> Sides:
        return {name: _beside(families.get(name, _NO_FAMILY), labels) for name in self._bounds}

    def _values(self, families: Families, mono: float) -> Mapping[Labels, float]:
        """What is held against the thresholds, by series."""
        rule = self.rule
        values = families.get(rule.metric, _NO_FAMILY)
        # The series of a family share their label names, so one that carries just what is asked
        # for is the only one.
        if rule.match in values:
            if self._measure is None and not rule.of and len(values) == 1:
                return values
            values = {rule.match: values[rule.match]}
        elif rule.match or rule.unless:
            watched = self._watched
            if len(watched) > 2 * len(values) + 64:
                watched.clear()
            values = {
                labels: value
                for labels, value in values.items()
                if (watched[labels] if labels in watched else self._look(labels))
            }
        if self._measure is not None:
            values = self._measured(values, mono, self._measure)
        if rule.of:
            whole = families.get(rule.of, _NO_FAMILY)
            values = {labels: _share(value, labels, whole) for labels, value in values.items()}
        return values

    def _look(self, labels: Labels) -> bool:
        """Whether the rule is about this series; decided once for each."""
        carried = dict(labels)
        watched = all(carried.get(name, "") == value for name, value in self.rule.match) and all(
            carried.get(name, "") not in values for name, values in self.rule.unless
        )
        self._watched[labels] = watched
        return watched

    def _measured(
        self, values: Mapping[Labels, float], mono: float, fresh: Callable[[], Measure]
    ) -> dict[Labels, float]:
        if values and len(self._measures) > len(values) + SPARE_MEASURES:
            self._forget(values)
        measures = self._measures
        result = {}
        for labels, value in values.items():
            measure = measures.get(labels)
            if measure is None:
                measure = measures[labels] = fresh()
            result[labels] = measure.feed(value, mono)
        return result

    def _forget(self, values: Mapping[Labels, float]) -> None:
        """Drop the windows of series that are gone (containers come with new names for ever)."""
        self._measures = {
            labels: measure for labels, measure in self._measures.items() if labels in values
        }


def _share(value: float, labels: Labels, whole: Mapping[Labels, float]) -> float:
    """NaN where the whole is unknown or nothing: a sensor without a limit reports 0."""
    total = _beside(whole, labels)
    return value / total if total > 0.0 else nan


def _beside(family: Mapping[Labels, float], labels: Labels) -> float:
    """The value of another metric for the same thing, or for the whole machine."""
    found = family.get(labels)
    return family.get((), nan) if found is None else found
