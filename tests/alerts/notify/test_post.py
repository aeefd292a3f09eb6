"""A receiver's lane: at least once, after failures, restarts and kills; never lost silently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from pathlib import Path

import pytest

from sysmon_tui.alerts.notify.chain import Audience, Chain
from sysmon_tui.alerts.notify.deliverer import DeliveryError
from sysmon_tui.alerts.notify.post import GIVE_UP, Post
from sysmon_tui.alerts.notify.safe import SafeOutbox
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.message import Message, Told
from sysmon_tui.settings.schema import Notify, Receiver
from sysmon_tui.storage.outbox import SqliteOutbox
from tests.alerts.notify.lives import alert, fires, message, numbered
from tests.clock import ManualClock


class Killed(BaseException):
    """As if the process had been: nobody catches it."""


class Recipient:
    """Takes messages, or does what it is told instead."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.then: Callable[[], object] | None = None
        self.hangs = False

    async def deliver(self, message: Message) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.then is not None:
            self.then()
        self.got.append(message.id)


class FailingDisk(SqliteOutbox):
    full = False

    def put(self, message: Message, told: Mapping[str, Told | None]) -> None:
        self._check()
        super().put(message, told)

    def remember(self, receiver: str, told: Mapping[str, Told | None]) -> None:
        self._check()
        super().remember(receiver, told)

    def done(self, id: str) -> None:  # noqa: A002 - as in the port
        self._check()
        super().done(id)

    def failed(self, id: str, next_at: float | None, reason: str) -> None:  # noqa: A002 - as above
        self._check()
        super().failed(id, next_at, reason)

    def _check(self) -> None:
        if self.full:
            raise StoreError("the disk is full", "Free space")


class Run:
    """One run of the program on a state directory."""

    def __init__(self, place: Path, clock: ManualClock, *alerts: Alert, limit: float = 5.0) -> None:
        receiver = Receiver(name="ops", kind="logfile")
        self.clock = clock
        self.recipient = Recipient()
        self.disk = FailingDisk(place / "outbox.db")
        self.outbox = SafeOutbox(self.disk, SqliteOutbox(None))
        chain = Chain(receiver, Notify(), Audience(receiver, {}), host="web1", new_id=numbered())
        self.post = Post(
            "ops", chain, self.outbox, self.recipient, clock, limit=limit, jitter=lambda: 0.0
        )
        self.post.resume(alerts)

    async def fire(self, of: Alert | None = None) -> float:
        self.post.take([fires(of or alert())])
        self.clock.advance(5.0)
        return await self.post.turn()

    def fails(self, *, retry: bool = True) -> None:
        def fail() -> None:
            raise DeliveryError("nobody there", retry=retry)

        self.recipient.then = fail

    def works(self) -> None:
        self.recipient.then = None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def run(tmp_path: Path, clock: ManualClock) -> Run:
    return Run(tmp_path, clock)


async def test_what_is_delivered_is_done(run: Run) -> None:
    assert await run.fire() == inf
    assert run.recipient.got == ["m1"]
    run.clock.advance(1000.0)
    await run.post.turn()
    assert run.recipient.got == ["m1"]
    assert list(run.post.problems) == []
    assert list(run.outbox.problems) == []


async def test_what_fails_is_tried_again_with_growing_pauses(run: Run) -> None:
    run.fails()
    assert await run.fire() == 5.0
    assert list(run.post.problems) == ["Notifier ops fails (1 waiting): nobody there"]
    for pause in (10.0, 20.0, 40.0):
        run.clock.advance(pause / 2.0)
        assert await run.post.turn() == pause
    run.works()
    assert await run.post.turn() == 40.0
    run.clock.advance(40.0)
    await run.post.turn()
    assert run.recipient.got == ["m1"]
    assert list(run.post.problems) == []


async def test_after_a_day_it_is_given_up_and_that_is_shown(run: Run) -> None:
    run.fails()
    await run.fire()
    tries = 1
    began = run.clock.wall()
    while (pause := await run.post.turn()) < inf:
        run.clock.advance(pause)
        tries += 1
    assert GIVE_UP <= run.clock.wall() - began + 1.0 < GIVE_UP + 700.0
    assert tries > 140
    assert list(run.outbox.problems) == ["Notifier ops: 1 given up for good: nobody there"]


async def test_what_cannot_get_better_is_given_up_at_once(run: Run) -> None:
    run.fails(retry=False)
    assert await run.fire() == inf
    assert list(run.post.problems) == ["Notifier ops fails: nobody there"]
    assert list(run.outbox.problems) == ["Notifier ops: 1 given up for good: nobody there"]


async def test_a_machine_that_was_off_for_days_still_tries(run: Run, tmp_path: Path) -> None:
    run.fails()
    await run.fire()
    run.clock.advance(3 * GIVE_UP)
    again = Run(tmp_path, run.clock, alert())
    again.fails()
    assert await again.post.turn() == 10.0
    again.works()
    again.clock.advance(10.0)
    await again.post.turn()
    assert again.recipient.got == ["m1"]


