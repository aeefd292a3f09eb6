"""Who is not called, why, and when that ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.alerts.acts import acknowledge, annotate, shelve, unshelve
from sysmon_tui.alerts.engine import DRILL_LASTS, Engine
from sysmon_tui.alerts.mute import LONGEST
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, Shelf, State
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from tests.alerts.ledger import MemoryLedger

ANN, BOB = clean("ann"), clean("bob")
LEVELS = (Level(Severity.WARNING, 1.0, 1.0),)
FULL = Rule(name="Full", metric="full", levels=LEVELS, inhibits=("Slow", "Full"))
SLOW = Rule(name="Slow", metric="slow", levels=LEVELS)
VAR, SRV = labels(mount="/var"), labels(mount="/srv")
WALL = 1_000_000.0


class Bench:
    """An engine over two rules; a beat a second."""

    def __init__(self, ledger: MemoryLedger | None = None) -> None:
        self.ledger = ledger or MemoryLedger()
        self.engine = Engine((FULL, SLOW), self.ledger)
        self.now = WALL
        self.called: list[str] = []

    def beat(
        self, after: float = 1.0, /, **values: dict[Labels, float]
    ) -> tuple[tuple[Alert, ...], tuple[AlertEvent, ...]]:
        self.now += after
        alerts, events = self.engine.judge(values, self.now, self.now - WALL)
        self.called += [event.alert.rule for event in events if event.notifies]
        return alerts, events

    def one(self, **values: dict[Labels, float]) -> Alert:
        alerts, _ = self.beat(1.0, **values)
        (alert,) = alerts
        return alert

    def silence(self, until: float, *matchers: Matcher) -> Silence:
        return Silence(
            id="s1", matchers=matchers, by=ANN, at=self.now, until=until, note=clean("deploy")
        )


def is_rule(name: str) -> Matcher:
    return Matcher("alertname", MatchOp.EQUAL, name)


def test_a_shelved_alert_calls_nobody_until_its_time_is_over() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    assert bench.called == ["Slow"]
    (event,) = bench.engine.act(
        [alert.fingerprint], shelve(Shelf(ANN, bench.now, bench.now + 10.0))
    )
    assert (event.kind, event.actor) == ("shelved", ANN)
    assert event.alert.muted.startswith("shelved until")
    alerts, events = bench.beat(9.0, slow={VAR: 2.0})
    assert alerts[0].muted
    assert events == ()
    alerts, events = bench.beat(1.0, slow={VAR: 2.0})
    assert [event.kind for event in events] == ["unshelved"]
    assert not alerts[0].muted
    assert alerts[0].shelf is None
    assert bench.called == ["Slow", "Slow"], "it still fires and nobody has it"
    assert [event.kind for event in bench.ledger.events][-1] == "unshelved"


def test_a_shelf_lasts_a_week_at_the_most() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    (event,) = bench.engine.act([alert.fingerprint], shelve(Shelf(ANN, bench.now, bench.now * 9.0)))
    assert event.alert.shelf is not None
    assert event.alert.shelf.until == bench.now + LONGEST


def test_unshelving_by_hand() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    bench.engine.act([alert.fingerprint], shelve(Shelf(ANN, bench.now, bench.now + 60.0)))
    (event,) = bench.engine.act([alert.fingerprint], unshelve(BOB, bench.now))
    assert (event.kind, event.actor, event.alert.muted) == ("unshelved", BOB, "")
    assert event.notifies
    assert bench.engine.act([alert.fingerprint], unshelve(BOB, bench.now)) == ()


def test_what_begins_to_fire_under_a_silence_calls_nobody() -> None:
    bench = Bench()
    bench.beat()
    silence = bench.silence(bench.now + 30.0, is_rule("Slow"))
    assert bench.engine.adopt((), (silence,), bench.now) == ()
    assert bench.engine.silences == (silence,)
    _, events = bench.beat(slow={VAR: 2.0})
    assert [event.kind for event in events] == ["firing"]
    assert events[0].alert.muted.endswith("by ann: deploy")
    assert bench.called == []
    _, events = bench.beat(30.0, slow={VAR: 2.0})
    assert [event.kind for event in events] == ["unmuted"]
    assert bench.called == ["Slow"]
    assert not bench.engine.silences


def test_a_silence_is_for_what_it_matches() -> None:
    bench = Bench()
    mount = Matcher("mount", MatchOp.LIKE, "/s.*")
    bench.engine.adopt((), (bench.silence(bench.now + 30.0, is_rule("Slow"), mount),), bench.now)
    alerts, _ = bench.beat(slow={VAR: 2.0, SRV: 2.0})
    assert {alert.labels: bool(alert.muted) for alert in alerts} == {VAR: False, SRV: True}
    assert alerts[0].labels == VAR, "what somebody is called for comes first"


def test_what_becomes_muted_while_it_fires_is_told_once() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    silence = bench.silence(bench.now + 30.0, is_rule("Slow"))
    (event,) = bench.engine.adopt((), (silence,), bench.now)
    assert (event.kind, event.alert.fingerprint) == ("muted", alert.fingerprint)
    assert event.alert.muted.startswith("silenced until")
    assert not event.notifies
    other = replace(silence, id="s2", note=clean("longer"), until=bench.now + 60.0)
    assert bench.engine.adopt((), (other,), bench.now) == (), "muted it was already"
    _, events = bench.beat(1.0, slow={VAR: 2.0}, full={VAR: 2.0})
    assert [(event.kind, event.alert.rule) for event in events] == [("firing", "Full")]
    _, events = bench.beat(60.0, slow={VAR: 2.0}, full={VAR: 2.0})
    assert events == (), "what inhibits it still fires"
    _, events = bench.beat(1.0, slow={VAR: 2.0}, full={VAR: 0.0})
    assert [event.kind for event in events] == ["resolved", "unmuted"]
    bench.beat(1.0, full={VAR: 2.0}, slow={VAR: 2.0})
    assert [event.kind for event in bench.ledger.events][-2:] == ["firing", "muted"]


def test_matchers_read_as_in_alertmanager() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})

    def covered(*matchers: Matcher) -> bool:
        return bench.silence(bench.now + 1.0, *matchers).covers(alert, bench.now)

    assert covered(Matcher("severity", MatchOp.EQUAL, "warning"))
    assert covered(Matcher("absent", MatchOp.EQUAL, ""))
    assert covered(Matcher("mount", MatchOp.UNLIKE, "/"))
    assert covered(Matcher("mount", MatchOp.NOT_EQUAL, "/srv"))
    assert not covered(Matcher("mount", MatchOp.LIKE, "/"))
    assert not covered(Matcher("mount", MatchOp.LIKE, "("))
    assert not covered(Matcher("mount", MatchOp.UNLIKE, "("))
    assert not covered(is_rule("Slow"), is_rule("Full"))
    assert not covered()
    late = replace(bench.silence(bench.now + 9.0, is_rule("Slow")), at=bench.now + 1.0)
    assert not late.covers(alert, bench.now)
    assert str(Matcher("a", MatchOp.UNLIKE, "b")) == 'a!~"b"'


def test_a_worse_alert_holds_back_what_it_explains() -> None:
    bench = Bench()
    alerts, _ = bench.beat(full={VAR: 2.0}, slow={VAR: 2.0, SRV: 2.0})
    assert {(alert.rule, alert.labels): alert.muted for alert in alerts} == {
        ("Full", VAR): "",
        ("Slow", SRV): "",
        ("Slow", VAR): "held back by Full",
    }
    assert sorted(bench.called) == ["Full", "Slow"]
    _, events = bench.beat(full={VAR: 0.0}, slow={VAR: 2.0, SRV: 2.0})
    assert [(event.kind, event.alert.rule) for event in events] == [
        ("resolved", "Full"),
        ("unmuted", "Slow"),
    ]
    assert sorted(bench.called) == ["Full", "Slow", "Slow"]


def test_a_note_takes_what_nobody_has() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    (event,) = bench.engine.act([alert.fingerprint], annotate(ANN, bench.now, clean("disk swap")))
    assert event.kind == "noted"
    assert event.alert.ack is not None
    assert (event.alert.ack.by, event.alert.ack.note) == (ANN, "disk swap")
    (event,) = bench.engine.act([alert.fingerprint], annotate(BOB, bench.now, clean("ordered")))
    assert event.alert.ack is not None
    assert (event.alert.ack.by, event.alert.ack.note, event.actor) == (ANN, "ordered", BOB)


def test_what_others_said_is_taken_over_and_not_recorded_again() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    recorded = len(bench.ledger.events)
    taken = replace(
        alert.acknowledged(BOB, bench.now, clean("mine")),
        shelf=Shelf(BOB, bench.now, bench.now + 9.0),
    )
    events = bench.engine.adopt((taken,), (), bench.now)
    assert [(event.kind, event.actor) for event in events] == [
        ("acknowledged", BOB),
        ("shelved", BOB),
    ]
    assert bench.engine.adopt((taken,), (), bench.now) == ()
    renoted = taken.acknowledged(BOB, bench.now, clean("still mine"))
    assert [e.kind for e in bench.engine.adopt((renoted,), (), bench.now)] == ["noted"]
    assert {e.kind for e in bench.engine.adopt((alert,), (), bench.now)} == {
        "unacknowledged",
        "unshelved",
    }
    over = replace(alert, state=State.RESOLVED, ack=taken.ack)
    assert bench.engine.adopt((over,), (), bench.now) == (), "whether it fires is ours to tell"
    assert len(bench.ledger.events) == recorded


def test_a_drill_is_shown_acknowledged_and_ends() -> None:
    bench = Bench()
    real = bench.one(slow={VAR: 2.0})
    drill = replace(real, fingerprint="d1", labels=labels(drill="true"))
    (event,) = bench.engine.adopt((drill,), (), bench.now)
    assert event.notifies
    assert {alert.fingerprint for alert in bench.engine.alerts} == {real.fingerprint, "d1"}
    (event,) = bench.engine.act(["d1"], acknowledge(ANN, bench.now, clean("")))
    (event,) = bench.engine.adopt((drill,), (), bench.now)
    assert event.kind == "unacknowledged"
    (event,) = bench.engine.adopt((replace(drill, state=State.RESOLVED),), (), bench.now)
    assert event.kind == "resolved"
    stale = replace(drill, fingerprint="d2", state=State.RESOLVED)
    assert bench.engine.adopt((stale,), (), bench.now) == (), "a drill of before we came"


@pytest.mark.parametrize(
    ("away", "kinds"), [(3600.0, []), (DRILL_LASTS + 1.0, ["resolved"])], ids=["on", "killed"]
)
def test_a_drill_outlives_a_restart_but_not_its_program_for_long(
    away: float, kinds: list[str]
) -> None:
    bench = Bench()
    drill = replace(
        bench.one(slow={VAR: 2.0}), fingerprint="d1", labels=labels(drill="true"), fired_at=WALL
    )
    ledger = MemoryLedger()
    ledger.record([AlertEvent(WALL, "firing", drill)])
    again = Bench(ledger)
    alerts, events = again.beat(away)
    assert [event.kind for event in events] == kinds
    assert [alert.fingerprint for alert in alerts] == ["d1"]


def test_one_that_follows_learns_of_ends_it_did_not_see() -> None:
    bench = Bench()
    alerts, _ = bench.beat(slow={VAR: 2.0}, full={SRV: 2.0})
    follower = Bench()
    assert follower.engine.adopt(alerts, (), bench.now, follows=True)
    pending = replace(alerts[0], state=State.PENDING, fired_at=None)
    (event,) = follower.engine.adopt((pending, alerts[1]), (), bench.now, follows=True)
    assert event.kind == "pending"
    (event,) = follower.engine.adopt((alerts[1],), (), bench.now, follows=True)
    assert (event.kind, event.alert.state) == ("inactive", State.INACTIVE)
    over = replace(alerts[1], state=State.RESOLVED, resolved_at=bench.now)
    seen = replace(over, fingerprint="s", labels=VAR, resolved_at=1.0, changed_at=1.0)
    (event,) = follower.engine.adopt((over, seen), (), bench.now, follows=True)
    assert event.kind == "resolved"
    assert follower.engine.alerts == (over,), "what is listed no longer is not shown"
    new = replace(over, fingerprint="n", labels=labels(mount="/new"))
    assert follower.engine.adopt((over, new), (), bench.now, follows=True) == ()
    assert len(follower.engine.alerts) == 2, "it came and went between two looks"


def test_one_that_follows_learns_of_better_and_worse() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0}).acknowledged(ANN, bench.now)
    follower = Bench()
    follower.engine.adopt((alert,), (), bench.now, follows=True)
    worse = replace(alert, severity=Severity.CRITICAL, ack=None)
    (event,) = follower.engine.adopt((worse,), (), bench.now, follows=True)
    assert event.kind == "worse", "nobody took the acknowledgement back"
    (event,) = follower.engine.adopt(
        (replace(worse, severity=Severity.WARNING),), (), bench.now, follows=True
    )
    assert event.kind == "milder"


def test_silences_and_shelves_survive_a_restart() -> None:
    bench = Bench()
    alert = bench.one(slow={VAR: 2.0})
    bench.engine.act([alert.fingerprint], shelve(Shelf(ANN, bench.now, bench.now + 60.0)))
    bench.ledger.keep_silence(bench.silence(bench.now + 60.0, is_rule("Full")))
    again = Bench(bench.ledger)
    again.now = bench.now
    alerts, _ = again.beat(slow={VAR: 2.0}, full={SRV: 2.0})
    assert {alert.rule: bool(alert.muted) for alert in alerts} == {"Slow": True, "Full": True}
    assert again.called == []


def test_worse_than_when_it_was_shelved_ends_the_shelf() -> None:
    levels = (*LEVELS, Level(Severity.CRITICAL, 5.0, 5.0))
    bench = Bench()
    bench.engine = Engine((replace(SLOW, levels=levels),), bench.ledger)
    alert = bench.one(slow={VAR: 2.0})
    bench.engine.act([alert.fingerprint], shelve(Shelf(ANN, bench.now, bench.now + 60.0)))
    _, events = bench.beat(slow={VAR: 6.0})
    assert [(event.kind, event.notifies) for event in events] == [("worse", True)]
    assert events[0].alert.shelf is None
