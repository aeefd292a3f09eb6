"""The engine over time: restarts, clocks, acknowledgements, order. See test_watch.py for series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sysmon_tui.alerts.acts import acknowledge, annotate, shelve, unacknowledge
from sysmon_tui.alerts.engine import REFRESHED, Engine
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, Shelf, State
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.transition import OUTAGE
from tests.alerts.ledger import BrokenLedger, MemoryLedger
from tests.clock import ManualClock

W, C = Severity.WARNING, Severity.CRITICAL
PENDING, FIRING, RESOLVED = State.PENDING, State.FIRING, State.RESOLVED
MIRA, JONAS = SafeText("mira"), SafeText("jonas")

RULE = Rule(
    name="Hot",
    metric="m",
    levels=(Level(W, 90, 80, 60.0), Level(C, 95, 88, 60.0)),
    keep_firing=30.0,
    summary="at {value}",
    unit="count",
)
MEAN = replace(RULE, name="Mean", measure="average", over=600.0, levels=(Level(W, 90, 80),))
DAY = 86400.0


class Run:
    """One run of the program; `again` is the next one on the same ledger and clock."""

    def __init__(
        self,
        *rules: Rule,
        ledger: MemoryLedger | None = None,
        clock: ManualClock | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.ledger = ledger or MemoryLedger()
        self.rules = rules or (RULE,)
        self.engine = Engine(self.rules, self.ledger)
        self.events: tuple[AlertEvent, ...] = ()

    def see(self, value: float | None, seconds: float = 1.0) -> Alert | None:
        """One beat with this value of the one series, and time goes on."""
        families: Families = {} if value is None else {"m": {(): value}}
        alerts, self.events = self.engine.judge(families, self.clock.wall(), self.clock.mono())
        self.clock.advance(seconds)
        return alerts[0] if alerts else None

    def sees(self, value: float | None, beats: int) -> Alert | None:
        alert = None
        for _ in range(beats):
            alert = self.see(value)
        return alert

    def acknowledge(self, alert: Alert, by: SafeText = MIRA) -> tuple[AlertEvent, ...]:
        return self.engine.act([alert.fingerprint], acknowledge(by, self.clock.wall()))

    def again(self, *rules: Rule, away: float = 5.0) -> Run:
        """Killed and started after `away` seconds; a new boot's monotonic clock starts anew."""
        clock = ManualClock(self.clock.wall() + away, 3.0)
        return Run(*(rules or self.rules), ledger=self.ledger, clock=clock)


def fired(run: Run, value: float = 92.0) -> Alert:
    alert = run.sees(value, 61)
    assert alert is not None
    assert alert.state is FIRING
    return alert


def state(alert: Alert | None) -> State | None:
    return alert.state if alert else None


def test_a_life_is_recorded_step_by_step() -> None:
    run = Run()
    run.sees(50, 3)
    begun = run.clock.wall()
    alert = fired(run)
    assert (alert.since, alert.fired_at) == (begun, begun + 60)
    run.sees(97, 61)
    run.sees(85, 1)
    run.sees(10, 31)
    assert run.ledger.kinds == ["pending", "firing", "worse", "milder", "resolved"]
    assert state(run.sees(10, 2000)) is RESOLVED
    over = run.see(10)
    assert over is not None
    assert over.unseen
    run.acknowledge(over)
    assert state(run.sees(10, 899)) is RESOLVED
    run.see(10)
    assert run.see(10) is None
    assert run.ledger.kinds[-1] == "acknowledged"


def test_events_go_to_the_given_recorder_and_nowhere_else() -> None:
    recorded: list[Sequence[AlertEvent]] = []
    ledger = MemoryLedger()
    engine = Engine([RULE], ledger, record=recorded.append)
    engine.judge({"m": {(): 50.0}}, 1e9, 0.0)
    assert recorded == []
    _, events = engine.judge({"m": {(): 92.0}}, 1e9, 1.0)
    assert [list(batch) for batch in recorded] == [list(events)]
    assert ledger.events == []


