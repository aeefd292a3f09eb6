"""Alerts of a past moment with the figures of that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isnan

import pytest

from sysmon_tui.alerts.bygone import figured
from sysmon_tui.model.alert import Alert, Severity, State, fingerprint
from sysmon_tui.model.curve import Stats
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.model.text import clean

DISK = labels(disk="sda")
STATS = Stats(weight=4.0, sum=8.0, minimum=0.5, maximum=5.0, last=1.0)


def rule(**fields: object) -> Rule:
    made = Rule(name="R", metric="m", levels=(Level(Severity.WARNING, 0.0, 0.0),), unit="count")
    return replace(made, summary="it is {value}", **fields)  # type: ignore[arg-type]


def alert(**fields: object) -> Alert:
    made = Alert(
        fingerprint=fingerprint("R", DISK),
        rule="R",
        labels=DISK,
        state=State.FIRING,
        severity=Severity.WARNING,
        value=9.0,
        worst=9.0,
        since=0.0,
        summary=clean("it is 9"),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def then(of: Rule, was: Alert | None = None) -> Alert:
    """Where `m` was 3 of `whole` 12, and both came to `STATS` in the window."""

    def spans(name: str, seconds: float) -> Mapping[Labels, Stats]:
        assert seconds == of.over
        return {DISK: STATS if name == "m" else STATS._replace(sum=32.0)}

    families = {"m": {DISK: 3.0}, "whole": {DISK: 12.0}}
    (found,) = figured([was or alert()], {"R": of}, families, spans)
    return found


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, 3.0),
        ({"of": "whole"}, 0.25),
        ({"measure": "average", "over": 60.0}, 2.0),
        ({"measure": "average", "over": 60.0, "of": "whole"}, 2.0 / 12.0),
        ({"measure": "total", "over": 60.0}, 120.0),
        ({"measure": "rate", "over": 60.0}, 2.0),
        ({"measure": "increase", "over": 60.0}, 8.0),
        ({"measure": "ratio", "over": 60.0, "of": "whole"}, 0.25),
        ({"measure": "max", "over": 60.0}, 5.0),
        ({"measure": "min", "over": 60.0}, 0.5),
    ],
)
def test_the_figure_is_that_of_the_moment(fields: dict[str, object], value: float) -> None:
    assert then(rule(**fields)).value == pytest.approx(value)


def test_the_sentence_says_it_too() -> None:
    found = then(rule())
    assert (found.summary, found.worst) == ("it is 3", 9.0)


@pytest.mark.parametrize("measure", ["forecast", "anomaly", "delta"])
def test_what_takes_more_than_a_look_is_not_told(measure: str) -> None:
    found = then(rule(measure=measure, over=60.0))
    assert isnan(found.value)
    assert found.summary == "it is —"


def test_what_was_not_recorded_is_not_told() -> None:
    elsewhere = alert(labels=labels(disk="sdb"))
    assert isnan(then(rule(), elsewhere).value)


def test_without_its_rule_an_alert_stays_as_it_was() -> None:
    was = alert(rule="Gone")
    assert then(rule(), was) is was


def test_what_is_over_stays_as_it_was() -> None:
    was = alert(state=State.RESOLVED, resolved_at=5.0)
    assert then(rule(), was) is was


def test_what_is_latched_stands_for_what_once_was() -> None:
    was = alert()
    below = rule(latch=True, levels=(Level(Severity.WARNING, 5.0, 5.0),))
    assert then(below, was) is was
    assert then(replace(below, op=Op.LT), was).value == 3.0
