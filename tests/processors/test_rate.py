from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.processors.rate import Rates
from tests.processors.batches import batch

A, B = labels(device="a"), labels(device="b")


def fed(*moments: tuple[float, dict[Labels, float]], max_gap: float = 300.0) -> Rates:
    rates = Rates(max_gap)
    for mono, family in moments:
        rates.feed(batch(mono, {"x_total": family}))
    return rates


def test_one_batch_tells_no_rate() -> None:
    rates = Rates()
    assert rates.feed(batch(0.0, {"x_total": {A: 5.0}})) is False
    assert rates.increase("x_total") == {}
    assert rates.per_second("x_total") == {}


def test_a_pair_tells_the_increase_a_second() -> None:
    rates = fed((10.0, {A: 5.0, B: 1.0}), (12.0, {A: 9.0, B: 1.0}))
    assert rates.elapsed == 2.0
    assert rates.increase("x_total") == {A: 4.0, B: 0.0}
    assert rates.per_second("x_total") == {A: 2.0, B: 0.0}


def test_the_pair_moves_on() -> None:
    rates = fed((0.0, {A: 0.0}), (1.0, {A: 10.0}), (2.0, {A: 11.0}))
    assert rates.increase("x_total") == {A: 1.0}


def test_series_seen_once_and_families_not_there_are_left_out() -> None:
    rates = fed((0.0, {A: 1.0}), (1.0, {B: 2.0}))
    assert rates.increase("x_total") == {}
    assert rates.increase("y_total") == {}


def test_a_reset_counts_what_was_counted_since() -> None:
    assert fed((0.0, {A: 1000.0}), (1.0, {A: 7.0})).increase("x_total") == {A: 7.0}


def test_a_small_step_back_is_forgiven_where_asked() -> None:
    rates = fed((0.0, {A: 1000.0, B: 1000.0}), (1.0, {A: 999.5, B: 2.0}))
    assert rates.increase("x_total", 3.0) == {A: 0.0, B: 2.0}


@pytest.mark.parametrize("later", [10.0, 9.0, 310.5])
def test_no_rate_over_a_clock_that_stands_or_a_gap(later: float) -> None:
    rates = fed((10.0, {A: 1.0}), (later, {A: 2.0}))
    assert rates.elapsed == 0.0
    assert rates.per_second("x_total") == {}


counts = st.floats(0.0, 1e19)


@given(st.lists(st.tuples(st.floats(0.0, 1e9), counts), min_size=2, max_size=20))
def test_a_rate_is_never_negative(moments: list[tuple[float, float]]) -> None:
    rates = Rates()
    for mono, value in moments:
        rates.feed(batch(mono, {"x_total": {A: value}}))
        for rate in rates.increase("x_total").values():
            assert isfinite(rate)
            assert rate >= 0.0
