"""Bars fill as they should; sparklines move without changing their shape."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sysmon_tui.ui.braille import ROWS
from sysmon_tui.ui.glyphs import ASCII, BLOCK, SETS, UNICODE, Glyphs
from sysmon_tui.ui.spark import bar, segments, sparkline

SHAPES = st.sampled_from(list(SETS.values()))
FIGURES = st.floats(0.0, 1.0) | st.just(nan)


@pytest.mark.parametrize(
    ("ratio", "drawn"),
    [
        (0.0, "────"),
        (0.001, "╾───"),
        (0.25, "━───"),
        (0.375, "━╾──"),
        (0.5, "━━──"),
        (1.0, "━━━━"),
        (7.0, "━━━━"),
        (inf, "━━━━"),
        (-1.0, "────"),
        (nan, "    "),
    ],
)
def test_a_bar_fills_by_half_cells(ratio: float, drawn: str) -> None:
    assert "".join(bar(ratio, 4, UNICODE)) == drawn


def test_bars_of_the_other_sets() -> None:
    assert bar(0.4, 4, BLOCK) == ("█▋", "░░")
    assert bar(0.4, 4, ASCII) == ("##", "--")
    assert bar(nan, 4, ASCII) == ("", "    ")


@given(st.floats(), st.integers(-1, 40), SHAPES)
def test_a_bar_is_as_wide_as_asked(ratio: float, width: int, shapes: Glyphs) -> None:
    filled, empty = bar(ratio, width, shapes)

    assert cell_len(filled + empty) == max(width, 0)
    assert bool(filled) == (ratio > 0.0 and width > 0)


def test_parts_lie_side_by_side() -> None:
    parts = [(0.5, "series-1"), (0.0, "series-2"), (0.26, "series-3")]

    assert segments(parts, 8, ASCII) == (
        ("####", "series-1"),
        ("%%", "series-3"),
        ("--", "bar-empty"),
    )


def test_parts_that_exceed_the_bar_are_cut() -> None:
    assert segments([(0.8, "ok"), (0.8, "warning")], 5, ASCII) == (("####", "ok"), ("=", "warning"))
    assert segments([(nan, "ok"), (-1.0, "ok")], 3, ASCII) == (("---", "bar-empty"),)


@given(st.lists(st.tuples(st.floats(), st.just("ok")), max_size=8), st.integers(0, 30), SHAPES)
def test_parts_and_rest_are_as_wide_as_asked(
    parts: list[tuple[float, str]], width: int, shapes: Glyphs
) -> None:
    assert sum(cell_len(text) for text, _ in segments(parts, width, shapes)) == width


def spark(values: list[float], width: int, height: int, end: int, shapes: Glyphs) -> list[str]:
    return sparkline(values, width, height, top=1.0, end_index=end, glyphs=shapes)


def test_dots_rise_with_the_figures() -> None:
    ramp = [0.0, 0.25, 0.5, 0.75, 1.0, nan]

    assert spark(ramp, 3, 1, 6, UNICODE) == ["⣀⣴⡇"]
    assert spark(ramp, 3, 2, 6, UNICODE) == [" ⢠⡇", "⣠⣿⡇"]


def test_an_odd_sample_waits_for_the_other_half_of_its_cell() -> None:
    assert spark([1.0, 1.0, 1.0], 2, 1, 3, UNICODE) == ["⣿⡇"]
    assert spark([1.0, 1.0, 1.0], 2, 1, 4, UNICODE) == ["⢸⣿"]


def test_blocks_show_the_greater_of_two_samples() -> None:
    assert spark([0.0, 1.0, 0.5, 0.0, nan, nan], 3, 1, 6, BLOCK) == ["█▄ "]
    assert spark([0.0, 1.0, 0.5, 0.0, nan, nan], 3, 2, 6, BLOCK) == ["█  ", "██ "]
    assert spark([0.0, 0.2, 0.5, 0.0, nan, nan], 3, 1, 6, ASCII) == [".= "]


@given(
    st.lists(FIGURES, max_size=60),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(0, 1),
    SHAPES,
)
def test_two_samples_later_the_picture_has_moved_by_one_cell(
    values: list[float], width: int, height: int, parity: int, shapes: Glyphs
) -> None:
    end = 1000 + parity
    # The cell that is still waiting for its other half is the one that may change.
    settled = width - parity
    before = spark(values, width, height, end, shapes)
    after = spark([*values, 0.3, 0.6], width, height, end + 2, shapes)

    assert [row[1:settled] for row in before] == [row[: settled - 1] for row in after]


@given(
    st.lists(st.floats(), max_size=30),
    st.integers(-1, 12),
    st.integers(0, 4),
    st.integers(0, 9),
    SHAPES,
)
def test_a_sparkline_is_as_large_as_asked(
    values: list[float], width: int, height: int, end: int, shapes: Glyphs
) -> None:
    rows = spark(values, width, height, end, shapes)

    assert [cell_len(row) for row in rows] == [max(0, width)] * height


def test_all_samples_of_an_even_end_are_drawn() -> None:
    assert spark([1.0] * 99, 3, 1, 99, UNICODE) == ["⣿⣿⡇"]
    assert spark([1.0] * 98, 3, 1, 98, UNICODE) == ["⣿⣿⣿"]


@pytest.mark.parametrize("shapes", SETS.values(), ids=SETS)
def test_what_is_too_high_is_blank_at_the_top(shapes: Glyphs) -> None:
    rows = spark([1.0] * 4, 2, ROWS + 2, 4, shapes)

    assert rows[:2] == ["  ", "  "]
    assert set(rows[2:]) == {"⣿⣿" if shapes.braille else shapes.levels[-1] * 2}
