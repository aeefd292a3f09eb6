"""What is usual at an hour, from the days before."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan
from pathlib import Path

from sysmon_tui.alerts.conditions.baseline import DAY, HOUR, Baseline, recorded
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage import open_store
from tests.alerts.conditions.feed import rule

NOW = 1_700_000_000.0 // HOUR * HOUR + 600.0
MARKED = rule(measure="anomaly", over=7 * DAY)
ONE = labels(n="1")


class Days:
    """A value an hour for each of some days, and jobs that run when they are told to."""

    def __init__(self, *days: float) -> None:
        self.days = days
        """Yesterday's value first."""
        self.asked: list[tuple[float, float]] = []
        self.jobs: list[Callable[[], None]] = []
        self.broken = False
        self.baseline = Baseline([MARKED, rule(metric="other")], self.history, self.jobs.append)

    def history(self, metric: str, start: float, end: float) -> Mapping[Labels, Sequence[float]]:
        self.asked.append((start, end))
        if self.broken:
            raise StoreError("gone", "")
        day = round((NOW // HOUR * HOUR - start) / DAY)
        if metric != "m" or day > len(self.days):
            return {}
        value = self.days[day - 1]
        gap = array("d", [nan])
        return {ONE: gap + array("d", [value, value + 1.0]), (): gap}

    def usual(self, now: float = NOW) -> tuple[float, float] | None:
        return self.baseline.at("m", ONE, now)

    def run(self) -> None:
        for job in self.jobs:
            job()
        self.jobs.clear()


def test_the_same_hours_of_the_last_days_are_read_beside_the_beat() -> None:
    days = Days(10.0, 20.0, 30.0)
    assert days.usual(NOW - 60.0) is None
    assert days.usual(NOW - 1.0) is None
    assert days.jobs == []
    assert days.usual() is None
    assert days.asked == []
    days.run()
    assert days.usual() == (20.5, 9.5)
    hour = NOW // HOUR * HOUR
    assert days.asked == [(hour - day * DAY, hour - day * DAY + HOUR) for day in range(1, 8)]


def test_days_too_few_say_nothing() -> None:
    days = Days(10.0, 20.0)
    days.usual(NOW - 60.0)
    days.usual()
    days.run()
    assert days.usual() is None
    assert days.baseline.at("m", (), NOW) is None


def test_it_is_read_once_an_hour_and_the_last_hour_stands_meanwhile() -> None:
    days = Days(1.0, 1.0, 1.0)
    days.usual(NOW - 60.0)
    days.usual()
    days.run()
    assert days.usual(NOW + 60.0) == (1.5, 0.5)
    assert days.jobs == []
    assert days.usual(NOW + HOUR) == (1.5, 0.5)
    assert len(days.jobs) == 1
    days.broken = True
    days.run()
    assert days.usual(NOW + HOUR) == (1.5, 0.5)


def test_memory_is_two_numbers_for_each_series() -> None:
    days = Days(*[1.0] * 7)
    days.usual(NOW - 60.0)
    days.usual()
    days.run()
    assert days.baseline._usual == {("m", ONE): (1.5, 0.5)}


def test_what_was_recorded_comes_as_means_of_a_minute(tmp_path: Path) -> None:
    store = open_store("memory:", state=tmp_path, retention=DAY, quota=1 << 20)
    for second in range(0, 120, 10):
        families: Families = {"m": {ONE: float(second)}}
        store.append([Batch(collector="cpu", wall=second, mono=second, families=families)])
    means = recorded(lambda: store)("m", 0.0, 180.0)[ONE]
    assert list(means[:2]) == [25.0, 85.0]
    assert isnan(means[2])


def test_a_store_that_is_not_open_has_no_past() -> None:
    assert recorded(lambda: None)("m", 0.0, HOUR) == {}
