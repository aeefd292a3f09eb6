"""Spans counted one by one and all at once make the same curve."""

from __future__ import annotations

from math import nan

from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.curve import Curve, Stats

figures = st.floats(-1e6, 1e6)
spans = st.one_of(
    st.builds(Stats, st.integers(1, 60).map(float), figures, figures, figures, figures),
    # One sample of a counter has a value and no rate yet; a gap has nothing.
    figures.map(lambda last: Stats(0.0, nan, nan, nan, last)),
    st.just(Stats(0.0, nan, nan, nan, nan)),
)


@given(st.lists(st.tuples(st.floats(-50.0, 200.0), spans)))
def test_many_spans_at_once(found: list[tuple[float, Stats]]) -> None:
    found.sort(key=lambda pair: pair[0])
    one_by_one, at_once = Curve(0.0, 10.0, 12), Curve(0.0, 10.0, 12)
    for wall, stats in found:
        one_by_one.add(wall, stats)
    columns = list(zip(*(stats for _, stats in found), strict=True)) or [()] * 5
    at_once.add_all([wall for wall, _ in found], columns)
    assert at_once == one_by_one


@given(
    st.integers(-3, 12),
    st.lists(spans, min_size=1, max_size=14),
    st.lists(st.tuples(st.floats(0.0, 120.0), spans), max_size=2),
)
def test_spans_that_are_a_bucket_each(
    first: int, found: list[Stats], before: list[tuple[float, Stats]]
) -> None:
    """What comes from rollups as wide as the buckets, some of which have something already."""
    one_by_one, at_once = Curve(0.0, 10.0, 12), Curve(0.0, 10.0, 12)
    walls = [10.0 * (first + number) for number in range(len(found))]
    for wall, stats in [*before, *zip(walls, found, strict=True)]:
        one_by_one.add(wall, stats)
    for wall, stats in before:
        at_once.add(wall, stats)
    at_once.add_all(walls, list(zip(*found, strict=True)))
    assert at_once == one_by_one
