"""The thread: nobody waits for another, nothing runs where nobody delivers, the end is bounded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from math import inf

import pytest

from sysmon_tui.alerts.notify import dispatcher
from sysmon_tui.alerts.notify.dispatcher import Dispatcher
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.errors import StoreError
from tests.alerts.notify.lives import alert, fires

WAIT = 20.0


class Lane:
    """Says what was done to it."""

    def __init__(self, name: str = "ops") -> None:
        self.name = name
        self.problems: tuple[str, ...] = ()
        self.did: list[str] = []
        self.taken = threading.Event()
        self.resumed = threading.Event()
        self.suspended = threading.Event()
        self.ended = threading.Event()
        self.on_turn: Callable[[], None] | None = None
        self.hangs = False
        self._waiting = 0

    def resume(self, alerts: Iterable[Alert]) -> None:
        self.did.append(f"resume {len(tuple(alerts))}")
        self.resumed.set()

    def suspend(self) -> None:
        self.did.append("suspend")
        self.suspended.set()

    def take(self, events: Sequence[AlertEvent]) -> None:
        self._waiting += len(events)

    async def turn(self, *, last: bool = False) -> float:
        if self._waiting:
            if self.hangs:
                await asyncio.Event().wait()
            if self.on_turn is not None:
                self.on_turn()
            self.did.append(f"send {self._waiting}")
            self._waiting = 0
            self.taken.set()
        if last:
            self.did.append("last")
            self.ended.set()
        return inf


def made(*lanes: Lane, judges: Callable[[], bool] = lambda: True) -> Dispatcher:
    return Dispatcher(lanes, judges=judges, alerts=lambda: (alert(),), look=0.01)


def notify_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "notify"]


def test_without_receivers_nothing_runs() -> None:
    idle = made()
    idle.start()
    idle.take([fires(alert())])
    assert notify_threads() == []
    idle.stop(1.0)
    assert idle.problems == ()


def test_events_reach_every_lane_and_the_end_is_orderly() -> None:
    first, second = Lane("a"), Lane("b")
    running = made(first, second)
    running.start()
    running.take([fires(alert())])
    assert first.taken.wait(WAIT)
    assert second.taken.wait(WAIT)
    running.stop(WAIT)
    assert notify_threads() == []
    assert first.did == second.did == ["resume 1", "send 1", "last"]
    running.take([fires(alert())])
    running.stop(0.0)


def test_one_that_hangs_holds_up_no_other_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck, free = Lane("a"), Lane("b")
    stuck.hangs = True
    running = made(stuck, free)
    running.start()
    running.take([fires(alert())])
    assert free.taken.wait(WAIT)
    free.taken.clear()
    running.take([fires(alert())])
    assert free.taken.wait(WAIT)
    thread = running._thread
    assert thread is not None
    with monkeypatch.context() as patch:
        # As long as the other needs, and not a moment for the one that hangs.
        patch.setattr(thread, "join", lambda _seconds: free.ended.wait(WAIT))
        running.stop(0.05)
    assert free.did[-1] == "last"
    assert stuck.did == ["resume 1"]
    for thread in notify_threads():
        thread.join(WAIT)
    assert notify_threads() == []


def test_one_that_breaks_down_is_named_and_the_others_go_on() -> None:
    broken, well = Lane("a"), Lane("b")

    def break_down() -> None:
        broken.taken.set()
        raise ValueError("no such thing")

    broken.on_turn = break_down
    well.problems = ("Notifier b fails: down",)
    running = made(broken, well)
    running.start()
    running.take([fires(alert())])
    assert broken.taken.wait(WAIT)
    assert well.taken.wait(WAIT)
    running.stop(WAIT)
    assert "Notifier a is broken: ValueError: no such thing" in running.problems
    assert "Notifier b fails: down" in running.problems


def test_who_only_follows_delivers_nothing_until_it_takes_over() -> None:
    judges = threading.Event()
    asked = threading.Semaphore(0)
    lane = Lane()

    def judging() -> bool:
        asked.release()
        return judges.is_set()

    running = made(lane, judges=judging)
    running.take([fires(alert())])
    running.start()
    assert asked.acquire(timeout=WAIT)
    assert asked.acquire(timeout=WAIT)
    judges.set()
    assert lane.resumed.wait(WAIT)
    judges.clear()
    assert lane.suspended.wait(WAIT)
    running.stop(WAIT)
    assert lane.did == ["resume 1", "suspend", "last"]


def test_a_ledger_that_cannot_be_read_stops_nothing() -> None:
    def unread() -> Iterable[Alert]:
        raise StoreError("gone")

    lane = Lane()
    running = Dispatcher([lane], judges=lambda: True, alerts=unread, look=0.01)
    running.start()
    assert lane.resumed.wait(WAIT)
    running.stop(WAIT)
    assert lane.did[0] == "resume 0"


def test_what_comes_too_fast_is_counted() -> None:
    flooded = made(Lane())
    flooded.take([fires(alert())] * dispatcher.CAPACITY)
    flooded.take([fires(alert())] * 3)
    flooded.start()
    flooded.stop(WAIT)
    assert flooded.problems == ("3 alert events came too fast to be notified of",)
