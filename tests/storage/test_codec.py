"""Columns to bytes and back."""

from __future__ import annotations

from array import array
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.storage import codec
from sysmon_tui.storage.columns import decode

doubles = st.one_of(
    st.floats(width=64),
    st.integers(-(2**62), 2**62).map(float),
    st.integers(-(10**15), 10**15).map(lambda n: n / 1000),
    st.integers(0, 10**18).map(lambda n: n / 10**9),
)
tables = st.integers(1, 20).flatmap(
    lambda count: st.lists(st.lists(doubles, min_size=count, max_size=count), max_size=6)
)


def columns(*rows: list[float]) -> list[array[float]]:
    return [array("d", values) for values in rows]


def same(found: list[array[float]], expected: list[array[float]]) -> bool:
    return [column.tobytes() for column in found] == [column.tobytes() for column in expected]


@given(tables, st.booleans())
def test_every_bit_comes_back(rows: list[list[float]], quick: bool) -> None:
    given_columns = columns(*rows)
    body = (codec.encode_quickly if quick else codec.encode)(given_columns)
    count = len(rows[0]) if rows else 0
    assert same(decode(body, len(rows), count), given_columns)


HEADER = 18
"""Bytes of a column without residuals."""


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ([7.5] * 100, 0),
        ([nan] * 100, 0),
        ([-0.0] * 100, 0),
        ([float(n) for n in range(0, 700, 7)], 0),
        ([n * 0.01 for n in range(100)], 0),
        ([n / 1000 for n in range(100)], 0),
        ([1.7e9 + n * 1e-3 for n in range(100)], 0),
        ([1.7e9 + (n * n % 7) * 1e-7 for n in range(100)], 200),
        ([float(n * n % 200) for n in range(100)], 100),
        ([float(n * n) for n in range(100)], 99),
        ([float(n * n % 50_000) for n in range(0, 1000, 10)], 200),
        ([float(n**7 % 1_000_003) for n in range(100)], 400),
        ([0.0, -0.0] * 50, 800),
        ([1.0, nan] * 50, 800),
        ([1.0, inf] * 50, 800),
        ([1e300, 1.5e300] * 50, 800),
        ([1 / 3, 1 / 7] * 50, 800),
    ],
)
def test_a_column_takes_the_smallest_width_that_holds_it(values: list[float], size: int) -> None:
    body = codec.encode(columns(values))
    assert len(body) == HEADER + size
    assert same(decode(body, 1, len(values)), columns(values))


def test_quick_takes_whole_doubles() -> None:
    table = columns([3.0] * 10, [float(n) for n in range(10)])
    body = codec.encode_quickly(table)
    assert len(body) == 2 * HEADER + 160
    assert same(decode(body, 2, 10), table)


def broken() -> list[tuple[str, bytes]]:
    body = codec.encode(columns([float(n * n) for n in range(10)]))
    return [
        ("too short for its columns", body[:10]),
        ("not as long as its columns", body[:-1]),
        ("not as long as its columns", body + b"\0"),
        ("unknown width", b"\xff" + body[1:]),
        ("unknown scale", body[:1] + b"\xff" + body[2:]),
    ]


@pytest.mark.parametrize(("problem", "body"), broken())
def test_nonsense_is_refused(problem: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=problem):
        decode(body, 1, 10)


@given(st.binary(max_size=200), st.integers(0, 5), st.integers(1, 20))
def test_garbage_is_refused_or_decoded_but_nothing_else(
    body: bytes, width: int, count: int
) -> None:
    try:
        decoded = decode(body, width, count)
    except (ValueError, OverflowError):
        return
    assert [len(column) for column in decoded] == [count] * width


@given(st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=50))
def test_roughly_is_to_sixteen_bits(values: list[float]) -> None:
    (found,) = decode(codec.encode(columns(values), {0}), 1, len(values))
    for rough, exact in zip(found, values, strict=True):
        assert abs(rough - exact) <= 2**-16 * abs(exact) + 1e-37


def test_roughly_takes_three_bytes_and_keeps_gaps() -> None:
    values = [1 / 3, nan, 2 / 3, 0.0] * 20
    body = codec.encode(columns(values), {0})
    assert len(body) == HEADER + 3 * len(values)
    (found,) = decode(body, 1, len(values))
    assert [value != value for value in found] == [value != value for value in values]


def test_what_a_single_cannot_hold_stays_exact() -> None:
    values = [1e300, 1 / 3]
    assert same(decode(codec.encode(columns(values), {0}), 1, 2), columns(values))


def test_percentages_as_ratios_are_integers() -> None:
    """As the kernel's pressure averages are read: 96.70 * 0.01 is not 0.967."""
    values = [n * 7 % 100 / 100 * 0.01 for n in range(100)]
    body = codec.encode(columns(values))
    assert len(body) == HEADER + len(values)
    assert same(decode(body, 1, len(values)), columns(values))
