"""Which alerts the log shows, in which order, and how they are grouped. Pure.

Made for ten thousand of them: what is sorted, searched and counted is done once a tick, and a
search looks only at alerts that have changed since it last did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeAlias

from sysmon_tui.model.alert import Alert, Severity, State

STORM = 50
"""Alerts from which the log groups by itself, where that makes it half as long or less."""


class Order(StrEnum):
    URGENCY = "urgency"
    AGE = "age"
    SEVERITY = "severity"
    RULE = "rule"
    VALUE = "value"

    @property
    def next(self) -> Order:
        orders = tuple(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


def moment(alert: Alert) -> float:
    """Since when the alert is what it is."""
    if alert.state is State.RESOLVED and alert.resolved_at is not None:
        return alert.resolved_at
    return alert.since


def calls(alert: Alert) -> bool:
    """Somebody is called about it, or was: it fires and is not muted."""
    return alert.state is State.FIRING and not alert.muted


class Search:
    """What a filter means: a regular expression if it is a valid one, else plain text.

    Case is ignored; rule, summary, labels, severity, state, who has it and why it is muted are
    looked at, each on a line of its own.
    """

    def __init__(self, text: str) -> None:
        try:
            self._search = re.compile(text, re.IGNORECASE | re.MULTILINE).search
        except re.error:
            self._search = re.compile(re.escape(text), re.IGNORECASE).search
        self._known: dict[str, tuple[Alert, bool]] = {}

    def among(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Those that match, in their order."""
        known = {alert.fingerprint: self._judged(alert) for alert in alerts}
        self._known = known
        return [alert for alert, matches in known.values() if matches]

    def _judged(self, alert: Alert) -> tuple[Alert, bool]:
        before = self._known.get(alert.fingerprint)
        if before is not None and before[0] is alert:
            return before
        return alert, bool(self._search(_text(alert)))


def _text(alert: Alert) -> str:
    taken = (alert.ack.by, alert.ack.note) if alert.ack is not None else ()
    labels = (f"{name}={value}" for name, value in alert.labels)
    words = (alert.severity.word, alert.word, alert.muted)
    return "\n".join((alert.rule, alert.summary, *words, *taken, *labels))


_RANK = MappingProxyType({State.FIRING: 0, State.PENDING: 1, State.RESOLVED: 2, State.INACTIVE: 3})
_KEYS: Mapping[Order, Callable[[Alert], Any]] = MappingProxyType(
    {
        Order.AGE: lambda alert: -moment(alert),
        Order.SEVERITY: lambda alert: -alert.severity,
        Order.RULE: attrgetter("rule"),
        # What is not a number stands last.
        Order.VALUE: lambda alert: -alert.value if alert.value == alert.value else float("inf"),
    }
)


def ordered(alerts: Sequence[Alert], by: Order, *, inverted: bool = False) -> Sequence[Alert]:
    """Newest, worst, first by name or largest first; ties as they come, the most urgent first."""
    if by is Order.URGENCY:
        return alerts[::-1] if inverted else alerts
    return sorted(alerts, key=_KEYS[by], reverse=inverted)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Group:
    """The alerts of one rule on one line, in the order of the log."""

    rule: str
    alerts: Sequence[Alert]
    folded: bool
    worst: Severity
    state: State
    """That of the most urgent one."""
    oldest: float
    """Since when the first of them is what it is."""
    calling: int
    open: int
    """Those that call and that nobody has."""

    @property
    def key(self) -> Hashable:
        """No alert's fingerprint: those are texts."""
        return (self.rule,)

    @classmethod
    def of(cls, rule: str, alerts: Sequence[Alert], *, folded: bool) -> Group:
        """Counts once what is drawn on every repaint."""
        severities = set(map(attrgetter("severity"), alerts))
        states = set(map(attrgetter("state"), alerts))
        calling = [alert for alert in alerts if alert.state is State.FIRING and not alert.muted]
        over = State.RESOLVED in states
        oldest = min(map(moment, alerts)) if over else min(map(attrgetter("since"), alerts))
        return cls(
            rule=rule,
            alerts=alerts,
            folded=folded,
            worst=max(severities),
            state=min(states, key=_RANK.__getitem__),
            oldest=oldest,
            calling=len(calling),
            open=sum([alert.ack is None for alert in calling]),
        )


Row: TypeAlias = Alert | Group


def grouped(alerts: Sequence[Alert], unfolded: frozenset[str]) -> list[Row]:
    """A group for every rule with more than one alert, where the first of them stands."""
    rules: dict[str, list[Alert]] = {}
    for alert in alerts:
        rules.setdefault(alert.rule, []).append(alert)
    rows: list[Row] = []
    for rule, members in rules.items():
        if len(members) == 1:
            rows += members
            continue
        folded = rule not in unfolded
        rows.append(Group.of(rule, members, folded=folded))
        if not folded:
            rows += members
    return rows


def storm(alerts: Sequence[Alert]) -> bool:
    """Whether the log is better read by rule."""
    if len(alerts) <= STORM:
        return False
    return 2 * len(set(map(attrgetter("rule"), alerts))) <= len(alerts)


def key_of(row: Row) -> Hashable:
    return row.fingerprint if isinstance(row, Alert) else row.key