def test_an_unreadable_ledger_costs_the_past_only() -> None:
    run = Run(ledger=BrokenLedger())
    assert str(run.engine.problem) == "alerts.db is not readable. Move it away"
    fired(run)
    assert Run().engine.problem is None


def test_rules_in_force_are_told() -> None:
    assert Run(RULE, MEAN).engine.rules == (RULE, MEAN)


# Restarts.


def test_a_restart_does_not_reset_the_hold() -> None:
    run = Run()
    run.sees(92, 40)
    run = run.again(away=5.0)
    assert state(run.sees(92, 15)) is PENDING
    assert state(run.see(92)) is FIRING
    assert run.ledger.kinds == ["pending", "firing"]


@pytest.mark.parametrize("lossy", [False, True])
def test_a_pending_alert_waits_for_rates_that_need_two_readings(lossy: bool) -> None:
    run = Run(ledger=MemoryLedger(lossy=lossy))
    run.sees(92, 40)
    run = run.again()
    assert state(run.sees(None, 3)) is PENDING
    assert state(run.sees(92, 20)) is FIRING
    assert run.see(None) is not None


def test_a_pending_alert_nothing_is_heard_of_is_dropped_in_the_end() -> None:
    run = Run()
    run.sees(92, 40)
    run = run.again()
    assert state(run.sees(None, 299)) is PENDING
    assert run.sees(None, 3) is None
    assert run.ledger.kinds == ["pending", "inactive"]


def test_an_outage_that_is_too_long_does_not_count() -> None:
    run = Run()
    run.sees(92, 40)
    run = run.again(away=OUTAGE + 60.0)
    assert state(run.sees(92, 60)) is PENDING
    assert state(run.see(92)) is FIRING
    assert run.ledger.kinds == ["pending", "inactive", "pending", "firing"]


def test_a_firing_alert_goes_on_without_a_second_notification() -> None:
    run = Run()
    before = fired(run)
    run = run.again()
    after = run.see(92)
    assert after is not None
    assert (after.state, after.since, after.fired_at) == (FIRING, before.since, before.fired_at)
    assert run.events == ()


def test_a_firing_average_goes_on_while_it_warms_up() -> None:
    run = Run(MEAN)
    run.sees(95, 130)
    run = run.again()
    for _ in range(130):
        assert state(run.see(95)) is FIRING
    assert run.ledger.kinds == ["firing"]


def test_a_firing_alert_that_is_over_after_a_restart_resolves() -> None:
    run = Run()
    fired(run)
    run = run.again()
    assert state(run.sees(10, 31)) is RESOLVED
    run = run.again(away=2 * DAY)
    alert = run.see(10)
    assert alert is not None
    assert alert.unseen
    run.acknowledge(alert)
    run = run.again()
    assert state(run.see(10)) is RESOLVED
    run = run.again(away=900.0)
    assert run.see(10) is None


def test_alerts_of_a_rule_that_is_gone_are_over() -> None:
    run = Run()
    fired(run)
    run = run.again(MEAN)
    alert = run.see(92)
    assert [(event.kind, event.alert.rule) for event in run.events] == [("resolved", "Hot")]
    assert alert is not None
    assert alert.unseen
    run = run.again(MEAN)
    run.acknowledge(alert)
    assert state(run.see(92)) is RESOLVED
    assert state(run.see(92, 900.0)) is RESOLVED
    assert run.see(92) is None


def test_an_acknowledgement_survives_a_restart_and_ends_when_it_gets_worse() -> None:
    run = Run()
    run.acknowledge(fired(run))
    run = run.again()
    alert = run.see(92)
    assert alert is not None
    assert alert.ack is not None
    assert alert.ack.by == "mira"
    alert = run.sees(97, 61)
    assert alert is not None
    assert (alert.severity, alert.ack) == (C, None)
    assert run.events[0].notifies