async def test_a_defect_is_a_failure(run: Run) -> None:
    run.recipient.then = lambda: 1 // 0
    assert await run.fire() == 5.0
    assert "ZeroDivisionError" in run.post.problems[0]


async def test_who_hangs_is_left(tmp_path: Path, clock: ManualClock) -> None:
    run = Run(tmp_path, clock, limit=0.05)
    run.recipient.hangs = True
    assert await run.fire() == 5.0
    assert list(run.post.problems) == ["Notifier ops fails (1 waiting): no answer within 0.05 s"]


async def test_another_run_resumes_what_the_last_one_could_not_deliver(
    run: Run, tmp_path: Path
) -> None:
    run.fails()
    await run.fire()
    run.disk.close()
    again = Run(tmp_path, run.clock, alert())
    run.clock.advance(5.0)
    await again.post.turn()
    assert again.recipient.got == ["m1"]
    run.clock.advance(1000.0)
    await again.post.turn()
    assert again.recipient.got == ["m1"]


async def test_killed_in_the_middle_of_delivering_it_is_delivered_again(
    run: Run, tmp_path: Path
) -> None:
    def kill() -> None:
        raise Killed

    run.recipient.then = kill
    with suppress(Killed):
        await run.fire()
    again = Run(tmp_path, run.clock, alert())
    await again.post.turn()
    assert again.recipient.got == ["m1"]


async def test_killed_between_delivering_and_done_it_comes_twice(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(_id: str) -> None:
        raise Killed

    monkeypatch.setattr(run.disk, "done", kill)
    with suppress(Killed):
        await run.fire()
    assert run.recipient.got == ["m1"]
    again = Run(tmp_path, run.clock, alert())
    await again.post.turn()
    assert again.recipient.got == ["m1"]


async def test_killed_while_the_group_still_waits_it_is_told_by_the_next_run(
    run: Run, tmp_path: Path
) -> None:
    run.post.take([fires(alert())])
    assert await run.post.turn() == 5.0
    again = Run(tmp_path, run.clock, alert())
    assert await again.post.turn() == 5.0
    run.clock.advance(5.0)
    await again.post.turn()
    assert again.recipient.got == ["m1"]


async def test_the_last_turn_waits_for_nobody(run: Run) -> None:
    run.post.take([fires(alert())])
    await run.post.turn(last=True)
    assert run.recipient.got == ["m1"]


async def test_only_who_judges_delivers(run: Run) -> None:
    run.post.suspend()
    assert await run.fire() == inf
    assert run.recipient.got == []


async def test_a_full_disk_does_not_keep_its_own_alert_back(run: Run) -> None:
    run.disk.full = True
    await run.fire()
    assert run.recipient.got == ["m1"]
    assert list(run.outbox.problems) == [
        "Notifications are kept in memory only: the disk is full. Free space"
    ]
    run.disk.full = False
    await run.fire(alert("Other"))
    assert list(run.outbox.problems) == []


async def test_what_is_known_is_known_without_a_disk(run: Run) -> None:
    run.disk.full = True
    run.outbox.remember("ops", {"f1": Told("firing", 2)})
    assert run.outbox.told("ops") == {"f1": Told("firing", 2)}
    assert list(run.outbox.problems) == [
        "Notifications are kept in memory only: the disk is full. Free space"
    ]


async def test_what_there_was_no_room_for_is_shown(tmp_path: Path) -> None:
    outbox = SafeOutbox(SqliteOutbox(tmp_path / "outbox.db", room=1), SqliteOutbox(None))
    for number in range(3):
        outbox.put(message(id=f"m{number}"), {})
    assert list(outbox.problems) == ["Notifier ops: 2 dropped, too many waited"]


async def test_a_disk_that_fills_meanwhile_makes_nothing_come_again_and_again(run: Run) -> None:
    run.fails()
    await run.fire()
    run.disk.full = True
    run.clock.advance(5.0)
    assert await run.post.turn() == 5.0
    run.works()
    assert await run.post.turn() == 5.0
    assert run.recipient.got == []
    for _ in range(3):
        run.clock.advance(10.0)
        await run.post.turn()
    assert run.recipient.got == ["m1"]
    run.disk.full = False
    run.clock.advance(10.0)
    assert await run.post.turn() == inf
    assert run.disk.waiting("ops") == 0


async def test_what_fails_again_on_a_disk_that_works_again_is_put_off_there(run: Run) -> None:
    run.fails()
    await run.fire()
    run.disk.full = True
    run.clock.advance(5.0)
    await run.post.turn()
    run.disk.full = False
    run.clock.advance(10.0)
    assert await run.post.turn() == 10.0
    assert not run.outbox.troubled
