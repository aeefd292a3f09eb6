"""A ring keeps the newest samples and counts them all."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.series import Ring


def filled(capacity: int, values: list[float]) -> Ring:
    ring = Ring(capacity)
    for value in values:
        ring.append(value)
    return ring


@given(st.integers(1, 9), st.lists(st.lists(st.floats(allow_nan=False), max_size=7)))
def test_many_at_once_are_one_by_one(capacity: int, parts: list[list[float]]) -> None:
    ring = Ring(capacity)
    for part in parts:
        ring.extend(part)
    single = filled(capacity, [value for part in parts for value in part])
    assert ring.last(capacity) == single.last(capacity)
    assert ring.total == single.total


@given(
    st.integers(1, 9),
    st.lists(st.floats(allow_nan=False)),
    st.integers(-2, 12),
)
def test_last_is_the_tail_of_everything_appended(
    capacity: int, values: list[float], count: int
) -> None:
    ring = filled(capacity, values)
    kept = values[-capacity:]

    assert list(ring.last(count)) == (kept[-count:] if count > 0 else [])
    assert len(ring) == len(kept)
    assert ring.total == len(values)
    assert ring.capacity == capacity


def test_last_is_a_copy() -> None:
    ring = filled(4, [1.0, 2.0])

    ring.last(2)[0] = 9.0

    assert list(ring.last(2)) == [1.0, 2.0]


def test_figures_leave_gaps_out() -> None:
    ring = filled(5, [100.0, 1.0, nan, 3.0, nan])

    assert (ring.minimum(4), ring.mean(4), ring.maximum(4)) == (1.0, 2.0, 3.0)
    assert ring.maximum(5) == 100.0


@pytest.mark.parametrize("values", [[], [nan, nan]])
def test_figures_of_nothing_are_unknown(values: list[float]) -> None:
    ring = filled(3, values)

    assert all(map(isnan, (ring.minimum(3), ring.mean(3), ring.maximum(3))))


def test_a_ring_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Ring(0)
