"""Acknowledgements when several programs write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, Shelf, State
from sysmon_tui.model.text import clean
from sysmon_tui.storage.merge import merge

ANN = Acknowledgement(clean("ann"), 50.0)
BOB = Acknowledgement(clean("bob"), 60.0)
SAME = Acknowledgement(clean("carl"), 60.0)
ANN_NOTED = replace(ANN, note=clean("x"))
NOTED = Acknowledgement(clean("bob"), 60.0, clean("x"))
WARNING = Alert(
    fingerprint="f",
    rule="Busy",
    labels=(),
    state=State.FIRING,
    severity=Severity.WARNING,
    value=0.9,
    worst=0.9,
    since=10.0,
)
CRITICAL = replace(WARNING, severity=Severity.CRITICAL)
RESOLVED = replace(WARNING, state=State.RESOLVED)
PENDING = replace(WARNING, state=State.PENDING)


def having(alert: Alert, ack: Acknowledgement | None) -> Alert:
    return replace(alert, ack=ack)


@pytest.mark.parametrize(
    ("kept", "kind", "at", "stated", "ack"),
    [
        # The first word on it.
        (None, "firing", 20.0, WARNING, None),
        (None, "milder", 20.0, having(WARNING, ANN), ANN),
        (WARNING, "acknowledged", 50.0, having(WARNING, ANN), ANN),
        # Others go on without having heard of it.
        (having(WARNING, ANN), "milder", 55.0, WARNING, ANN),
        (having(CRITICAL, ANN), "milder", 55.0, WARNING, ANN),
        (having(WARNING, ANN), "resolved", 55.0, RESOLVED, ANN),
        (having(PENDING, ANN), "firing", 55.0, WARNING, ANN),
        # Worse than what was acknowledged; a second program that sees it late changes nothing.
        (having(WARNING, ANN), "worse", 55.0, CRITICAL, None),
        (having(CRITICAL, ANN), "worse", 55.0, CRITICAL, ANN),
        # A new breach.
        (having(RESOLVED, ANN), "pending", 90.0, PENDING, None),
        (having(RESOLVED, ANN), "firing", 90.0, WARNING, None),
        # Two people: the first one has it, in whatever order it is written.
        (having(WARNING, ANN), "acknowledged", 60.0, having(WARNING, BOB), ANN),
        (having(WARNING, BOB), "acknowledged", 50.0, having(WARNING, ANN), ANN),
        (having(WARNING, BOB), "acknowledged", 60.0, having(WARNING, SAME), BOB),
        (having(WARNING, SAME), "acknowledged", 60.0, having(WARNING, BOB), BOB),
        # What is said of it counts, who has it stays.
        (
            having(WARNING, ANN),
            "noted",
            60.0,
            having(WARNING, NOTED),
            replace(ANN, note=clean("x")),
        ),
        # Whoever shelves it without having heard of it takes nothing away.
        (having(WARNING, ANN), "shelved", 60.0, WARNING, ANN),
        # Given back, unless somebody took it since.
        (having(WARNING, ANN), "unacknowledged", 70.0, WARNING, None),
        (having(WARNING, BOB), "unacknowledged", 55.0, WARNING, BOB),
        # The clock was set.
        (having(WARNING, ANN), "moved", 9.0, having(WARNING, replace(ANN, at=9.0)), None),
        (having(WARNING, ANN), "moved", 9.0, WARNING, ANN),
    ],
)
def test_acknowledgement(
    kept: Alert | None, kind: str, at: float, stated: Alert, ack: Acknowledgement | None
) -> None:
    merged = merge(kept, AlertEvent(at, kind, stated))
    assert merged == replace(stated, ack=replace(ANN, at=9.0) if at == 9.0 and stated.ack else ack)


def test_an_alert_that_never_fired_is_forgotten() -> None:
    inactive = replace(WARNING, state=State.INACTIVE)
    assert merge(PENDING, AlertEvent(20.0, "inactive", inactive)) is None


def test_who_acknowledges_what_has_just_resolved_does_not_make_it_fire() -> None:
    resolved = replace(WARNING, state=State.RESOLVED, resolved_at=200.0)
    taken = AlertEvent(201.0, "acknowledged", WARNING.acknowledged(clean("ann"), 201.0))
    kept = merge(resolved, taken)
    assert kept is not None
    assert (kept.state, kept.ack) == (State.RESOLVED, taken.alert.ack)


@pytest.mark.parametrize(
    ("kept", "at", "taken"),
    [
        # It has become worse than what was taken, which calls again.
        (CRITICAL, 60.0, WARNING),
        # It ended and began again since.
        (replace(WARNING, since=70.0), 60.0, WARNING),
    ],
)
def test_what_was_said_of_something_else_is_history_only(
    kept: Alert, at: float, taken: Alert
) -> None:
    ann = taken.acknowledged(clean("ann"), at)
    assert merge(kept, AlertEvent(at, "acknowledged", ann)) == kept
    shelf = Shelf(clean("ann"), at, 900.0)
    assert merge(kept, AlertEvent(at, "shelved", replace(taken, shelf=shelf))) == kept
    had = replace(kept, ack=BOB, shelf=shelf)
    assert merge(had, AlertEvent(at, "noted", ann)) == had


def test_who_only_takes_it_leaves_the_shelf() -> None:
    shelf = Shelf(clean("ann"), 20.0, 900.0)
    taken = WARNING.acknowledged(clean("bob"), 60.0)
    merged = merge(replace(WARNING, shelf=shelf), AlertEvent(60.0, "acknowledged", taken))
    assert merged == replace(taken, shelf=shelf)


def test_a_shelf_is_ended_by_people_or_by_something_worse() -> None:
    shelf = Shelf(clean("ann"), 100.0, 900.0, severity=Severity.WARNING)
    shelved = replace(WARNING, shelf=shelf)
    unaware = replace(shelved, shelf=None)

    def after(event: AlertEvent) -> Shelf | None:
        kept = merge(shelved, event)
        assert kept is not None
        return kept.shelf

    assert after(AlertEvent(200.0, "resolved", replace(unaware, state=State.RESOLVED))) == shelf
    assert after(AlertEvent(200.0, "unshelved", unaware)) is None
    worse = replace(unaware, severity=Severity.CRITICAL)
    assert after(AlertEvent(200.0, "worse", worse)) is None
    moved = shelved.moved(50.0)
    assert after(AlertEvent(200.0, "moved", moved)) == moved.shelf
