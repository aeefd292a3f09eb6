"""When something is full: trends, noise, deletions."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.alerts.conditions.forecast import NEVER, POINTS, Forecast, mended, trend
from sysmon_tui.model.rule import Op
from tests.alerts.conditions.feed import rule, values

HOUR = 3600.0
GIB = 2.0**30


def forecast(avail: Callable[[float], float], seconds: float = HOUR, over: float = HOUR) -> float:
    """What a reading every ten seconds comes to."""
    fed = [(10.0 * beat, avail(10.0 * beat)) for beat in range(int(seconds / 10.0) + 1)]
    return values(rule(measure="forecast", over=over, op=Op.LT), *fed)[-1]


def test_a_steady_fill_is_told_to_the_second() -> None:
    # 100 GiB at the beginning, 10 an hour: nine hours are left after one.
    assert forecast(lambda at: 100.0 * GIB - 10.0 * GIB * at / HOUR) == pytest.approx(9.0 * HOUR)


def test_nothing_is_told_before_a_fifth_of_the_window() -> None:
    def avail(at: float) -> float:
        return 100.0 * GIB - at * GIB / 10.0

    assert isnan(forecast(avail, seconds=0.15 * HOUR))
    assert forecast(avail, seconds=0.25 * HOUR) < HOUR


def test_what_stands_still_or_empties_is_never_full() -> None:
    assert forecast(lambda at: 100.0 * GIB) == NEVER
    assert forecast(lambda at: 100.0 * GIB + at) == NEVER


def test_what_is_full_is_full_now() -> None:
    assert forecast(lambda at: 0.0) == 0.0


def test_one_large_deletion_does_not_hide_that_it_fills() -> None:
    def avail(at: float) -> float:
        return 100.0 * GIB - 10.0 * GIB * at / HOUR + (50.0 * GIB if at >= 0.6 * HOUR else 0.0)

    assert forecast(avail) == pytest.approx(14.0 * HOUR, rel=0.01)


def test_filling_and_clearing_by_turns_is_no_trend() -> None:
    # Ten minutes of writing, then all of it is deleted: a build directory.
    assert forecast(lambda at: 100.0 * GIB - GIB * (at % 600.0)) > 24.0 * HOUR


def test_noise_is_no_trend() -> None:
    noise = random.Random(1)
    for _ in range(20):
        said = forecast(lambda at: 100.0 * GIB + noise.gauss(0.0, GIB))
        assert said > 48.0 * HOUR


def test_noise_only_widens_the_band() -> None:
    noise = random.Random(2)
    said = forecast(lambda at: 100.0 * GIB - 10.0 * GIB * at / HOUR + noise.gauss(0.0, GIB / 4.0))
    assert 9.0 * HOUR < said < 11.0 * HOUR


def test_a_gauge_may_rise_to_its_end() -> None:
    of = rule(measure="forecast", over=HOUR, toward=1.0, op=Op.LT)
    fed = [(10.0 * beat, 0.5 + beat / 3600.0) for beat in range(361)]
    assert values(of, *fed)[-1] == pytest.approx(4.0 * HOUR)


def test_memory_is_constant_and_the_trend_seldom_worked_out() -> None:
    measure = Forecast(HOUR, 0.0)
    for second in range(20_000):
        measure.feed(1e9 - second, float(second))
        assert len(measure._points) <= POINTS + 1


def test_the_band_is_around_the_middle() -> None:
    noise = random.Random(4)
    points = [(float(at), 2.0 * at + noise.gauss(0.0, 3.0)) for at in range(30)]
    found = trend(points)
    assert found.low < found.middle < found.high
    assert found.low < 2.0 < found.high
    assert trend([(0.0, 0.0), (1.0, 2.0)]) == (2.0, 2.0, 2.0)


POINT_LISTS = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=31)


@given(POINT_LISTS, st.sampled_from([1.0, -1.0]))
def test_mending_touches_one_step_at_most(course: list[float], direction: float) -> None:
    points = [(float(at), value) for at, value in enumerate(course)]
    after = mended(points, direction)
    steps = [two[1] - one[1] for one, two in pairwise(points)]
    now = [two[1] - one[1] for one, two in pairwise(after)]
    changed = [(old, new) for old, new in zip(steps, now, strict=True) if abs(old - new) > 1e-3]
    assert len(changed) <= 1
    assert all(direction * old < 0.0 for old, _ in changed)
