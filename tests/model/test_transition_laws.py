"""What another run left behind, and what holds whatever comes."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sysmon_tui.model.alert import Alert, State
from sysmon_tui.model.levels import steady
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.transition import OUTAGE, UNSEEN_FOR, recovered, renewed, transition
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
    C,
    firing,
    step,
)

# What another run left behind.


def test_recovered_goes_on() -> None:
    alert = replace(firing(), quiet_since=70.0)
    assert recovered(alert, TWO, 100.0) == (replace(alert, quiet_since=None), None)


def test_recovered_from_a_clock_that_was_set_back_begins_now() -> None:
    alert, _ = recovered(firing(), TWO, 10.0)
    assert alert is not None
    assert (alert.since, alert.changed_at, alert.fired_at) == (-50.0, 10.0, 10.0)


@pytest.mark.parametrize(("later", "kept"), [(60 + OUTAGE, True), (61 + OUTAGE, False)])
def test_recovered_pending_counts_a_short_outage(later: float, kept: bool) -> None:
    alert, event = recovered(step(None, HELD, 95.0, 0.0), HELD, later)
    assert (alert is not None) is kept
    assert (event is None) is kept


def test_recovered_without_its_rule_is_over() -> None:
    alert, event = recovered(firing(), None, 100.0)
    assert alert is not None
    assert event is not None
    assert (alert.state, event.kind) == (RESOLVED, "resolved")
    alert, event = recovered(step(None, HELD, 95.0, 0.0), None, 10.0)
    assert event is not None
    assert (alert, event.kind, event.alert.state) == (None, "inactive", State.INACTIVE)


def test_recovered_resolved_keeps_its_time() -> None:
    over = step(firing(), TWO, 10.0, 100.0)
    assert recovered(over, TWO, 100.0 + UNSEEN_FOR - 1.0)[0] == over
    assert recovered(over, TWO, 100.0 + UNSEEN_FOR) == (None, None)
    # One that never said when it resolved is not shown for ever.
    alert, event = recovered(replace(over, resolved_at=None), None, 100.0)
    assert event is None
    assert alert is not None


# Whatever comes.

VALUES = st.one_of(
    st.none(),
    st.just(nan),
    st.sampled_from([0.0, 5.0, 8.0, 10.0, 15.0, 79.0, 80.0, 85.0, 88.0, 90.0, 92.0, 95.0, 99.0]),
)
ACTS = st.lists(
    st.tuples(st.sampled_from([0.5, 1.0, 20.0, 31.0, 61.0, 400.0]), VALUES, st.booleans()),
    max_size=40,
)
RULES = st.sampled_from([PLAIN, HELD, TWO, AT_ONCE, KEPT, LATCH, LOW])


def cleared(rule: Rule, value: float) -> bool:
    return not any(rule.op.holds(value, level.clear) for level in rule.levels)


@settings(max_examples=300)
@given(RULES, ACTS)
def test_invariants(rule: Rule, acts: list[tuple[float, float | None, bool]]) -> None:
    alert: Alert | None = None
    now, known_at, taken_at = 0.0, 0.0, OK
    last = nan
    for pause, value, acknowledge in acts:
        now += pause
        before = alert
        known = value is not None and value == value
        alert, event = transition(before, rule, (), value, now)
        if known:
            known_at, last = now, value or 0.0
        if event is not None and event.kind == "resolved":
            # Nothing resolves without clear, or without having been unknown for its grace. One
            # that latches may have been clear before somebody took it.
            clear = cleared(rule, last) and (known or rule.latch)
            assert clear or now - known_at >= rule.grace - 1e-2
            assert not rule.latch or event.alert.ack is not None
        if event is not None and event.notifies:
            # Somebody who has it is not called again unless it is worse, or another one.
            assert event.alert.severity > taken_at
        if alert is None or alert.state is RESOLVED or alert.ack is None:
            taken_at = OK
        if alert is not None:
            assert alert.since <= now
            assert alert.active is bool(alert.onsets)
            assert (alert.state is FIRING) <= (alert.fired_at is not None)
            assert (alert.state is RESOLVED) <= (alert.resolved_at is not None)
            if acknowledge and alert.active and alert.ack is None:
                alert = alert.acknowledged(MIRA, now)
                taken_at = alert.severity


@settings(max_examples=300)
@given(RULES, ACTS, st.floats(0.0, 100.0))
def test_steady_means_that_only_figures_change(
    rule: Rule, acts: list[tuple[float, float | None, bool]], value: float
) -> None:
    alert: Alert | None = None
    now = 0.0
    for pause, given_value, _ in acts:
        now += pause
        alert, _ = transition(alert, rule, (), given_value, now)
        if alert is not None and steady(alert, rule, value, now + 1.0):
            after, event = transition(alert, rule, (), value, now + 1.0)
            assert event is None
            assert after == renewed(alert, rule, value)


def test_steady_is_told_in_the_common_cases() -> None:
    assert steady(firing(), TWO, 93.0, 100.0)
    assert steady(firing(severity=C), TWO, 93.0, 100.0)
    assert steady(step(None, HELD, 95.0, 0.0), HELD, 94.0, 30.0)


def test_steady_never_speaks_for_bounds_lost_onsets_or_the_end() -> None:
    both = step(None, BOTH, 92.0, 0.0)
    assert not steady(both, BOTH, 92.0, 1.0)
    assert not steady(replace(both, state=PENDING), BOTH, 92.0, 1.0)
    assert not steady(replace(firing(), onsets=()), TWO, 92.0, 100.0)
    assert not steady(replace(firing(), quiet_since=70.0), TWO, 92.0, 100.0)
    resolved = replace(step(firing(), TWO, 10.0, 70.0), onsets=(None, None))
    assert not steady(resolved, TWO, 10.0, 71.0)


def test_steady_ends_with_the_hold() -> None:
    pending = step(None, HELD, 95.0, 0.0)
    assert steady(pending, HELD, 95.0, 59.0)
    assert not steady(pending, HELD, 95.0, 60.0)
    assert not steady(pending, HELD, 85.0, 30.0)
