"""Values of the alert vocabulary. Their life is in test_transition.py."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, State, fingerprint
from sysmon_tui.model.metric import labels
from sysmon_tui.model.rule import STALE_AFTER, Bound, Level, Op, Rule
from sysmon_tui.model.text import NO_TEXT, SafeText

LEVELS = (Level(Severity.WARNING, 0.9, 0.8),)


def alert(**fields: object) -> Alert:
    given: dict[str, object] = {
        "fingerprint": "f",
        "rule": "R",
        "labels": (),
        "state": State.FIRING,
        "severity": Severity.WARNING,
        "value": 1.0,
        "worst": 1.0,
        "since": 100.0,
    }
    return Alert(**(given | fields))  # type: ignore[arg-type]


def test_severity_is_ordered_and_has_words() -> None:
    assert max(Severity) is Severity.CRITICAL
    assert [level.word for level in Severity] == ["ok", "info", "warning", "critical"]


@pytest.mark.parametrize(
    ("op", "below", "at", "above", "upward"),
    [
        (Op.GT, False, False, True, True),
        (Op.GE, False, True, True, True),
        (Op.LT, True, False, False, False),
        (Op.LE, True, True, False, False),
    ],
)
def test_op(op: Op, below: bool, at: bool, above: bool, upward: bool) -> None:
    assert [op.holds(value, 5.0) for value in (4.0, 5.0, 6.0)] == [below, at, above]
    assert not op.holds(nan, 5.0)
    assert op.upward is upward


def test_bound_has_hysteresis_of_its_own_and_agrees_when_unknown() -> None:
    bound = Bound("avail", Op.LT, 5.0, 6.0)
    assert [bound.agrees(v, fired=False) for v in (4.0, 5.5, 7.0)] == [True, False, False]
    assert [bound.agrees(v, fired=True) for v in (4.0, 5.5, 7.0)] == [True, True, False]
    assert bound.agrees(nan, fired=False)


def test_only_a_plain_figure_compares_at_once() -> None:
    assert Rule(name="a", metric="m", levels=LEVELS).instant
    assert Rule(name="a", metric="m", levels=LEVELS, measure="average", over=60.0).instant
    assert not Rule(name="a", metric="m", levels=LEVELS, of="n").instant
    assert not Rule(name="a", metric="m", levels=LEVELS, measure="total", over=60.0).instant
    assert not Rule(name="a", metric="m", levels=LEVELS, measure="increase", over=60.0).instant


@pytest.mark.parametrize(
    ("average", "warm_up"), [(0.0, 0.0), (30.0, 30.0), (60.0, 60.0), (600.0, 120.0)]
)
def test_an_average_warms_up(average: float, warm_up: float) -> None:
    assert (
        Rule(name="a", metric="m", levels=LEVELS, measure="average", over=average).warm_up
        == warm_up
    )


def test_grace_outlasts_keep_firing_and_the_warm_up() -> None:
    assert Rule(name="a", metric="m", levels=LEVELS).grace == STALE_AFTER
    assert Rule(name="a", metric="m", levels=LEVELS, keep_firing=900.0).grace == 900.0
    assert Rule(name="a", metric="m", levels=LEVELS, measure="average", over=3600.0).grace == 1440.0


def test_active_is_pending_or_firing() -> None:
    active = [state for state in State if alert(state=state).active]
    assert active == [State.PENDING, State.FIRING]


def test_acknowledged_says_who_when_and_why() -> None:
    taken = alert().acknowledged(SafeText("mira"), 120.0, SafeText("vacuum"))
    assert taken.ack == Acknowledgement(
        SafeText("mira"), 120.0, SafeText("vacuum"), alert().severity
    )
    assert alert().acknowledged(SafeText("mira"), 120.0).ack == Acknowledgement(
        SafeText("mira"), 120.0, NO_TEXT, alert().severity
    )


def test_moved_shifts_every_time_and_nothing_else() -> None:
    before = alert(
        fired_at=110.0,
        changed_at=111.0,
        onsets=(100.0, None),
        quiet_since=115.0,
        ack=Acknowledgement(SafeText("mira"), 112.0),
    )
    after = before.moved(-50.0)
    assert (after.since, after.fired_at, after.changed_at) == (50.0, 60.0, 61.0)
    assert (after.onsets, after.quiet_since, after.resolved_at) == ((50.0, None), 65.0, None)
    assert after.ack is not None
    assert after.ack.at == 62.0
    assert after.moved(50.0) == before
    assert alert().moved(1.0).ack is None


def test_fingerprint_is_the_same_in_every_release() -> None:
    # Ledgers and other programs know alerts by it: it must never change.
    assert fingerprint("FilesystemUsed", labels(mountpoint="/var")) == "37c6eb7f9483d9a1"


@given(
    st.lists(
        st.tuples(st.text(max_size=5), st.lists(st.tuples(st.text(), st.text()), max_size=3)),
        min_size=2,
        max_size=2,
        unique_by=repr,
    )
)
def test_fingerprints_differ(named: list[tuple[str, list[tuple[str, str]]]]) -> None:
    (one, of_one), (other, of_other) = named
    assert fingerprint(one, tuple(of_one)) != fingerprint(other, tuple(of_other))


@pytest.mark.parametrize("kind", ["firing", "worse"])
def test_what_fires_or_worsens_notifies_unless_somebody_has_it(kind: str) -> None:
    assert AlertEvent(1.0, kind, alert()).notifies
    assert not AlertEvent(1.0, kind, alert().acknowledged(SafeText("mira"), 1.0)).notifies


@pytest.mark.parametrize(
    "kind",
    ["pending", "inactive", "milder", "resolved", "acknowledged", "unacknowledged", "moved"],
)
def test_nothing_else_notifies(kind: str) -> None:
    assert not AlertEvent(1.0, kind, alert()).notifies
