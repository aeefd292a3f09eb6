from __future__ import annotations

import gc
import logging

import pytest

from sysmon_tui.alerts.bus import Bus


class Screen:
    def __init__(self, log: list[str], name: str) -> None:
        self.log = log
        self.name = name

    def hear(self, event: str) -> None:
        self.log.append(f"{self.name}:{event}")

    def fail(self, event: str) -> None:
        raise ValueError(f"cannot show {event}")


def test_observers_hear_in_the_order_they_came() -> None:
    bus, log = Bus[str](), list[str]()
    screens = [Screen(log, name) for name in "abc"]
    for screen in screens:
        bus.subscribe(screen.hear)
    bus.publish("1")
    bus.publish("2")
    assert log == ["a:1", "b:1", "c:1", "a:2", "b:2", "c:2"]


def test_the_same_observer_twice_is_one_subscription() -> None:
    bus, log = Bus[str](), list[str]()
    screen, other = Screen(log, "a"), Screen(log, "b")
    assert bus.subscribe(screen.hear) is bus.subscribe(screen.hear)
    assert bus.subscribe(screen.hear) is not bus.subscribe(other.hear)
    bus.publish("1")
    assert log == ["a:1", "b:1"]


def test_cancelled_hears_nothing_more() -> None:
    bus, log = Bus[str](), list[str]()
    screen = Screen(log, "a")
    subscription = bus.subscribe(screen.hear)
    subscription.cancel()
    subscription.cancel()
    bus.publish("1")
    assert log == []
    bus.subscribe(screen.hear)
    bus.publish("2")
    assert log == ["a:2"]


def test_an_observer_that_is_gone_is_forgotten() -> None:
    bus, log = Bus[str](), list[str]()
    screen, other = Screen(log, "a"), Screen(log, "b")
    gone = bus.subscribe(screen.hear)
    bus.subscribe(other.hear)
    del screen
    gc.collect()
    assert gone.observer is None
    assert len(bus._subscriptions) == 1
    bus.publish("1")
    assert log == ["b:1"]


def test_functions_are_held_weakly_too() -> None:
    bus, log = Bus[str](), list[str]()

    def hear(event: str) -> None:
        log.append(event)

    bus.subscribe(hear)
    bus.publish("1")
    del hear
    gc.collect()
    bus.publish("2")
    assert log == ["1"]


def test_an_observer_that_dies_while_others_are_told_is_skipped() -> None:
    bus, log = Bus[str](), list[str]()
    screens = [Screen(log, "b")]

    def close(_event: str) -> None:
        screens.clear()

    bus.subscribe(close)
    bus.subscribe(screens[0].hear)
    bus.publish("1")
    assert log == []


def test_an_observer_that_fails_is_isolated_and_reported_once() -> None:
    reports: list[tuple[str, Exception]] = []
    bus, log = Bus[str](lambda name, error: reports.append((name, error))), list[str]()
    broken, fine = Screen(log, "a"), Screen(log, "b")
    bus.subscribe(broken.fail)
    bus.subscribe(fine.hear)
    bus.publish("1")
    bus.publish("2")
    assert log == ["b:1", "b:2"]
    assert [(name, str(error)) for name, error in reports] == [("Screen.fail", "cannot show 1")]


def test_without_a_reporter_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    bus = Bus[str]()
    broken = Screen([], "a")
    bus.subscribe(broken.fail)
    with caplog.at_level(logging.WARNING):
        bus.publish("1")
    assert "Screen.fail failed" in caplog.text
    assert "ValueError: cannot show 1" in caplog.text


def test_whoever_subscribes_while_told_hears_the_next() -> None:
    bus, log = Bus[str](), list[str]()
    late = Screen(log, "late")

    def invite(event: str) -> None:
        bus.subscribe(late.hear)

    bus.subscribe(invite)
    bus.publish("1")
    bus.publish("2")
    assert log == ["late:2"]
