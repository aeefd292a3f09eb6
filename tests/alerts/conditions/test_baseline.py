"""What is usual at an hour, from the days before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan

from sysmon_tui.alerts.conditions.baseline import DAY, HOUR, Baseline
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, labels
from tests.alerts.conditions.feed import rule

NOW = 1_700_000_000.0 // HOUR * HOUR + 600.0
MARKED = rule(measure="anomaly", over=7 * DAY)
ONE = labels(n="1")


class Recorded:
    """A value an hour for each of some days, and jobs that run when they are told to."""

    def __init__(self, *days: float) -> None:
        self.days = days
        """Yesterday's value first."""
        self.asked: list[tuple[float, float]] = []
        self.jobs: list[Callable[[], None]] = []
        self.broken = False
        self.baseline = Baseline([MARKED, rule(metric="other")], self.history, self.jobs.append)

    def history(self, start: float, end: float) -> Iterator[Families]:
        self.asked.append((start, end))
        if self.broken:
            raise StoreError("gone", "")
        day = round((NOW // HOUR * HOUR - start) / DAY)
        if day <= len(self.days):
            for minute in range(120):
                value = self.days[day - 1]
                yield {"m": {ONE: value + minute % 2, (): nan}, "other": {(): 1.0}}

    def usual(self, now: float = NOW) -> tuple[float, float] | None:
        return self.baseline.at("m", ONE, now)

    def run(self) -> None:
        for job in self.jobs:
            job()
        self.jobs.clear()


def test_the_same_hours_of_the_last_days_are_read_beside_the_beat() -> None:
    recorded = Recorded(10.0, 20.0, 30.0)
    assert recorded.usual(NOW - 60.0) is None
    assert recorded.usual(NOW - 1.0) is None
    assert recorded.jobs == []
    assert recorded.usual() is None
    assert recorded.asked == []
    recorded.run()
    assert recorded.usual() == (20.5, 9.5)
    hour = NOW // HOUR * HOUR
    assert recorded.asked == [(hour - day * DAY, hour - day * DAY + HOUR) for day in range(1, 8)]


def test_days_too_few_say_nothing() -> None:
    recorded = Recorded(10.0, 20.0)
    recorded.usual(NOW - 60.0)
    recorded.usual()
    recorded.run()
    assert recorded.usual() is None
    assert recorded.baseline.at("m", (), NOW) is None


def test_it_is_read_once_an_hour_and_the_last_hour_stands_meanwhile() -> None:
    recorded = Recorded(1.0, 1.0, 1.0)
    recorded.usual(NOW - 60.0)
    recorded.usual()
    recorded.run()
    assert recorded.usual(NOW + 60.0) == (1.5, 0.5)
    assert recorded.jobs == []
    assert recorded.usual(NOW + HOUR) == (1.5, 0.5)
    assert len(recorded.jobs) == 1
    recorded.broken = True
    recorded.run()
    assert recorded.usual(NOW + HOUR) == (1.5, 0.5)


def test_memory_is_two_numbers_for_each_series() -> None:
    recorded = Recorded(*[1.0] * 7)
    recorded.usual(NOW - 60.0)
    recorded.usual()
    recorded.run()
    assert recorded.baseline._usual == {("m", ONE): (1.5, 0.5)}
