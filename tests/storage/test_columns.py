"""A part of a column is what is there in the whole of it."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.storage import codec
from sysmon_tui.storage.columns import Columns, decode
from tests.storage.test_codec import doubles

counters = st.tuples(
    st.integers(-(2**40), 2**40),
    st.lists(st.integers(0, 2**33), min_size=1, max_size=40),
    st.sampled_from([1.0, 0.01, 0.001, 4096.0]),
).map(lambda made: [(made[0] + sum(made[1][:row])) * made[2] for row in range(len(made[1]))])
"""Straight lines with a little on top, of every width that takes."""
lists = st.one_of(counters, st.lists(doubles, min_size=1, max_size=40))


def some_of(values: list[float]) -> st.SearchStrategy[tuple[list[float], list[int]]]:
    rows = st.lists(st.integers(0, len(values) - 1), min_size=1, unique=True).map(sorted)
    window = st.integers(0, len(values) - 1).flatmap(
        lambda first: st.integers(first, len(values) - 1).map(
            lambda last: list(range(first, last + 1))
        )
    )
    return st.tuples(st.just(values), st.one_of(rows, window))


@given(lists.flatmap(some_of), lists, st.sampled_from(["exact", "rough", "quick"]), st.booleans())
def test_a_part_is_the_whole_cut_to_it(
    made: tuple[list[float], list[int]], beside: list[float], how: str, known: bool
) -> None:
    """Beside another column, whose residuals stand before or behind those of this one."""
    values, rows = made
    other = [beside[row % len(beside)] for row in range(len(values))]
    table = [array("d", column) for column in (other, values, other)]
    if how == "quick":
        body = codec.encode_quickly(table)
    else:
        body = codec.encode(table, range(3) if how == "rough" else ())
    whole = decode(body, 3, len(values))[1]
    columns = Columns(body, 3, len(values))
    if known:
        assert columns[1].tobytes() == whole.tobytes()
    expected = array("d", [whole[row] for row in rows])
    assert array("d", columns.part(1, rows)).tobytes() == expected.tobytes()


def test_columns_without_a_row_are_refused() -> None:
    """Of a constant nothing but the header is left, whatever its length."""
    body = codec.encode([array("d", [7.0])])
    with pytest.raises(ValueError, match="no row"):
        Columns(body, 1, 0)
