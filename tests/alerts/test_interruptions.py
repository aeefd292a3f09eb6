"""An alert in each state, and what may come between two beats: it is as it was, and calls nobody.

A restart, a follower that takes over, a wall clock that is set, a machine that sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import pytest

from sysmon_tui.alerts import acts
from sysmon_tui.alerts.acts import Act
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, Shelf
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.model.transition import UNSEEN
from sysmon_tui.storage.memory import MemoryLedger
from tests.clock import ManualClock

ANN = clean("ann")
HOUR, DAY = 3600.0, 86400.0
HOT = Rule(
    name="Hot",
    metric="m",
    levels=(Level(Severity.WARNING, 90, 80, 60.0),),
    keep_firing=30.0,
    summary="at {value}",
    unit="count",
)
OOM = Rule(name="Oom", metric="oom", levels=(Level(Severity.CRITICAL, 0, 0),), latch=True)


class Program:
    """An engine on a ledger; a beat a second."""

    def __init__(self, ledger: MemoryLedger, clock: ManualClock) -> None:
        self.ledger, self.clock = ledger, clock
        self.engine = Engine((HOT, OOM), ledger)
        self.hear(follows=False)

    def hear(self, *, follows: bool) -> None:
        kept, silences = self.ledger.load(), self.ledger.silences()
        self.engine.adopt(kept, silences, self.clock.wall(), follows=follows)

    def beats(self, count: int, **values: float) -> list[AlertEvent]:
        events: list[AlertEvent] = []
        families: dict[str, dict[Labels, float]] = {
            name: {(): value} for name, value in values.items()
        }
        for _ in range(count):
            self.clock.advance(1.0)
            wall, mono = self.clock.wall(), self.clock.mono()
            events += self.engine.judge(families, wall, mono)[1]
        return events

    def act(self, make: Callable[[float], Act]) -> None:
        names = [alert.fingerprint for alert in self.engine.alerts]
        assert self.engine.act(names, make(self.clock.wall()))

    @property
    def alert(self) -> Alert:
        (alert,) = self.engine.alerts
        return alert


class Case(NamedTuple):
    """How an alert gets into a state, and the figures it is in it with."""

    begin: Callable[[Program], object]
    figures: Mapping[str, float]
    seen: tuple[str, bool, bool, bool]
    """Its word, and whether somebody has it, it is shelved, it is muted."""


def silence(program: Program) -> None:
    now = program.clock.wall()
    matchers = (Matcher("alertname", MatchOp.EQUAL, "Hot"),)
    program.ledger.keep_silence(
        Silence(id="s", matchers=matchers, by=ANN, at=now - 2 * DAY, until=now + 3 * DAY)
    )
    program.hear(follows=False)


def fire(program: Program) -> None:
    program.beats(62, m=95)


def resolve(program: Program) -> None:
    fire(program)
    program.beats(31, m=10)


def then(begin: Callable[[Program], object], make: Callable[[float], Act]) -> Callable[..., object]:
    def both(program: Program) -> None:
        begin(program)
        program.act(make)

    return both


def in_turn(program: Program, *acts: Callable[[Program], object]) -> None:
    for act in acts:
        act(program)


def shelve(at: float) -> Act:
    return acts.shelve(Shelf(ANN, at, at + 3 * DAY))


def acknowledge(at: float) -> Act:
    return acts.acknowledge(ANN, at, clean("mine"))


CASES = {
    "pending": Case(lambda p: p.beats(30, m=95), {"m": 95}, ("pending", False, False, False)),
    "firing": Case(fire, {"m": 95}, ("firing", False, False, False)),
    "acknowledged": Case(then(fire, acknowledge), {"m": 95}, ("firing", True, False, False)),
    "shelved": Case(then(fire, shelve), {"m": 95}, ("firing", False, True, True)),
    "silenced": Case(
        lambda p: in_turn(p, silence, fire), {"m": 95}, ("firing", False, False, True)
    ),
    "latched": Case(
        lambda p: (p.beats(1, oom=1), p.beats(600, oom=0)),
        {"oom": 0},
        ("firing", False, False, False),
    ),
    "unseen": Case(resolve, {"m": 10}, ("unseen", False, False, False)),
    "seen": Case(then(resolve, acknowledge), {"m": 10}, ("resolved", True, False, False)),
}

Interruption: TypeAlias = Callable[[Program], Program]


def restarted(away: float = 5.0) -> Interruption:
    """Killed, and started again on a machine that may have been started anew."""
    return lambda program: Program(program.ledger, ManualClock(program.clock.wall() + away, 3.0))


def set_by(seconds: float) -> Interruption:
    """The wall clock is set, or the machine slept: the monotonic clock stood still."""

    def interrupt(program: Program) -> Program:
        program.clock.step_wall(seconds)
        return program

    return interrupt


def succeeded(program: Program) -> Program:
    """Another program that has followed for a while takes its place."""
    follower = Program(program.ledger, program.clock)
    follower.hear(follows=True)
    follower.beats(3)
    assert follower.engine.following
    follower.hear(follows=False)
    return follower


INTERRUPTIONS: Mapping[str, Interruption] = {
    "restart": restarted(),
    "restart and the clock back an hour": restarted(-HOUR),
    "clock back an hour": set_by(-HOUR),
    "clock forward a day": set_by(DAY),
    "suspend": set_by(8 * HOUR),
    "takeover": succeeded,
}


def as_seen(alert: Alert) -> tuple[str, bool, bool, bool]:
    return alert.word, alert.ack is not None, alert.shelf is not None, bool(alert.muted)


@pytest.mark.parametrize("between", INTERRUPTIONS)
@pytest.mark.parametrize("state", CASES)
def test_it_is_as_it_was(state: str, between: str) -> None:
    case = CASES[state]
    program = Program(MemoryLedger(), ManualClock())
    case.begin(program)
    before = program.alert
    assert as_seen(before) == case.seen
    written = len(program.ledger.history(99))
    after = INTERRUPTIONS[between](program)
    events = after.beats(5, **case.figures)
    assert as_seen(after.alert) == case.seen
    assert events == [] or {event.kind for event in events} == {"moved"}
    assert len({event.kind for event in after.ledger.history(99)[:-written]} - {"moved"}) == 0
    alert = after.alert
    assert alert.ack is None or (alert.ack.by, alert.ack.note) == (ANN, "mine")
    assert (alert.severity, alert.worst) == (before.severity, before.worst)
    assert alert.since <= after.clock.wall()


@pytest.mark.parametrize("between", INTERRUPTIONS)
def test_a_hold_is_not_begun_anew(between: str) -> None:
    program = Program(MemoryLedger(), ManualClock())
    program.beats(40, m=95)
    after = INTERRUPTIONS[between](program)
    # A hold of which the clock says that it has not begun yet begins now.
    left = 61 if between == "restart and the clock back an hour" else 25
    assert [event.kind for event in after.beats(left, m=95)][-1:] == ["firing"]


@pytest.mark.parametrize("between", INTERRUPTIONS)
def test_what_fires_ends_once_and_only_by_its_figures(between: str) -> None:
    program = Program(MemoryLedger(), ManualClock())
    fire(program)
    after = INTERRUPTIONS[between](program)
    assert not [event for event in after.beats(200) if event.kind == "resolved"], "it waits"
    events = after.beats(40, m=10)
    assert [event.kind for event in events] == ["resolved"]
    assert after.alert.word == "unseen"


def test_what_is_over_while_nobody_looked_resolves_after_a_takeover() -> None:
    program = Program(MemoryLedger(), ManualClock())
    fire(program)
    follower = succeeded(program)
    assert [event.kind for event in follower.beats(40, m=10)] == ["resolved"]
    kinds = [event.kind for event in program.ledger.history(99)]
    assert kinds == ["resolved", "firing", "pending"]


def test_the_oldest_of_too_many_that_nobody_has_seen_are_given_up() -> None:
    rule = replace(HOT, levels=(Level(Severity.WARNING, 90, 80),), keep_firing=0.0)
    ledger = MemoryLedger()
    engine = Engine((rule,), ledger)
    series = [labels(n=f"{number:03}") for number in range(UNSEEN + 5)]
    engine.judge({"m": dict.fromkeys(series, 95.0)}, 1e9, 0.0)
    engine.judge({"m": dict.fromkeys(series[:5], 10.0) | dict.fromkeys(series[5:], 95.0)}, 1e9, 1.0)
    engine.judge({"m": dict.fromkeys(series, 10.0)}, 1e9, 2.0)
    engine.judge({}, 1e9, 3.0)
    shown = {dict(alert.labels)["n"] for alert in engine.alerts}
    assert shown == {f"{number:03}" for number in range(5, UNSEEN + 5)}
    assert shown == {dict(alert.labels)["n"] for alert in ledger.load()}
