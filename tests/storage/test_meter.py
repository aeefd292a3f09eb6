"""Samples to sums, and counters to increases."""

from __future__ import annotations

from math import nan

import pytest

from sysmon_tui.model.curve import Curve, Stats, merged
from sysmon_tui.storage.meter import Counter, Gauge, meter


def test_a_metrics_name_says_which_it_is() -> None:
    assert isinstance(meter("node_forks_total"), Counter)
    assert isinstance(meter("node_vmstat_oom_kill"), Counter)
    assert isinstance(meter("node_load1"), Gauge)


def test_a_gauge_leaves_out_what_is_no_sample() -> None:
    assert Gauge().take([0.0, 1.0, 2.0], [1.0, nan, 5.0]) == (2.0, 6.0, 1.0, 5.0, 5.0)
    assert repr(Gauge().take([0.0], [nan])) == repr(Stats(0.0, nan, nan, nan, nan))


@pytest.mark.parametrize(
    ("values", "increase"),
    [
        ([0.0, 10.0, 20.0], 20.0),
        ([100.0, 110.0, 4.0], 14.0),
        # Idle time may step back a little, which is no reset.
        ([100.0, 99.5, 101.0], 1.5),
        ([100.0, nan, 104.0], 4.0),
    ],
)
def test_a_counter_grows(values: list[float], increase: float) -> None:
    found = Counter().take([0.0, 1.0, 2.0], values)
    assert found.sum == increase
    assert found.weight == 2.0
    assert found.last == values[-1]


def test_a_counter_goes_on_from_span_to_span_but_not_over_a_gap() -> None:
    counter = Counter()
    first = counter.take([0.0], [5.0])
    assert (first.weight, first.last) == (0.0, 5.0)
    assert counter.take([], []).last != 0.0
    assert counter.take([10.0], [25.0]) == (10.0, 20.0, 2.0, 2.0, 25.0)
    assert counter.take([1000.0], [99.0]).weight == 0.0


def test_spans_merge_and_gaps_do_not_count() -> None:
    gap = Stats(0.0, nan, nan, nan, nan)
    assert merged([gap, Stats(1.0, 2.0, 2.0, 2.0, 2.0), gap, Stats(2.0, 9.0, 1.0, 8.0, 1.0)]) == (
        3.0,
        11.0,
        1.0,
        8.0,
        1.0,
    )
    assert repr(merged([gap])) == repr(gap)


def test_a_curve_takes_only_what_is_in_its_range() -> None:
    curve = Curve(100.0, 10.0, 2)
    for wall in (99.0, 105.0, 109.0, 120.0):
        curve.add(wall, Stats(1.0, wall, wall, wall, wall))
    assert list(curve.weight) == [2.0, 0.0]
    assert curve.mean[0] == 107.0
    assert curve.last[0] == 109.0
    assert curve == curve
    assert curve != Curve(100.0, 10.0, 2)
