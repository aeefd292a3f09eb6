"""What holds whatever comes: random figures, acts, restarts and clocks, in two programs at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from sysmon_tui.alerts import acts
from sysmon_tui.alerts.acts import Act
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.mute import LONGEST
from sysmon_tui.model.alert import Alert, AlertEvent, Shelf, State
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.model.transition import leaves_at
from sysmon_tui.storage.memory import MemoryLedger
from sysmon_tui.storage.merge import merge
from tests.clock import ManualClock
from tests.model.lives import AT_ONCE, HELD, KEPT, LATCH, TWO

ANN, BOB = clean("ann"), clean("bob")
RULES = (
    replace(HELD, metric="m"),
    replace(TWO, metric="m", inhibits=("Kept",)),
    replace(AT_ONCE, metric="m"),
    replace(KEPT, metric="m"),
    replace(LATCH, metric="oom"),
)
A, B = labels(n="a"), labels(n="b")
JUDGE, FOLLOWER = 0, 1


class Host:
    """One ledger and clock, a program that judges and one that follows."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.ledger = MemoryLedger()
        self.history: list[AlertEvent] = []
        self.told: list[AlertEvent] = []
        self.unwritten: list[list[AlertEvent]] = [[], []]
        self.families: dict[str, dict[Labels, float]] = {}
        self.engines = [self._program(JUDGE), self._program(FOLLOWER)]
        self.known_at: dict[str, float] = {}
        self.spoken = 0
        self.hear()

    def _program(self, number: int) -> Engine:
        return Engine(RULES, self.ledger, self.unwritten[number].extend)

    def write(self, number: int) -> None:
        """What its writer does as soon as it can."""
        events = self.unwritten[number]
        for event in events:
            self._check(event)
            self.ledger.record([event])
        self.history += events
        events.clear()

    def hear(self) -> None:
        """What its writer tells each: the ledger, with what it has still to write."""
        for number, engine in enumerate(self.engines):
            kept = replayed(self.unwritten[number], self.ledger.load())
            silences = self.ledger.silences()
            engine.adopt(kept, silences, self.clock.wall(), follows=number == FOLLOWER)

    def beat(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for number in (JUDGE, FOLLOWER):
            wall, mono = self.clock.wall(), self.clock.mono()
            _, events = self.engines[number].judge(self.families, wall, mono)
            if number == JUDGE:
                self.told += events
            self.write(number)
        self.hear()

    def _check(self, event: AlertEvent) -> None:
        """Laws about one event, as the ledger is before it."""
        kept = {alert.fingerprint: alert for alert in self.ledger.load()}
        before = kept.get(event.alert.fingerprint)
        if event.notifies and before is not None and before.active and before.ack is not None:
            assert event.alert.severity > before.ack.severity, "somebody has it"
        if event.kind == "resolved":
            assert before is not None
            assert before.state is State.FIRING
            rule = next(rule for rule in RULES if rule.name == event.alert.rule)
            value = self.families.get(rule.metric, {}).get(event.alert.labels)
            if value is not None:
                assert not any(rule.op.holds(value, level.clear) for level in rule.levels)
            if rule.latch:
                assert event.alert.ack is not None

    def act(self, number: int, make: Callable[[float], Act]) -> None:
        """On everything it shows, written and heard with the next beat."""
        engine = self.engines[number]
        act = make(self.clock.wall())
        engine.act([alert.fingerprint for alert in engine.alerts], act)

    def restart(self, number: int) -> None:
        self.write(number)
        self.engines[number] = self._program(number)
        self.hear()

    def take_over(self) -> None:
        """The one that judges is killed, the follower takes its place, and a new one follows."""
        self.unwritten[JUDGE].clear()
        self.unwritten.reverse()
        self.engines[JUDGE] = self.engines[FOLLOWER]
        self.engines[JUDGE]._record = self.unwritten[JUDGE].extend
        self.engines[FOLLOWER] = self._program(FOLLOWER)
        self.hear()


Step: TypeAlias = Callable[[Host], None]


def sees(metric: str, series: Labels, value: float | None) -> Step:
    def step(host: Host) -> None:
        family = dict(host.families.get(metric, {}))
        family.pop(series, None)
        if value is not None:
            family[series] = value
        host.families = {**host.families, metric: family}

    return step


def silenced(host: Host) -> None:
    host.spoken += 1
    now = host.clock.wall()
    matchers = (Matcher("n", MatchOp.EQUAL, "a"),)
    host.ledger.keep_silence(
        Silence(id=f"s{host.spoken}", matchers=matchers, by=ANN, at=now, until=now + 90.0)
    )


BEATS = st.sampled_from([1.0, 20.0, 31.0, 61.0, 130.0, 1000.0]).map(
    lambda seconds: lambda host: host.beat(seconds)
)
FIGURES = st.builds(
    sees,
    st.just("m"),
    st.sampled_from([A, B]),
    st.sampled_from([None, 10.0, 85.0, 92.0, 96.0]),
) | st.builds(sees, st.just("oom"), st.just(A), st.sampled_from([0.0, 1.0]))
MAKE: tuple[Callable[[float], Act], ...] = (
    lambda at: acts.acknowledge(ANN, at),
    lambda at: acts.unacknowledge(BOB, at),
    lambda at: acts.annotate(BOB, at, clean("disk")),
    lambda at: acts.shelve(Shelf(ANN, at, at + 100.0)),
    lambda at: acts.shelve(Shelf(ANN, at, at + 1e9)),
    lambda at: acts.unshelve(BOB, at),
)
ACTS = st.tuples(st.sampled_from([JUDGE, FOLLOWER]), st.sampled_from(MAKE)).map(
    lambda act: lambda host: host.act(*act)
)
CLOCKS = st.sampled_from([-3600.0, 86400.0, -30.0]).map(
    lambda by: lambda host: host.clock.step_wall(by)
)
ENDS: st.SearchStrategy[Step] = st.sampled_from(
    [
        lambda host: host.restart(JUDGE),
        lambda host: host.restart(FOLLOWER),
        lambda host: host.take_over(),
        silenced,
    ]
)
STEPS = st.lists(st.one_of(BEATS, FIGURES, FIGURES, BEATS, ACTS, CLOCKS, ENDS), max_size=40)


def lived(alert: Alert) -> tuple[object, ...]:
    """What of an alert is not a figure and not computed beside its state."""
    return (
        alert.fingerprint,
        alert.state,
        alert.severity,
        alert.since,
        alert.fired_at,
        alert.resolved_at,
        alert.changed_at,
        alert.ack,
        alert.seen,
        alert.shelf,
    )


def listed(alerts: tuple[Alert, ...], now: float) -> set[tuple[object, ...]]:
    return {lived(alert) for alert in alerts if alert.active or now < leaves_at(alert)}


def replayed(events: list[AlertEvent], kept: tuple[Alert, ...] = ()) -> tuple[Alert, ...]:
    alerts = {alert.fingerprint: alert for alert in kept}
    for event in events:
        merged = merge(alerts.pop(event.alert.fingerprint, None), event)
        if merged is not None:
            alerts[merged.fingerprint] = merged
    return tuple(alerts.values())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_comes(steps: list[Step]) -> None:
    host = Host()
    for step in steps:
        step(host)
    for _ in range(3):
        host.beat(1.0)
    now = host.clock.wall()
    kept = listed(host.ledger.load(), now)
    judge, follower = host.engines
    assert listed(replayed(host.history), now) == kept, "the history replays to the ledger"
    assert listed(judge.alerts, now) == kept, "the ledger is what the judge has"
    assert listed(follower.alerts, now) == kept, "and what the follower shows"
    assert {a.fingerprint: a.muted for a in judge.alerts} == {
        a.fingerprint: a.muted for a in follower.alerts
    }
    # What is shelved in the moment in which the clock is set lasts by as much longer.
    host.beat(6 * LONGEST)
    assert not any(
        alert.muted.startswith(("shelved", "silenced"))
        for engine in host.engines
        for alert in engine.alerts
    ), "every mute ends"
