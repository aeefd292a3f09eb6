"""The alert that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.alerts.drill import begun, ended
from sysmon_tui.model.alert import Severity, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.text import clean

WALL = 1_700_000_000.0
RULE = Rule(
    name="Full",
    metric="used",
    levels=(
        Level(Severity.WARNING, threshold=0.8, clear=0.7),
        Level(Severity.CRITICAL, threshold=0.9, clear=0.9),
    ),
    summary="{label:mountpoint} is {value} full",
    runbook="du",
    resource="io",
)
BY = clean("alice")


def test_it_says_what_it_is_and_somebody_is_called() -> None:
    event = begun(RULE, labels(mountpoint="/var"), None, BY, WALL)
    assert event.notifies
    assert event.actor == "alice"
    alert = event.alert
    assert alert.labels == labels(drill="true", mountpoint="/var")
    assert alert.summary == "DRILL: /var is 90% full"
    assert (alert.state, alert.severity, alert.value) == (State.FIRING, Severity.CRITICAL, 0.9)
    assert (alert.since, alert.fired_at, alert.changed_at) == (WALL, WALL, WALL)
    assert (alert.runbook, alert.resource) == ("du", "io")


@pytest.mark.parametrize(("severity", "value"), [(Severity.WARNING, 0.8), (Severity.INFO, 0.9)])
def test_as_bad_as_asked_for(severity: Severity, value: float) -> None:
    alert = begun(RULE, (), severity, BY, WALL).alert
    assert (alert.severity, alert.value) == (severity, value)


def test_it_is_another_than_the_real_one_and_the_same_each_time() -> None:
    drill = begun(RULE, labels(mountpoint="/var"), None, BY, WALL).alert
    again = begun(RULE, labels(mountpoint="/var", drill="no"), None, BY, WALL + 9).alert
    assert drill.fingerprint == again.fingerprint
    assert again.labels == labels(drill="true", mountpoint="/var")
    assert begun(RULE, (), None, BY, WALL).alert.fingerprint != drill.fingerprint


def test_its_end_keeps_who_had_it() -> None:
    alert = replace(begun(RULE, (), None, BY, WALL).alert, quiet_since=WALL + 3)
    event = ended(alert.acknowledged(clean("bob"), WALL + 5), BY, WALL + 9)
    assert (event.kind, event.at, event.actor) == ("resolved", WALL + 9, "alice")
    over = event.alert
    assert (over.state, over.resolved_at, over.changed_at) == (State.RESOLVED, WALL + 9, WALL + 9)
    assert over.quiet_since is None
    assert over.ack is not None
    assert over.ack.by == "bob"
