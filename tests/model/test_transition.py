"""The life of an alert as timelines: (second, value, state, severity, event)."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from sysmon_tui.model.text import clean
from sysmon_tui.model.transition import RESOLVED_FOR, UNSEEN_FOR, leaves_at, transition
from tests.model.lives import (
    AT_ONCE,
    BOTH,
    FIRING,
    HELD,
    KEPT,
    LATCH,
    LOW,
    MIRA,
    OK,
    PENDING,
    PLAIN,
    RESOLVED,
    TWO,
    At,
    C,
    W,
    firing,
    live,
    step,
)

TIMELINES = {
    "without hold it fires at once": (PLAIN, [At(0, 90), At(1, 91, FIRING, W, "firing")]),
    "a held one waits": (
        HELD,
        [
            At(0, 95, PENDING, W, "pending"),
            At(59, 95, PENDING, W),
            At(60, 95, FIRING, W, "firing"),
            At(61, 95, FIRING, W),
        ],
    ),
    "a pending one ends at its threshold": (
        HELD,
        [
            At(0, 95, PENDING, W, "pending"),
            At(59, 90, None, OK, "inactive"),
            At(60, 95, PENDING, W, "pending"),
        ],
    ),
    "a pending one drops without figures": (
        HELD,
        [At(0, 95, PENDING, W, "pending"), At(1, None, None, OK, "inactive"), At(2, nan)],
    ),
    "hysteresis: it ends at clear": (
        PLAIN,
        [
            At(0, 95, FIRING, W, "firing"),
            At(1, 89, FIRING, W),
            At(2, 80.1, FIRING, W),
            At(3, 80, RESOLVED, OK, "resolved"),
            At(4, 89, RESOLVED),
        ],
    ),
    "flapping about the threshold is one alert": (
        PLAIN,
        [At(0, 91, FIRING, W, "firing")]
        + [At(1 + n, 85 if n % 2 else 92, FIRING, W) for n in range(20)],
    ),
    "flapping never lasts its hold": (
        HELD,
        [
            row
            for n in range(0, 100, 20)
            for row in (At(n, 95, PENDING, W, "pending"), At(n + 10, 85, None, OK, "inactive"))
        ],
    ),
    "each level has its own hold": (
        TWO,
        [
            At(0, 92, PENDING, W, "pending"),
            At(20, 96, PENDING, C, "pending"),
            At(49, 96, PENDING, C),
            At(50, 96, FIRING, C, "firing"),
        ],
    ),
    "the milder level fires while the severer one waits": (
        TWO,
        [
            At(0, 92, PENDING, W, "pending"),
            At(50, 96, PENDING, C, "pending"),
            At(60, 96, FIRING, W, "firing"),
            At(80, 96, FIRING, C, "worse"),
        ],
    ),
    "the severer level need not wait for the milder": (
        AT_ONCE,
        [At(0, 92, PENDING, W, "pending"), At(1, 96, FIRING, C, "firing")],
    ),
    "a severer level that gives up waiting begins anew": (
        TWO,
        [
            At(0, 92, PENDING, W, "pending"),
            At(60, 92, FIRING, W, "firing"),
            At(61, 96, FIRING, W),
            At(90, 94, FIRING, W),
            At(91, 96, FIRING, W),
            At(120, 96, FIRING, W),
            At(121, 96, FIRING, C, "worse"),
        ],
    ),
    "milder, worse and gone, each at its own clear": (
        AT_ONCE,
        [
            At(0, 99, FIRING, C, "firing"),
            At(1, 89, FIRING, C),
            At(2, 88, FIRING, W, "milder"),
            At(3, 94, FIRING, W),
            At(4, 96, FIRING, C, "worse"),
            At(5, 10, RESOLVED, OK, "resolved"),
        ],
    ),
    "keep_firing outlives the condition": (
        KEPT,
        [
            At(0, 95, FIRING, W, "firing"),
            At(10, 10, FIRING, W),
            At(129, 10, FIRING, W),
            At(130, 10, RESOLVED, OK, "resolved"),
        ],
    ),
    "a new breach within keep_firing begins it anew": (
        KEPT,
        [
            At(0, 95, FIRING, W, "firing"),
            At(10, 10, FIRING, W),
            At(100, 85, FIRING, W),
            At(110, 10, FIRING, W),
            At(229, 10, FIRING, W),
            At(230, 10, RESOLVED, OK, "resolved"),
        ],
    ),
    "stale figures are no all-clear": (
        PLAIN,
        [
            At(0, 95, FIRING, W, "firing"),
            At(10, None, FIRING, W),
            At(309, nan, FIRING, W),
            At(310, None, RESOLVED, OK, "resolved"),
        ],
    ),
    "figures that come back end the waiting": (
        PLAIN,
        [
            At(0, 95, FIRING, W, "firing"),
            At(10, None, FIRING, W),
            At(300, 85, FIRING, W),
            At(305, None, FIRING, W),
            At(604, None, FIRING, W),
            At(605, None, RESOLVED, OK, "resolved"),
        ],
    ),
    "unseen time does not count for a severer level": (
        TWO,
        [
            At(0, 92, PENDING, W, "pending"),
            At(60, 96, FIRING, W, "firing"),
            At(61, None, FIRING, W),
            At(200, 96, FIRING, W),
            At(229, 96, FIRING, W),
            At(230, 96, FIRING, C, "worse"),
        ],
    ),
    "what nobody has seen stays listed for a week": (
        PLAIN,
        [
            At(0, 95, FIRING, W, "firing"),
            At(1, 10, RESOLVED, OK, "resolved"),
            At(RESOLVED_FOR + 1, None, RESOLVED),
            At(UNSEEN_FOR, None, RESOLVED),
            At(UNSEEN_FOR + 1, 10),
        ],
    ),
    "a resolved one that breaches again is new": (
        PLAIN,
        [
            At(0, 95, FIRING, W, "firing"),
            At(1, 10, RESOLVED, OK, "resolved"),
            At(2, 95, FIRING, W, "firing"),
            At(3, 10, RESOLVED, OK, "resolved"),
        ],
    ),
    "a blip after the end leaves the resolved one": (
        HELD,
        [
            At(0, 95, PENDING, W, "pending"),
            At(60, 95, FIRING, W, "firing"),
            At(61, 10, RESOLVED, OK, "resolved"),
            At(62, 95, PENDING, W, "pending"),
            At(63, 10, RESOLVED, OK, "inactive"),
            At(60 + UNSEEN_FOR, 10, RESOLVED),
            At(61 + UNSEEN_FOR, 10),
        ],
    ),
    "downward": (
        LOW,
        [
            At(0, 9, PENDING, W, "pending"),
            At(20, 9, FIRING, W, "firing"),
            At(21, 4, FIRING, W),
            At(41, 4, FIRING, C, "worse"),
            At(42, 7.9, FIRING, C),
            At(43, 8, FIRING, W, "milder"),
            At(44, 14.9, FIRING, W),
            At(45, 15, RESOLVED, OK, "resolved"),
        ],
    ),
    "a second metric must agree": (
        BOTH,
        [
            At(0, 99, FIRING, W, "firing", avail=10),
            At(1, 99, FIRING, C, "worse", avail=4),
            At(2, 99, FIRING, C, avail=5.5),
            At(3, 99, FIRING, W, "milder", avail=6),
            At(4, 99, FIRING, C, "worse"),
        ],
    ),
    "a latched one stays": (
        LATCH,
        [
            At(0, 0),
            At(1, 1, FIRING, C, "firing"),
            At(2, 0, FIRING, C),
            At(9_000, 0, FIRING, C),
            At(9_999, None, FIRING, C),
        ],
    ),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_timeline(name: str) -> None:
    rule, timeline = TIMELINES[name]
    live(rule, *timeline)


def test_times_and_figures_of_a_life() -> None:
    alert = step(None, HELD, 95, 100.0)
    assert (alert.since, alert.fired_at, alert.changed_at) == (100.0, None, 100.0)
    alert = step(alert, HELD, 99, 130.0)
    alert = step(alert, HELD, 93, 160.5)
    assert (alert.since, alert.fired_at, alert.changed_at) == (100.0, 160.5, 160.5)
    assert (alert.value, alert.worst) == (93, 99)
    alert = step(alert, HELD, 70, 170.0)
    assert (alert.since, alert.fired_at, alert.resolved_at) == (100.0, 160.5, 170.0)
    again = step(step(alert, HELD, 91, 200.0), HELD, 91, 260.0)
    assert (again.since, again.fired_at, again.resolved_at) == (200.0, 260.0, None)
    assert again.worst == 91


def test_worst_is_the_lowest_where_less_is_worse() -> None:
    alert = None
    for second, value in enumerate((9.0, 3.0, 6.0)):
        alert = step(alert, LOW, value, second)
    assert alert is not None
    assert (alert.value, alert.worst) == (6.0, 3.0)


def test_an_unchanged_alert_is_the_same_object() -> None:
    alert = firing()
    assert transition(alert, TWO, (), 92.0, 61.0)[0] is alert
    quiet = step(firing(), replace(TWO, keep_firing=600.0), 10.0, 70.0)
    assert transition(quiet, replace(TWO, keep_firing=600.0), (), 10.0, 71.0)[0] is quiet
    stale = step(firing(), TWO, None, 70.0)
    assert transition(stale, TWO, (), None, 71.0)[0] is stale


def test_summary_follows_the_value() -> None:
    alert = step(None, replace(PLAIN, unit="count"), 91.0, 0.0)
    assert alert.summary == "at 91"
    assert step(alert, replace(PLAIN, unit="count"), 93.0, 1.0).summary == "at 93"


def test_a_latched_alert_keeps_its_figure_and_ends_when_acknowledged() -> None:
    alert = step(step(None, LATCH, 2.0, 0.0), LATCH, 0.0, 1.0)
    assert (alert.state, alert.value) == (FIRING, 2.0)
    over = step(alert.acknowledged(MIRA, 5.0), LATCH, 0.0, 6.0)
    assert over.state is RESOLVED
    assert over.ack is not None


def test_who_has_seen_it_takes_it_off_the_list() -> None:
    over = step(firing(), TWO, 10.0, 100.0)
    assert (over.unseen, over.word, leaves_at(over)) == (True, "unseen", 100.0 + UNSEEN_FOR)
    seen = over.acknowledged(MIRA, 5000.0)
    assert (seen.unseen, seen.word, leaves_at(seen)) == (False, "resolved", 5000.0 + RESOLVED_FOR)
    had = step(firing().acknowledged(MIRA, 70.0), TWO, 10.0, 100.0)
    assert (had.unseen, leaves_at(had)) == (False, 100.0 + RESOLVED_FOR)
    muted = step(replace(firing(), muted=clean("silenced")), TWO, 10.0, 100.0)
    assert (muted.unseen, leaves_at(muted)) == (False, 100.0 + RESOLVED_FOR)
    assert leaves_at(replace(had, resolved_at=None)) == 100.0 + RESOLVED_FOR
    assert not firing().unseen


@pytest.mark.parametrize("seen", [True, False])
def test_a_blip_does_not_change_whether_it_was_seen(seen: bool) -> None:
    alert = firing().acknowledged(MIRA, 70.0) if seen else firing()
    again = step(step(alert, TWO, 10.0, 100.0), TWO, 92.0, 200.0)
    assert (again.state, again.ack) == (PENDING, None)
    over = step(again, TWO, 10.0, 210.0)
    assert (over.state, over.unseen) == (RESOLVED, not seen)
    fires = step(step(over, TWO, 92.0, 300.0), TWO, 92.0, 360.0)
    assert fires.state is FIRING
    assert step(fires, TWO, 10.0, 400.0).unseen, "each breach wants to be seen"


def test_worse_opens_an_acknowledgement_again() -> None:
    taken = firing().acknowledged(MIRA, 61.0)
    waiting = step(taken, TWO, 96.0, 70.0)
    assert waiting.ack is not None
    worse, event = transition(waiting, TWO, (), 96.0, 100.0)
    assert worse is not None
    assert worse.ack is None
    assert event is not None
    assert event.notifies


def test_flapping_between_levels_does_not_call_whoever_took_the_worse_one() -> None:
    taken = firing(severity=C).acknowledged(MIRA, 61.0)
    milder = step(taken, TWO, 85.0, 70.0)
    waiting = step(milder, TWO, 96.0, 80.0)
    again, event = transition(waiting, TWO, (), 96.0, 110.0)
    assert again is not None
    assert (again.severity, again.ack) == (C, taken.ack)
    assert event is not None
    assert event.kind == "worse"
    assert not event.notifies


def test_milder_and_resolved_keep_who_had_it_on_record() -> None:
    taken = firing(severity=C).acknowledged(MIRA, 61.0)
    milder, event = transition(taken, TWO, (), 85.0, 70.0)
    assert milder is not None
    assert (milder.severity, milder.ack) == (W, taken.ack)
    assert event is not None
    assert not event.notifies
    assert step(milder, TWO, 10.0, 80.0).ack == taken.ack


def test_a_new_breach_is_nobodys() -> None:
    over = step(firing(HELD).acknowledged(MIRA, 61.0), HELD, 10.0, 80.0)
    again = step(over, HELD, 95.0, 90.0)
    assert (again.state, again.ack) == (PENDING, None)


def test_taken_while_pending_it_fires_in_silence_unless_it_is_worse() -> None:
    pending = step(None, HELD, 95.0, 0.0).acknowledged(MIRA, 1.0)
    _, event = transition(pending, HELD, (), 95.0, 60.0)
    assert event is not None
    assert (event.kind, event.notifies) == ("firing", False)
    pending = step(None, TWO, 92.0, 0.0).acknowledged(MIRA, 1.0)
    worse = step(pending, TWO, 96.0, 10.0)
    assert (worse.state, worse.severity, worse.ack) == (PENDING, C, None)
    pending = step(None, AT_ONCE, 92.0, 0.0).acknowledged(MIRA, 1.0)
    _, event = transition(pending, AT_ONCE, (), 96.0, 10.0)
    assert event is not None
    assert event.notifies


def test_onsets_a_store_lost_are_guessed() -> None:
    pending = replace(step(step(None, HELD, 95.0, 0.0), HELD, 95.0, 59.0), onsets=())
    assert step(pending, HELD, 95.0, 60.0).state is FIRING
    alert = replace(firing(), onsets=())
    assert step(alert, TWO, 96.0, 70.0).severity is W
    assert step(step(alert, TWO, 96.0, 70.0), TWO, 96.0, 100.0).severity is C