# Clocks.


@pytest.mark.parametrize("step", [-3600.0, DAY, -5.0])
def test_a_hold_lasts_as_long_as_it_lasts(step: float) -> None:
    run = Run()
    run.sees(92, 30)
    run.clock.step_wall(step)
    assert state(run.sees(92, 30)) is PENDING
    assert state(run.see(92)) is FIRING


@pytest.mark.parametrize("step", [-3600.0, DAY])
def test_ages_move_with_the_clock(step: float) -> None:
    run = Run()
    since = fired(run).since
    run.clock.step_wall(step)
    alert = run.see(92)
    assert alert is not None
    assert alert.since == since + step
    # The ledger is told, so that the next run goes on right; nobody else is.
    assert run.events == ()
    assert run.ledger.kinds == ["pending", "firing", "moved"]
    assert run.ledger.load()[0].since == since + step


@pytest.mark.parametrize("step", [-3600.0, DAY])
def test_keep_firing_and_the_time_a_resolved_one_is_shown_are_not_stepped_over(step: float) -> None:
    run = Run()
    run.acknowledge(fired(run))
    run.sees(10, 10)
    run.clock.step_wall(step)
    assert state(run.sees(10, 20)) is FIRING
    assert state(run.see(10)) is RESOLVED
    run.clock.step_wall(step)
    assert state(run.sees(10, 899)) is RESOLVED
    assert run.see(10) is None


def test_a_slewed_clock_moves_nothing() -> None:
    run = Run()
    since = fired(run).since
    run.clock.step_wall(1.5)
    alert = run.see(92)
    assert alert is not None
    assert alert.since == since
    assert run.ledger.kinds == ["pending", "firing"]


def test_a_step_with_nothing_under_way_is_no_event() -> None:
    run = Run()
    run.see(10)
    run.clock.step_wall(DAY)
    run.see(10)
    assert run.ledger.events == []


def test_a_clock_set_back_between_two_runs() -> None:
    run = Run()
    run.sees(92, 40)
    run = run.again(away=-3600.0)
    alert = run.see(92)
    assert alert is not None
    assert alert.since <= run.clock.wall()
    assert state(run.sees(92, 61)) is FIRING


# Acknowledging.


def test_acknowledge_says_who_and_is_seen_at_once() -> None:
    run = Run()
    alert = fired(run)
    at = run.clock.wall()
    (event,) = run.engine.act([alert.fingerprint], acknowledge(MIRA, at, SafeText("vacuum")))
    assert (event.kind, event.actor, event.at) == ("acknowledged", "mira", at)
    shown = run.see(92)
    assert shown == event.alert
    assert shown is not None
    assert shown.ack is not None
    assert (shown.ack.by, shown.ack.at, shown.ack.note) == ("mira", at, "vacuum")
    assert run.ledger.kinds[-1] == "acknowledged"


def test_the_first_who_takes_it_has_it() -> None:
    run = Run()
    alert = fired(run)
    run.acknowledge(alert)
    assert run.acknowledge(alert, JONAS) == ()
    shown = run.see(92)
    assert shown is not None
    assert shown.ack is not None
    assert shown.ack.by == "mira"


def test_unacknowledge() -> None:
    run = Run()
    alert = fired(run)
    at = run.clock.wall()
    assert run.engine.act([alert.fingerprint], unacknowledge(JONAS, at)) == ()
    run.acknowledge(alert)
    (event,) = run.engine.act([alert.fingerprint], unacknowledge(JONAS, at))
    assert (event.kind, event.actor, event.alert.ack) == ("unacknowledged", "jonas", None)
    shown = run.see(92)
    assert shown is not None
    assert shown.ack is None


