"""Which events become messages, and when: timelines on a clock set by hand."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from sysmon_tui.alerts.notify.chain import Audience, Chain, Outgoing
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.message import SHOWN, Message, Told
from sysmon_tui.model.text import clean
from sysmon_tui.settings.schema import Notify, Receiver
from tests.alerts.notify.lives import AT, alert, fires, numbered, resolves, taken
from tests.clock import ManualClock


class Timeline:
    """A chain with its clock, and what it knows durably."""

    def __init__(
        self,
        receiver: Receiver | None = None,
        pace: Notify | None = None,
        callers: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        receiver = receiver or Receiver(name="ops", kind="logfile")
        self.clock = ManualClock()
        self.chain = Chain(
            receiver,
            pace or Notify(),
            Audience(receiver, callers or {}),
            host="web1",
            new_id=numbered(),
        )
        self.told: dict[str, Told] = {}

    def take(self, *events: AlertEvent) -> None:
        self.chain.take(events, self.clock.mono())

    def resume(self, *alerts: Alert) -> None:
        self.chain.resume(self.told, alerts, self.clock.mono())

    def after(self, seconds: float, *, everything: bool = False) -> list[Message]:
        self.clock.advance(seconds)
        now, wall = self.clock.mono(), self.clock.wall()
        released: list[Outgoing] = self.chain.release(now, wall, everything=everything)
        for _, told in released:
            for name, news in told.items():
                if news is None:
                    self.told.pop(name, None)
                else:
                    self.told[name] = news
        return [outgoing.message for outgoing in released if outgoing.message]

    @property
    def wait(self) -> float:
        return self.chain.due(self.clock.mono()) - self.clock.mono()


def mounts(count: int, severity: Severity = Severity.WARNING) -> list[Alert]:
    return [alert(severity=severity, mountpoint=f"/m{number}") for number in range(count)]


def test_alerts_of_a_rule_wait_for_each_other() -> None:
    line = Timeline()
    first, second = mounts(2)
    assert line.wait == inf
    line.take(fires(first))
    assert line.wait == 5.0
    assert line.after(4.0) == []
    line.take(fires(replace(second, severity=Severity.CRITICAL)))
    (sent,) = line.after(1.0)
    assert (sent.rule, sent.firing, sent.status) == ("FilesystemFull", 2, "firing")
    assert sent.severity is Severity.CRITICAL
    assert [event.alert.fingerprint for event in sent.events] == [
        second.fingerprint,
        first.fingerprint,
    ]
    assert (sent.id, sent.receiver, sent.host, sent.at) == ("m1", "ops", "web1", AT + 5.0)
    assert line.wait == inf


def test_a_storm_is_one_message_with_the_worst_and_the_count() -> None:
    line = Timeline()
    line.take(*map(fires, mounts(9_998)))
    worst = alert(severity=Severity.CRITICAL, mountpoint="/a")
    line.take(fires(worst), fires(alert(severity=Severity.CRITICAL, mountpoint="/b")))
    (sent,) = line.after(5.0)
    assert sent.firing == 10_000
    assert len(sent.events) == SHOWN
    assert {event.alert.severity for event in sent.events[:2]} == {Severity.CRITICAL}
    assert len(line.told) == 10_000


def test_more_of_a_rule_comes_after_the_interval() -> None:
    line = Timeline()
    first, second = mounts(2)
    line.take(fires(first))
    assert len(line.after(5.0)) == 1
    line.take(fires(second))
    assert line.wait == 60.0
    assert line.after(59.0) == []
    (sent,) = line.after(1.0)
    assert [event.alert for event in sent.events] == [second]


def test_rules_do_not_wait_for_each_other_and_the_worst_goes_first() -> None:
    line = Timeline()
    line.take(fires(alert("A")), fires(alert("B", Severity.CRITICAL)))
    assert [sent.rule for sent in line.after(5.0)] == ["B", "A"]


@pytest.mark.parametrize(
    "muted",
    [
        AlertEvent(AT, "pending", replace(alert(), state=State.PENDING)),
        fires(replace(alert(), muted=clean("shelved"))),
        fires(alert().acknowledged(clean("ann"), AT)),
        AlertEvent(AT, "noted", alert()),
        fires(alert(severity=Severity.INFO)),
    ],
)
def test_what_calls_nobody_is_not_sent(muted: AlertEvent) -> None:
    line = Timeline()
    line.take(muted)
    assert line.after(1000.0) == []
    assert line.told == {}


def muted(it: Alert) -> AlertEvent:
    return AlertEvent(AT, "muted", replace(it, muted=clean("silenced until 12:00 by ann")))


def test_what_becomes_muted_while_it_waits_is_not_told() -> None:
    line = Timeline()
    quiet, loud = mounts(2)
    line.take(fires(quiet), fires(loud))
    line.after(2.0)
    line.take(muted(quiet))
    (sent,) = line.after(3.0)
    assert [event.alert for event in sent.events] == [loud]
    assert set(line.told) == {loud.fingerprint}
    line.take(AlertEvent(AT, "unmuted", quiet))
    (sent,) = line.after(60.0)
    assert [(event.kind, event.alert) for event in sent.events] == [("unmuted", quiet)]


def test_what_is_muted_is_not_repeated_until_it_is_unmuted() -> None:
    line = Timeline(pace=Notify(repeat_hours=1.0))
    one = alert()
    line.take(fires(one))
    assert len(line.after(5.0)) == 1
    line.take(muted(one))
    assert line.after(7200.0) == []
    line.take(AlertEvent(AT, "unmuted", one))
    assert len(line.after(5.0)) == 1
    assert len(line.after(3600.0)) == 1
    line.take(muted(one), resolves(one))
    (sent,) = line.after(60.0)
    assert sent.resolved == 1, "who was told of it is told of its end"


def test_each_hears_of_its_own_rules_only() -> None:
    line = Timeline(Receiver(name="ops", kind="logfile", rules=("A", "B")), None, {"B": ("x",)})
    line.take(fires(alert("A")), fires(alert("B")), fires(alert("C")))
    assert [sent.rule for sent in line.after(5.0)] == ["A"]
    line = Timeline(None, None, {"B": ("x", "ops")})
    line.take(fires(alert("B")), fires(alert("C")))
    assert {sent.rule for sent in line.after(5.0)} == {"B", "C"}


def test_an_end_is_told_to_who_heard_of_the_beginning() -> None:
    line = Timeline()
    known, unknown = mounts(2)
    line.take(fires(known))
    line.after(5.0)
    line.take(resolves(known), resolves(unknown))
    (sent,) = line.after(60.0)
    assert (sent.status, sent.resolved, sent.firing) == ("resolved", 1, 0)
    assert line.told == {}
    line.take(resolves(known))
    assert line.after(100.0) == []


def test_who_does_not_want_ends_is_still_told_of_the_next_beginning() -> None:
    line = Timeline(Receiver(name="ops", kind="logfile", resolved=False))
    line.take(fires(alert()))
    line.after(5.0)
    line.take(resolves(alert()))
    assert line.after(60.0) == []
    assert line.told == {}
    line.take(fires(alert()))
    assert len(line.after(5.0)) == 1


def test_what_is_over_before_anybody_was_told_is_not_sent() -> None:
    line = Timeline()
    line.take(fires(alert()))
    line.after(1.0)
    line.take(resolves(alert()))
    assert line.after(1000.0) == []


def test_flapping_is_told_once() -> None:
    line = Timeline()
    line.take(fires(alert()))
    assert len(line.after(5.0)) == 1
    for _ in range(5):
        line.take(resolves(alert()), fires(alert()))
        line.after(1.0)
    assert line.after(100.0) == []


def test_worse_is_news_and_milder_is_not() -> None:
    line = Timeline()
    critical = alert(severity=Severity.CRITICAL)
    line.take(fires(alert()))
    line.after(5.0)
    for expected in (1, 1):
        line.take(fires(critical, "worse"))
        assert len(line.after(60.0)) == expected
        line.take(fires(alert(), "milder"))
        assert line.after(60.0) == []
    line.take(fires(critical, "worse"), fires(critical, "worse"))
    assert len(line.after(60.0)) == 1
    line.take(fires(critical, "worse"))
    assert line.after(60.0) == []


def test_what_comes_out_of_the_shelf_calls_again() -> None:
    line = Timeline()
    line.take(fires(alert()))
    line.after(5.0)
    line.take(fires(alert(), "unshelved"))
    assert len(line.after(60.0)) == 1


@pytest.mark.parametrize("kind", ["acknowledged", "shelved"])
def test_who_has_it_in_time_is_not_called(kind: str) -> None:
    line = Timeline(Receiver(name="ops", kind="logfile", acknowledged=True))
    line.take(fires(alert()))
    line.take(replace(taken(alert()), kind=kind))
    assert line.after(1000.0) == []


def test_taking_is_told_to_who_wants_to_know_and_was_called() -> None:
    line = Timeline(Receiver(name="ops", kind="logfile", acknowledged=True))
    line.take(fires(alert()))
    line.after(5.0)
    line.take(taken(alert()))
    (sent,) = line.after(60.0)
    assert (sent.status, sent.acknowledged) == ("acknowledged", 1)
    line = Timeline()
    line.take(fires(alert()))
    line.after(5.0)
    line.take(taken(alert()))
    assert line.after(60.0) == []


def test_the_last_message_of_a_minute_carries_all_that_is_left() -> None:
    line = Timeline(pace=Notify(max_per_minute=3))
    for number in range(8):
        line.take(fires(alert(f"R{number}")))
    sent = line.after(5.0)
    assert [message.rule for message in sent] == ["R0", "R1", ""]
    assert sent[2].firing == 6
    line.take(fires(alert("late"), "worse"))
    assert line.wait == 60.0
    assert line.after(59.0) == []
    assert [message.rule for message in line.after(1.0)] == ["late"]


def test_nobody_taking_it_is_said_again() -> None:
    line = Timeline(pace=Notify(repeat_hours=1.0))
    first, second = mounts(2)
    line.take(fires(first))
    line.after(5.0)
    line.clock.advance(1800.0)
    line.take(fires(second))
    line.after(5.0)
    assert line.wait == 1795.0
    (sent,) = line.after(1795.0)
    assert [(event.kind, event.alert) for event in sent.events] == [("repeat", first)]
    line.take(taken(second))
    assert line.after(1800.0) == []
    (sent,) = line.after(1800.0)
    assert sent.events[0].alert == first
    line.take(resolves(first))
    line.after(60.0)
    assert line.after(100_000.0) == []


def test_another_run_goes_on_where_the_last_one_ended() -> None:
    line = Timeline()
    told, over, gone = mounts(3)
    line.take(*map(fires, (told, over, gone)))
    line.after(5.0)
    again = Timeline(pace=Notify(repeat_hours=1.0))
    again.told = dict(line.told)
    new = alert(mountpoint="/new")
    handled = alert(mountpoint="/handled").acknowledged(clean("ann"), AT)
    pending = replace(alert(mountpoint="/p"), state=State.PENDING)
    again.resume(told, resolves(over).alert, new, handled, pending)
    assert again.wait == 0.0
    (sent,) = again.after(5.0)
    assert {event.alert.fingerprint: event.kind for event in sent.events} == {
        over.fingerprint: "resolved",
        new.fingerprint: "firing",
    }
    assert set(again.told) == {told.fingerprint, new.fingerprint}
    (sent,) = again.after(3595.0)
    assert [event.alert for event in sent.events] == [told]


def test_at_the_end_nothing_waits() -> None:
    line = Timeline(pace=Notify(max_per_minute=1))
    line.take(fires(alert("A")), fires(alert("B")))
    assert [sent.rule for sent in line.after(0.0, everything=True)] == ["A", "B"]
