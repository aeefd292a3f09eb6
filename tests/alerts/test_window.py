from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.alerts.window import (
    BUCKETS,
    Average,
    Flow,
    Increase,
    Measure,
    Total,
    Window,
)


def run(measure: Measure, *fed: tuple[float, float]) -> float:
    """Feed (second, value) pairs; what the last one came to."""
    result = nan
    for second, value in fed:
        result = measure.feed(value, second)
    return result


def steadily(value: float, start: int, end: int) -> list[tuple[float, float]]:
    return [(float(second), value) for second in range(start, end)]


def test_window_forgets_what_is_older_than_itself() -> None:
    window = Window(10.0)
    for second in range(30):
        window.add(1.0, 2.0, float(second))
    assert (window.amount, window.seconds) == (10.0, 20.0)


def test_window_is_empty_after_a_pause_longer_than_itself() -> None:
    window = Window(10.0)
    window.add(5.0, 1.0, 3.0)
    window.add(2.0, 1.0, 1_000_000.0)
    assert (window.amount, window.seconds) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("length", "buckets"), [(1.0, 1), (10.0, 10), (600.0, BUCKETS), (30 * 86400.0, BUCKETS)]
)
def test_window_is_of_constant_size(length: float, buckets: int) -> None:
    window = Window(length)
    assert len(window._amounts) == len(window._seconds) == buckets


@given(
    st.floats(1.0, 2000.0),
    st.lists(st.tuples(st.floats(0.0, 300.0), st.floats(-1e3, 1e3)), max_size=60),
)
def test_window_is_the_sum_of_its_last_seconds(
    length: float, fed: list[tuple[float, float]]
) -> None:
    window = Window(length)
    now = 0.0
    seen: list[tuple[float, float]] = []
    for pause, amount in fed:
        now += pause
        seen.append((now, amount))
        window.add(amount, 1.0, now)
        width = window._width
        whole = [a for at, a in seen if int(at / width) > int(now / width) - window._count]
        assert window.amount == pytest.approx(sum(whole), abs=1e-6)
        assert window.seconds == pytest.approx(len(whole))


def test_average_waits_until_enough_is_covered() -> None:
    average = Average(600.0, 120.0)
    assert isnan(run(average, *steadily(0.9, 0, 120)))
    assert run(average, (120.0, 0.9)) == pytest.approx(0.9)


def test_average_is_weighed_by_time() -> None:
    average = Average(600.0, 120.0)
    # 0.2 for 100 s, read each second; then 0.8 for 100 s, read every ten.
    run(average, *steadily(0.2, 0, 101))
    assert run(average, *((float(s), 0.8) for s in range(110, 201, 10))) == pytest.approx(0.5)


def test_average_slides() -> None:
    average = Average(60.0, 60.0)
    run(average, *steadily(1.0, 0, 200))
    assert run(average, *steadily(0.0, 200, 230)) == pytest.approx(0.5, abs=0.02)
    assert run(average, *steadily(0.0, 230, 261)) == 0.0


def test_average_believes_one_value_after_a_hole_for_little_only() -> None:
    average = Average(600.0, 120.0)
    run(average, *steadily(0.0, 0, 301))
    # 200 s unseen: the first value stands for 60 s of them, not for 200.
    assert run(average, (500.0, 1.0)) == pytest.approx(60.0 / 360.0)


def test_average_warms_up_anew_after_a_hole_as_long_as_its_window() -> None:
    average = Average(600.0, 120.0)
    run(average, *steadily(0.0, 0, 301))
    assert isnan(run(average, (1000.0, 1.0)))
    assert isnan(run(average, (1119.0, 1.0)))
    assert run(average, (1121.0, 1.0)) == pytest.approx(1.0)


def test_average_of_a_slow_collector_is_its_value() -> None:
    assert run(Average(60.0, 60.0), (0.0, 0.5), (60.0, 0.7)) == pytest.approx(0.7)


def test_total_counts_from_the_first_pair() -> None:
    total = Total(600.0)
    assert run(total, (0.0, 2.0)) == 0.0
    assert run(total, *((float(second), 2.0) for second in range(1, 11))) == pytest.approx(20.0)


def test_total_forgets() -> None:
    total = Total(60.0)
    run(total, *steadily(1.0, 0, 100))
    assert run(total, *steadily(0.0, 100, 161)) == 0.0


@pytest.mark.parametrize(
    ("values", "growth"),
    [
        ([7.0], 0.0),
        ([7.0, 7.0, 9.0], 2.0),
        ([7.0, 9.0, 1.0, 4.0], 6.0),  # a reset: 2 before, 1 since, 3 more
        ([0.0, 1.0, 0.0, 1.0], 2.0),
    ],
)
def test_increase(values: list[float], growth: float) -> None:
    fed = [(float(second), value) for second, value in enumerate(values)]
    assert run(Increase(60.0), *fed) == growth


def test_increase_forgets_what_is_long_ago() -> None:
    increase = Increase(60.0)
    run(increase, (0.0, 1.0), (1.0, 5.0))
    assert run(increase, *steadily(5.0, 2, 59)) == 4.0
    assert run(increase, *steadily(5.0, 59, 63)) == 0.0


def test_flow_knows_since_when_it_knows() -> None:
    flow = Flow(60.0)
    flow.feed(1.0, 5.0)
    flow.feed(1.0, 50.0)
    assert flow.since == 5.0
    flow.feed(1.0, 200.0)
    assert flow.since == 200.0
