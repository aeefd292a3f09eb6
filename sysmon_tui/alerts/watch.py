"""One rule at work: which series it looks at, what they come to, and the alerts they yield.

`alerts.engine` has one watch for each rule and calls `judge` on every beat. The common case, a
series that is fine and has no alert, costs one look-up and one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import IntFlag
from math import nan

from sysmon_tui.alerts.conditions import Surroundings, create
from sysmon_tui.alerts.conditions.registry import NO_FAMILY, beside
from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.levels import NO_SIDES, Sides, steady
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import COMPARE, STALE_AFTER, Rule, peer_of
from sysmon_tui.model.transition import recovered, renewed, transition


class Change(IntFlag):
    """What a beat did to the alerts."""

    NONE = 0
    FIGURES = 1
    """Values moved; the order of the alerts did not."""
    ORDER = 2


class Watch:
    def __init__(
        self,
        rule: Rule,
        around: Surroundings | None = None,
        peers: Mapping[str, Watch] | None = None,
    ) -> None:
        """`peers` are the watches of all rules by name, for a rule that asks for another."""
        self.rule = rule
        self._condition = create(rule, around or Surroundings((rule,)))
        self._peers = peers or {}
        self.alerts: dict[Labels, Alert] = {}
        """Pending, firing and lately resolved, by the labels of their series."""
        self._breaches = COMPARE[rule.op]
        self._mildest = rule.levels[0].threshold
        self._bounds = {bound.metric for level in rule.levels for bound in level.bounds}
        self._awaited: dict[Labels, float] = {}

    def take_over(self, alert: Alert, now: float) -> AlertEvent | None:
        """Go on with an alert of another run; it waits for its first figure as long as stale ones.

        Rates need two readings and averages minutes: their absence at first says nothing.
        """
        kept, event = recovered(alert, self.rule, now)
        if kept is not None:
            self.alerts[alert.labels] = kept
            if kept.active:
                self._awaited[alert.labels] = now + max(STALE_AFTER, self.rule.grace)
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
        values = self._condition.values(families, now, mono)
        alerts, breaches, mildest = self.alerts, self._breaches, self._mildest
        # What is over stays as it is until it breaches again; the board takes it off the list.
        absent = [
            labels
            for labels, alert in alerts.items()
            if labels not in values and alert.state is not State.RESOLVED
        ]
        change = Change.NONE
        mine, turns = turn
        for index, (labels, value) in enumerate(values.items()):
            alert = alerts.get(labels)
            if alert is None or alert.state is State.RESOLVED:
                if breaches(value, mildest):
                    change |= self._step(labels, value, families, now, events)
            elif labels in self._awaited or not steady(alert, self.rule, value, now):
                change |= self._step(labels, value, families, now, events)
            elif value != alert.value and index % turns == mine:
                alerts[labels] = renewed(alert, self.rule, value)
                change |= Change.FIGURES
        for labels in absent:
            change |= self._step(labels, nan, families, now, events)
        return change

    def renew(
        self, families: Families, now: float, mono: float, turn: tuple[int, int] = (0, 1)
    ) -> Change:
        """One beat where another program judges: only figures are renewed, and windows go on."""
        values = self._condition.values(families, now, mono)
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
        return {
            name: self._peer(rule, labels)
            if (rule := peer_of(name))
            else beside(families.get(name, NO_FAMILY), labels)
            for name in self._bounds
        }

    def _peer(self, rule: str, labels: Labels) -> float:
        """1 while another rule fires for the same thing, else 0."""
        peer = self._peers.get(rule)
        alerts: Iterable[Alert] = peer.alerts.values() if peer is not None else ()
        return float(
            any(alert.state is State.FIRING and _same_thing(labels, alert) for alert in alerts)
        )


def _same_thing(labels: Labels, alert: Alert) -> bool:
    """Labels both carry have the same values."""
    theirs = dict(alert.labels)
    return all(theirs.get(name, value) == value for name, value in labels)
