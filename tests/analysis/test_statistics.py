from __future__ import annotations

from math import inf, nan
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.analysis.statistics import mean, means, quantile, reached, unusual


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_quantiles_are_those_of_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)
    expected = quantiles(ordered, n=20, method="inclusive")
    assert quantile(ordered, 0.5) == pytest.approx(expected[9], abs=1e-6)
    assert quantile(ordered, 0.95) == pytest.approx(expected[18], abs=1e-6)


def test_a_quantile_of_little() -> None:
    assert quantile([], 0.5) != quantile([], 0.5)
    assert quantile([3.0], 0.99) == 3.0


def test_what_is_unusual_is_told_in_runs() -> None:
    calm = [0.1, 0.12, 0.11, 0.09, 0.1, 0.11, 0.1, 0.12]
    found = unusual([*calm, 0.9, 0.95, nan, *calm, -0.9, 0.9], least=0.1)
    assert [(one.begin, one.end, one.value) for one in found] == [
        (8, 10, 0.95),
        (19, 20, -0.9),
        (20, 21, 0.9),
    ]
    assert found[0].score > 6.0
    assert found[1].score < -6.0


def test_a_breath_on_a_calm_machine_is_not() -> None:
    assert unusual([0.0] * 50 + [0.05], least=0.1) == []
    (one,) = unusual([0.0] * 50 + [0.5], least=0.1)
    assert one.score == 99.0
    assert unusual([0.0, 1.0], least=0.1) == []


def test_a_line_reaches_its_bound() -> None:
    points = [(60.0 * n, 0.5 + 0.001 * n) for n in range(201)]
    found = reached(points, 1.0)
    assert found is not None
    assert found == pytest.approx((18_000.0, 18_000.0, 18_000.0), rel=0.001)


def test_noise_makes_a_band() -> None:
    points = [(60.0 * n, 0.5 + 0.001 * n + 0.01 * (n * 7919 % 7 - 3)) for n in range(60)]
    found = reached(points, 1.0)
    assert found is not None
    assert found.early < found.middle < found.late < inf
    assert found.middle == pytest.approx(26_500.0, rel=0.1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.5] * 20, (inf, inf, inf)),
        ([0.9 - 0.01 * n for n in range(20)], (inf, inf, inf)),
        ([1.0] * 20, (0.0, 0.0, 0.0)),
        ([0.5] * 7, None),
        ([nan] * 20, None),
    ],
)
def test_where_there_is_no_way(values: list[float], expected: object) -> None:
    assert reached([(60.0 * n, value) for n, value in enumerate(values)], 1.0) == expected


def test_means() -> None:
    assert means([1.0, 3.0, nan, 5.0, nan, nan, 7.0], 2)[:2] == [2.0, 5.0]
    assert mean([nan]) != mean([nan])
