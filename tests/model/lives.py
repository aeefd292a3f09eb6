"""Rules and steps for the tests of an alert's life."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.rule import Bound, Level, Op, Rule
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.transition import transition

W, C, OK = Severity.WARNING, Severity.CRITICAL, Severity.OK
PENDING, FIRING, RESOLVED = State.PENDING, State.FIRING, State.RESOLVED
MIRA = SafeText("mira")

PLAIN = Rule(name="Plain", metric="m", levels=(Level(W, 90, 80),), summary="at {value}")
HELD = Rule(name="Held", metric="m", levels=(Level(W, 90, 80, 60.0),))
TWO = Rule(name="Two", metric="m", levels=(Level(W, 90, 80, 60.0), Level(C, 95, 88, 30.0)))
AT_ONCE = Rule(name="AtOnce", metric="m", levels=(Level(W, 90, 80, 60.0), Level(C, 95, 88)))
KEPT = Rule(name="Kept", metric="m", levels=(Level(W, 90, 80),), keep_firing=120.0)
LATCH = Rule(name="Latch", metric="m", levels=(Level(C, 0, 0),), latch=True)
LOW = Rule(name="Low", metric="m", op=Op.LT, levels=(Level(W, 10, 15, 20.0), Level(C, 5, 8, 20.0)))
BOTH = Rule(
    name="Both",
    metric="m",
    levels=(Level(W, 90, 80), Level(C, 98, 90, bounds=(Bound("avail", Op.LT, 5, 6),))),
)


class At(NamedTuple):
    """What is fed at a second, and what is seen after it; no state is no alert."""

    second: float
    value: float | None
    state: State | None = None
    severity: Severity = OK
    kind: str = ""
    avail: float = nan


def live(rule: Rule, *timeline: At, alert: Alert | None = None) -> Alert | None:
    """Run a timeline, compare it row by row, and return the alert at its end."""
    for at in timeline:
        alert, event = transition(alert, rule, (), at.value, at.second, {"avail": at.avail})
        seen = At(
            at.second,
            at.value,
            alert.state if alert else None,
            alert.severity if alert and alert.active else at.severity,
            event.kind if event else "",
            at.avail,
        )
        assert repr(seen) == repr(at)
        if event is not None and alert is not None and event.kind != "inactive":
            assert event == AlertEvent(at.second, event.kind, alert)
    return alert


def firing(rule: Rule = TWO, severity: Severity = W) -> Alert:
    """An alert that fires since second 60 at this severity."""
    value = 92.0 if severity is W else 96.0
    alert = live(
        rule,
        At(0, value, PENDING, severity, "pending"),
        At(60, value, FIRING, severity, "firing"),
    )
    assert alert is not None
    return alert


def step(alert: Alert | None, rule: Rule, value: float | None, now: float) -> Alert:
    after, _ = transition(alert, rule, (), value, now)
    assert after is not None
    return after
