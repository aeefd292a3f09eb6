"""What stands when a range of the past begins."""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.model.sample import Status
from sysmon_tui.monitor.replay import newest_before, replay
from tests.storage.batches import WALL, ailing, batch


def test_before_a_range_only_the_newest_pair_of_each_collector_stands() -> None:
    batches = [
        batch(0.0, "disk", x=1.0),
        *(batch(float(n), "cpu", x=1.0 + n) for n in range(1, 6)),
        ailing(5.5, Status.ERROR, "unread"),
        batch(6.0, "cpu", x=7.0),
        batch(7.0, "disk", x=2.0),
    ]
    found = list(newest_before(batches, WALL + 6.0))
    assert [(item.wall - WALL, item.collector) for item in found] == [
        (0.0, "disk"),
        (4.0, "cpu"),
        (5.0, "cpu"),
        (6.0, "cpu"),
        (7.0, "disk"),
    ]


def test_a_clock_set_back_within_the_range_loses_nothing() -> None:
    batches = [batch(10.0), replace(batch(11.0), wall=WALL), batch(12.0)]
    assert list(newest_before(batches, WALL + 5.0)) == batches


def test_nothing_comes_of_a_range_with_nothing_in_it() -> None:
    assert list(newest_before([batch(0.0, x=1.0)], WALL + 5.0)) == []
    assert list(replay([], 1.0)) == []
