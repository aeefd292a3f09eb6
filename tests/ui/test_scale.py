"""Heights stay in range whatever the figures; scales do not jump."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.ui.scale import levels, nice_top


def test_heights_rise_from_one_to_the_top() -> None:
    values = [-1.0, 0.0, 0.1, 0.5, 0.99, 1.0, 7.0, inf, -inf, nan]

    assert levels(values, 8, top=1.0) == [1, 1, 1, 4, 8, 8, 8, 8, 1, 0]


def test_the_bottom_may_be_anywhere() -> None:
    assert levels([10.0, 15.0, 20.0], 4, top=20.0, bottom=10.0) == [1, 2, 4]


@pytest.mark.parametrize("top", [0.0, -1.0, nan, inf, 1e-300])
def test_no_scale_is_a_flat_line(top: float) -> None:
    assert levels([0.0, 5.0, nan], 8, top=top) == [1, 1, 0]


@given(
    st.lists(st.floats()),
    st.integers(1, 252),
    st.floats(),
    st.floats(),
)
def test_heights_never_leave_their_range(
    values: list[float], steps: int, top: float, bottom: float
) -> None:
    heights = levels(values, steps, top=top, bottom=bottom)

    assert len(heights) == len(values)
    for value, height in zip(values, heights, strict=True):
        assert (height == 0) == (value != value)
        assert 0 <= height <= steps


@given(st.lists(st.floats(0.0, 1e6), min_size=2), st.integers(2, 200))
def test_higher_figures_are_not_drawn_lower(values: list[float], steps: int) -> None:
    heights = levels(sorted(values), steps, top=1e6)

    assert heights == sorted(heights)


@pytest.mark.parametrize(
    ("maximum", "top"),
    [
        (0.0, 1.0),
        (nan, 1.0),
        (inf, 1.0),
        (1.0, 1.0),
        (1.01, 2.0),
        (3.0, 5.0),
        (99.0, 100.0),
        (100.0, 100.0),
        (501.0, 1000.0),
        (1.001e9, 2e9),
    ],
)
def test_a_scale_ends_at_a_round_figure(maximum: float, top: float) -> None:
    assert nice_top(maximum) == pytest.approx(top)


def test_bytes_are_counted_in_powers_of_1024() -> None:
    assert nice_top(300_000.0, binary=True) == 500 * 1024
    assert nice_top(512_001.0, binary=True) == 1024**2
    assert nice_top(0.0, binary=True, least=1024.0) == 1024


def test_small_scales_go_down_to_the_least() -> None:
    assert nice_top(0.03, least=0.1) == pytest.approx(0.1)
    assert nice_top(0.13, least=0.1) == pytest.approx(0.2)


def test_a_scale_grows_at_once_and_shrinks_late() -> None:
    tops = []
    top = 0.0
    for maximum in (40.0, 51.0, 49.0, 36.0, 34.0, 36.0, 49.0, 50.5):
        top = nice_top(maximum, top)
        tops.append(top)

    assert tops == [50.0, 100.0, 100.0, 100.0, 50.0, 50.0, 50.0, 100.0]


@given(st.floats(0.0, 1e300), st.floats(0.0, 1e300), st.booleans())
def test_a_scale_holds_what_it_is_for(maximum: float, previous: float, binary: bool) -> None:
    top = nice_top(maximum, previous, binary=binary)

    assert top >= maximum * (1.0 - 1e-8)
    # Settled: asking again changes nothing.
    assert nice_top(maximum, top, binary=binary) == top
