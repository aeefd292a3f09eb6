"""A collector's cadence, its failures, and the thread of one that may hang."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import pytest

from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Metric
from sysmon_tui.model.sample import Reading, Status
from sysmon_tui.monitor import lane as lanes
from sysmon_tui.monitor.lane import BlockingLane, Lane, create_lane, run
from tests.monitor.fakes import settle


@dataclass
class Fake:
    """Answers what it is told to, and counts."""

    name: ClassVar[str] = "fake"
    metrics: ClassVar[tuple[Metric, ...]] = ()
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False
    answer: Callable[[], Reading] = Reading
    passes: int = 0
    closed: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def collect(self) -> Reading:
        self.passes += 1
        try:
            return self.answer()
        finally:
            self.done.set()

    def close(self) -> None:
        self.closed += 1


class BlockingFake(Fake):
    may_block: ClassVar[bool] = True


def failing(error: Exception) -> Callable[[], Reading]:
    def fail() -> Reading:
        raise error

    return fail


def due(lane: Lane, until: float, step: float = 1.0) -> list[float]:
    """The moments of a clock from 0 at which the lane was run."""
    moments, now = [], 0.0
    while now < until:
        if lane.poll(1e9 + now, now) is not None:
            moments.append(now)
        now += step
    return moments


def test_the_second_pass_comes_early_then_every_interval() -> None:
    assert due(Lane(Fake()), 3.5, 0.25) == [0.0, 0.25, 1.25, 2.25, 3.25]


def test_a_slower_cadence_skips_beats() -> None:
    assert due(Lane(Fake(), 5.0), 16) == [0.0, 1.0, 6.0, 11.0]


def test_a_beat_that_is_a_hair_early_does_not_skip_a_turn() -> None:
    lane = Lane(Fake(), 1.0)
    lane.poll(0.0, 0.0)
    lane.poll(0.25, 0.25)
    assert lane.poll(1.2, 1.2499) is not None


@pytest.mark.parametrize("late", [0.01, 0.4, 0.99])
def test_a_beat_that_is_late_does_not_skip_the_next_turn(late: float) -> None:
    """As on a busy machine: one beat in ten comes late, the next one at its time again."""
    lane = Lane(Fake())
    lane.poll(1e9, 0.0)
    moments = [0.25 + beat + (late if beat % 10 == 5 else 0.0) for beat in range(40)]
    assert all(lane.poll(1e9 + at, at) is not None for at in moments)


def test_after_a_long_gap_nothing_is_caught_up() -> None:
    lane = Lane(Fake())
    passes = [at for at in (0.0, 0.25, 1.25, 60.0, 60.3, 60.9, 61.0) if lane.poll(1e9 + at, at)]
    assert passes == [0.0, 0.25, 1.25, 60.0, 61.0]


def test_a_dear_pass_is_run_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = iter([0.0, 0.2] * 10)
    monkeypatch.setattr(lanes, "thread_time", lambda: next(costs))
    lane = Lane(Fake())
    lane.poll(0.0, 0.0)
    assert lane.state(0.0).interval == pytest.approx(10.0)
    assert lane.state(0.0).cost == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Unsupported("no psi", "Boot with psi=1"), Status.UNSUPPORTED, "Boot with psi=1"),
        (Denied("secret"), Status.DENIED, "secret"),
        (PermissionError(13, "no"), Status.DENIED, "PermissionError"),
        (KeyError("odd\x1b[2J"), Status.ERROR, "KeyError"),
    ],
)
def test_an_exception_becomes_a_status(error: Exception, status: Status, words: str) -> None:
    batch = run(Fake(failing(error)), 1.0, 2.0)
    assert (batch.status, batch.wall, batch.mono) == (status, 1.0, 2.0)
    assert words in batch.note
    assert "\x1b" not in batch.note


def test_failures_pause_longer_and_longer_and_one_success_ends_it() -> None:
    fake = Fake(failing(ValueError("x")))
    lane = Lane(fake)
    lane.poll(0.0, 0.0)
    moments = due(lane, 200)
    assert moments[:5] == [1.0, 3.0, 7.0, 15.0, 31.0]
    assert max(b - a for a, b in pairwise(moments)) <= lanes.RETRY_LIMIT
    fake.answer = Reading
    assert lane.poll(0.0, 1000.0) is not None
    assert lane.state(1000.0).status is Status.OK
    assert lane.state(1000.0).interval == 1.0


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_what_is_short_for_everybody_is_tried_again_at_the_next_turn(error: Exception) -> None:
    lane = Lane(Fake(failing(error)))
    lane.poll(0.0, 0.0)
    assert due(lane, 4.5) == [1.0, 2.0, 3.0, 4.0]
    state = lane.state(4.0)
    assert (state.status, state.note) == (Status.ERROR, lanes.SHORT)


def test_figures_go_stale_when_no_pass_succeeds() -> None:
    fake = Fake()
    lane = Lane(fake)
    lane.poll(0.0, 0.0)
    assert lane.fresh(5.0)
    assert not lane.fresh(5.1)
    assert lane.state(60.0).status is Status.STALE
    assert lane.state(60.0).age == 60.0


def test_before_the_first_pass_nothing_is_fresh() -> None:
    lane = Lane(Fake())
    assert not lane.fresh(0.0)
    assert lane.age(0.0) == float("inf")


def test_blocking_collectors_get_a_thread() -> None:
    assert isinstance(create_lane(BlockingFake()), BlockingLane)
    lane = create_lane(Fake())
    before = threading.active_count()
    assert lane.poll(0.0, 0.0) is not None
    assert threading.active_count() == before


def test_a_collector_that_got_dear_holds_up_no_beat_until_it_is_cheap_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = [0.0]
    monkeypatch.setattr(lanes, "thread_time", lambda: used[0])
    names = []
    dear = [2.0 * lanes.DEAR]

    def work() -> Reading:
        names.append(threading.current_thread().name)
        used[0] += dear[0]
        return Reading()

    lane = create_lane(Fake(work))
    assert isinstance(lane, BlockingLane)
    assert lane.poll(0.0, 0.0) is not None
    assert lane.poll(1.0, 100.0) is None
    settle(lane)
    dear[0] = 0.0
    batch = lane.poll(2.0, 101.0)
    assert batch is not None
    assert batch.wall == 1.0
    assert lane.poll(3.0, 200.0) is None
    settle(lane)
    assert lane.poll(4.0, 201.0) is not None
    assert lane.poll(5.0, 300.0) is not None
    ours = threading.current_thread().name
    assert names == [ours, "collect-fake", "collect-fake", ours]
    lane.close()


def test_a_blocking_lane_delivers_on_a_later_beat() -> None:
    fake = BlockingFake()
    lane = BlockingLane(fake)
    assert lane.poll(10.0, 0.0) is None
    settle(lane)
    batch = lane.poll(11.0, 1.0)
    assert batch is not None
    assert batch.wall == 10.0
    lane.close()
    assert fake.closed == 1


def test_a_hung_pass_is_reported_and_never_doubled() -> None:
    entered, release = threading.Event(), threading.Event()

    def hang() -> Reading:
        entered.set()
        release.wait(30)
        return Reading()

    fake = BlockingFake(hang)
    lane = BlockingLane(fake)
    assert lane.poll(0.0, 0.0) is None
    assert entered.wait(30)
    for second in range(1, 20):
        assert lane.poll(float(second), float(second)) is None
    assert lane.state(20.0).status is Status.TIMEOUT
    assert fake.passes == 1
    release.set()
    settle(lane)
    assert lane.poll(21.0, 21.0) is not None
    assert lane.state(21.0).status is Status.STALE, "what it read is as old as the question"
    lane.poll(22.0, 22.0)
    settle(lane)
    assert lane.poll(23.0, 23.0) is not None
    assert lane.state(23.0).status is Status.OK
    lane.close()
