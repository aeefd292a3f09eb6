from __future__ import annotations

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.processors.cgroup import (
    CPU,
    CPU_RATIO,
    LIMIT,
    MEMORY_RATIO,
    PERIODS,
    THROTTLED,
    THROTTLED_RATIO,
    USAGE,
    Cgroup,
)
from tests.processors.batches import batch

WEB, FREE = labels(cgroup="web.service"), labels(cgroup="free.service")


def figures(cpu: float, periods: float, throttled: float) -> Families:
    return {
        USAGE: {WEB: 900.0, FREE: 100.0},
        LIMIT: {WEB: 1000.0},
        CPU: {WEB: cpu, FREE: 0.0},
        PERIODS: {WEB: periods},
        THROTTLED: {WEB: throttled},
    }


def test_shares_of_the_limits() -> None:
    processor = Cgroup()
    assert processor.feed(batch(0.0, figures(0.0, 0.0, 0.0))) == {MEMORY_RATIO: {WEB: 0.9}}
    assert processor.feed(batch(10.0, figures(15.0, 100.0, 25.0))) == {
        MEMORY_RATIO: {WEB: 0.9},
        CPU_RATIO: {WEB: 1.5, FREE: 0.0},
        THROTTLED_RATIO: {WEB: 0.25},
    }


def test_a_group_that_wanted_no_cpu_was_not_held_back() -> None:
    processor = Cgroup()
    processor.feed(batch(0.0, figures(1.0, 5.0, 5.0)))
    assert processor.feed(batch(10.0, figures(1.0, 5.0, 5.0)))[THROTTLED_RATIO] == {WEB: 0.0}


def test_nothing_limited_and_nothing_counted_is_nothing() -> None:
    assert Cgroup().feed(batch(0.0, {USAGE: {FREE: 1.0}})) == {}