def test_what_is_unknown_or_was_seen_is_nobodys() -> None:
    run = Run()
    alert = fired(run)
    run.acknowledge(alert)
    run.sees(10, 31)
    recorded = len(run.ledger.events)
    assert run.acknowledge(alert) == ()
    assert run.engine.act(["nope"], acknowledge(MIRA, 1.0)) == ()
    assert len(run.ledger.events) == recorded


def test_what_is_over_can_be_taken_back_and_noted_but_not_shelved() -> None:
    run = Run()
    alert = fired(run)
    run.sees(10, 31)
    at = run.clock.wall()
    names = [alert.fingerprint]
    assert run.engine.act(names, shelve(Shelf(MIRA, at, at + 60.0))) == ()
    (event,) = run.engine.act(names, annotate(MIRA, at, SafeText("it was the backup")))
    assert (event.alert.word, event.notifies) == ("resolved", False)
    (event,) = run.engine.act(names, unacknowledge(MIRA, at))
    assert (event.alert.word, event.notifies) == ("unseen", False)


# What is shown.


def test_the_worst_comes_first() -> None:
    families: dict[str, dict[Labels, float]] = {
        "m": {labels(n=n): 50.0 for n in "abcdefg"},
    }
    series = families["m"]
    rule = replace(RULE, levels=(Level(W, 90, 80), Level(C, 95, 88)), keep_firing=0.0)
    slow = replace(RULE, name="Slow", levels=(Level(C, 99, 98, 1e6),), metric="s")
    engine, clock = Engine([rule, slow], MemoryLedger()), ManualClock()

    def beat(**values: float) -> list[str]:
        series.update({labels(n=n): value for n, value in values.items()})
        clock.advance(1.0)
        alerts, _ = engine.judge(families, clock.wall(), clock.mono())
        return [dict(alert.labels).get("n", "slow") for alert in alerts]

    assert beat(a=92) == ["a"]
    assert beat(b=92) == ["a", "b"]
    assert beat(c=96) == ["c", "a", "b"]
    families["s"] = {(): 100.0}
    assert beat(d=97) == ["c", "d", "a", "b", "slow"]
    assert beat(c=1) == ["d", "a", "b", "slow", "c"]
    alerts, _ = engine.judge(families, clock.wall(), clock.mono())
    engine.act([alerts[1].fingerprint], acknowledge(MIRA, clock.wall()))
    assert beat() == ["d", "b", "a", "slow", "c"]
    assert beat(a=96) == ["a", "d", "b", "slow", "c"]


def test_nothing_new_is_the_same_tuple() -> None:
    run = Run()
    fired(run)
    first, _ = run.engine.judge({"m": {(): 92.0}}, run.clock.wall(), run.clock.mono())
    again, _ = run.engine.judge({"m": {(): 92.0}}, run.clock.wall(), run.clock.mono())
    assert again is first


def test_figures_move_without_events() -> None:
    run = Run()
    fired(run)
    alert = run.see(93.5)
    assert alert is not None
    assert (alert.value, alert.worst, alert.summary) == (93.5, 93.5, "at 94")
    assert run.events == ()


def test_in_a_storm_figures_take_turns_and_states_do_not() -> None:
    rule = replace(RULE, levels=(Level(W, 90, 80),), keep_firing=0.0)
    engine = Engine([rule], MemoryLedger())
    count = 3 * REFRESHED
    keys = [labels(n=str(n)) for n in range(count)]
    engine.judge({"m": dict.fromkeys(keys, 92.0)}, 1e9, 0.0)
    renewed = []
    for second in range(1, 5):
        alerts, _ = engine.judge({"m": dict.fromkeys(keys, 93.0)}, 1e9, float(second))
        renewed.append(sum(alert.value == 93.0 for alert in alerts))
    assert renewed[0] <= REFRESHED
    assert renewed[-1] == count
    alerts, events = engine.judge({"m": dict.fromkeys(keys, 10.0)}, 1e9, 5.0)
    assert len(events) == count
    assert {alert.state for alert in alerts} == {RESOLVED}
