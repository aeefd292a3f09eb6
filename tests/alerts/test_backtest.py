"""Rules over figures of the past, and the changes that are tried on them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf, isnan
from typing import Any

import pytest

from sysmon_tui.alerts.backtest import Moment, Taken, asked_for, backtest, compare, taken
from sysmon_tui.alerts.tuning import tuned
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Op, Rule, peer_bound
from sysmon_tui.model.text import clean

VAR, HOME = labels(mountpoint="/var"), labels(mountpoint="/home")
WALL = 1_700_000_000.0
RULE = Rule(
    name="Full",
    metric="used",
    levels=(
        Level(Severity.WARNING, threshold=0.8, clear=0.7, hold=20.0),
        Level(Severity.CRITICAL, threshold=0.9, clear=0.9),
    ),
)


def course(*values: float, of: Labels = VAR, step: float = 10.0) -> Iterator[Moment]:
    """A value every `step` seconds."""
    for number, value in enumerate(values):
        at = number * step
        yield WALL + at, 100.0 + at, {"used": {of: value}}


def ack(since: float, until: float, at: float, of: Labels = VAR) -> Taken:
    return Taken(of, WALL + since, WALL + until, WALL + at, clean("alice"), Severity.WARNING)


def test_firing_is_counted_and_timed() -> None:
    found = backtest(RULE, course(0.5, 0.85, 0.85, 0.85, 0.75, 0.6, 0.95, 0.5, 0.5))
    assert found.fired == 2
    # From the third 0.85 (it held for 20 s) to 0.6, and the one beat at 0.95.
    assert found.seconds == 30.0
    assert found.longest == 20.0
    (toll,) = found.tolls
    assert (toll.labels, toll.fired, toll.worst) == (VAR, 2, Severity.CRITICAL)
    assert (found.start, found.end) == (WALL, WALL + 80.0)
    assert (found.moments, found.judged, found.seen) == (9, 9, 80.0)


def test_each_series_has_its_toll_the_longest_first() -> None:
    moments = [
        (wall, mono, {"used": {VAR: 0.95, HOME: 0.95 if mono > 120.0 else 0.1}})
        for wall, mono, _ in course(*[0.0] * 6)
    ]
    found = backtest(RULE, moments)
    assert [(toll.labels, toll.seconds) for toll in found.tolls] == [(VAR, 50.0), (HOME, 20.0)]
    assert found.seconds == 70.0
    assert found.longest == 50.0


def test_nothing_recorded() -> None:
    found = backtest(RULE, ())
    assert isnan(found.start)
    assert (found.fired, found.seconds, found.longest, found.moments) == (0, 0.0, 0.0, 0)
    other = backtest(replace(RULE, metric="free"), course(0.95, 0.95))
    assert (other.moments, other.judged, other.fired) == (2, 0, 0)


def test_a_hole_in_the_past_is_not_time_it_fired() -> None:
    def gone(moments: Iterable[Moment]) -> Iterator[Moment]:
        for number, (wall, mono, families) in enumerate(moments):
            # The program was ended for an hour; its next session counts from months later.
            late = number > 2
            yield wall + 3600.0 * late, mono + 5e6 * late, families

    found = backtest(RULE, gone(course(*[0.95] * 6)))
    assert found.fired == 1
    assert found.seconds == 40.0
    assert found.seen == 40.0


def test_a_latching_rule_ends_with_its_condition() -> None:
    found = backtest(replace(RULE, latch=True), course(0.95, 0.95, 0.1, 0.1))
    assert (found.fired, found.seconds) == (1, 20.0)


def test_variants_are_compared_in_one_pass() -> None:
    before, after = compare((RULE, tuned(RULE, hold=60.0)), iter([*course(*[0.85] * 6)]))
    assert (before.fired, after.fired) == (1, 0)


class TestAcknowledged:
    values = (0.5, 0.85, 0.85, 0.85, 0.85, 0.5, 0.5)

    @pytest.mark.parametrize(
        ("one", "missed"),
        [
            (ack(10, 50, 40), False),
            # It would have fired, but only after that one was over.
            (ack(10, 20, 15), True),
            (ack(10, inf, 40), False),
            (ack(10, 50, 40, of=HOME), True),
        ],
    )
    def test_what_nobody_would_have_heard_of_is_missed(self, one: Taken, missed: bool) -> None:
        found = backtest(RULE, course(*self.values), (one,))
        assert found.taken == (one,)
        assert found.missed == ((one,) if missed else ())

    def test_what_lies_outside_is_not_looked_at(self) -> None:
        outside = (ack(-50, 10, -40), ack(70, 90, 80))
        found = backtest(RULE, course(*self.values), outside)
        assert found.taken == found.missed == ()


def event(kind: str, at: float, **changes: Any) -> AlertEvent:
    alert = Alert(
        fingerprint="f",
        rule="Full",
        labels=VAR,
        state=State.FIRING,
        severity=Severity.WARNING,
        value=0.9,
        worst=0.9,
        since=WALL,
    )
    return AlertEvent(WALL + at, kind, replace(alert, **changes), clean("bob"))


def test_acknowledgements_are_found_in_a_ledger() -> None:
    drilled = labels(drill="true", mountpoint="/var")
    past = [
        event("firing", 0),
        event("acknowledged", 5),
        event("unacknowledged", 6),
        event("acknowledged", 7),
        event("resolved", 10),
        event("firing", 20, since=WALL + 20),
        event("acknowledged", 25, since=WALL + 20),
        event("acknowledged", 26, rule="Other", fingerprint="g"),
        event("acknowledged", 27, labels=drilled, fingerprint="h"),
    ]
    first, second = taken(reversed(past), "Full")
    assert (first.at, first.since, first.until) == (WALL + 5, WALL, WALL + 10)
    assert (second.at, second.since, second.until) == (WALL + 25, WALL + 20, inf)
    assert (first.labels, first.by, first.severity) == (VAR, "bob", Severity.WARNING)


def test_memory_does_not_grow_with_time() -> None:
    """The past is consumed as it comes."""
    alive = 0

    def moments() -> Iterator[Moment]:
        for number in itertools.count():
            if number == 5000:
                return
            yield WALL + number, float(number), Counted({"used": {VAR: 0.5}})

    class Counted(dict[str, dict[Labels, float]]):
        def __init__(self, given: dict[str, dict[Labels, float]]) -> None:
            nonlocal alive
            super().__init__(given)
            alive += 1
            assert alive < 10

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    assert backtest(RULE, moments()).moments == 5000


class TestTuning:
    def test_the_mildest_level_is_changed(self) -> None:
        warning, critical = tuned(RULE, threshold=0.85, clear=0.6, hold=5.0).levels
        assert warning == Level(Severity.WARNING, threshold=0.85, clear=0.6, hold=5.0)
        assert critical == RULE.levels[1]

    def test_or_the_one_asked_for(self) -> None:
        warning, critical = tuned(RULE, Severity.CRITICAL, threshold=0.8).levels
        assert warning == RULE.levels[0]
        assert critical == Level(Severity.CRITICAL, threshold=0.8, clear=0.8)

    def test_nothing_asked_changes_nothing(self) -> None:
        assert tuned(RULE) == RULE

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"severity": Severity.INFO}, "Full has no level info. It has: warning, critical"),
            ({"threshold": 0.95}, "critical (0.9) would be reached before warning (0.95)"),
            ({"clear": 0.85}, "to clear at 0.85 is on the wrong side of the threshold 0.8"),
        ],
    )
    def test_what_cannot_be(self, changes: dict[str, Any], problem: str) -> None:
        with pytest.raises(SysmonError) as raised:
            tuned(RULE, **changes)
        assert str(raised.value).startswith(problem)
        assert raised.value.remedy

    def test_the_other_direction(self) -> None:
        below = replace(RULE, op=Op.LT, levels=(Level(Severity.WARNING, 0.1, 0.2),))
        assert tuned(below, threshold=0.3).levels[0].clear == 0.3
        with pytest.raises(SysmonError, match="Let it be at least that"):
            tuned(below, clear=0.05)


def asking(name: str, *others: str) -> Rule:
    bounds = tuple(peer_bound(other, fires=True) for other in others)
    return replace(RULE, name=name, levels=(replace(RULE.levels[0], bounds=bounds),))


def test_rules_that_a_rule_asks_for_come_along() -> None:
    rules = (asking("A", "B"), asking("B", "C", "A"), asking("C", "Gone"), asking("D"))
    assert {rule.name for rule in asked_for(rules[0], rules)} == {"B", "C"}
    assert asked_for(rules[3], rules) == ()


def test_what_others_did_is_not_counted() -> None:
    other = replace(RULE, name="Other", levels=(replace(RULE.levels[0], hold=40.0),))
    mine = replace(
        asking("Mine", "Other"), levels=(replace(asking("x", "Other").levels[0], hold=0.0),)
    )
    (found,) = compare((mine,), course(*[0.85] * 8), beside=(other,))
    assert (found.fired, found.seconds) == (1, 30.0)
