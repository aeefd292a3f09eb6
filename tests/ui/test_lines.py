"""Lines are exactly as wide as asked, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cached_cell_len

from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.lines import cells, clip, column, fit, heading, inner, panel, spread, width_of
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.table import Column, fitting, table

GLYPHS = glyphs("unicode")
TEXT = st.text(st.sampled_from("ab 漢字é─"), max_size=20)
LINES = st.lists(st.tuples(TEXT, st.sampled_from(["text", "dim"])), max_size=5).map(tuple)


def test_charts_that_were_measured_are_not_remembered() -> None:
    before = cached_cell_len.cache_info().currsize
    charts = [chr(code) * 60 for code in range(0x2800, 0x2900)]
    assert {cells(chart) for chart in charts} == {60}
    assert cached_cell_len.cache_info().currsize == before


@given(LINES, st.integers(0, 60))
def test_fit(line: Line, width: int) -> None:
    assert width_of(fit(line, width)) == width


@given(LINES, LINES, st.integers(0, 60))
def test_spread(left: Line, right: Line, width: int) -> None:
    line = spread(left, right, width)
    assert width_of(line) == width
    if width_of(right) <= width:
        assert "".join(text for text, _ in line).endswith("".join(text for text, _ in right))


@given(TEXT, st.integers(0, 30), st.booleans())
def test_column(text: str, width: int, right: bool) -> None:
    assert width_of(((column(text, width, "…", right=right), ""),)) == width


@given(TEXT, st.integers(0, 30))
def test_clip_never_widens(text: str, width: int) -> None:
    assert width_of(((clip(text, width, "…"), ""),)) <= max(width, 0)


def test_clip_says_that_something_is_missing() -> None:
    assert clip("abcdef", 4, "…") == "abc…"
    assert clip("abc", 4, "…") == "abc"


@given(st.text("abc ", max_size=40), st.text("xyz ", max_size=40), st.integers(12, 80))
def test_headings_fill_the_width(title: str, note: str, width: int) -> None:
    assert width_of(heading(title, note, width, GLYPHS, focused=False)) == width


@pytest.mark.parametrize("boxed", [True, False])
@given(content=st.lists(LINES, max_size=12), width=st.integers(12, 80), height=st.integers(3, 12))
def test_panels(boxed: bool, content: list[Line], width: int, height: int) -> None:
    lines = panel("title", "note", content, width, height, GLYPHS, boxed=boxed)
    if boxed:
        assert len(lines) == height
        assert {width_of(line) for line in lines} == {width}
    else:
        assert len(lines) == min(height, len(content) + 1)
    room, rows = inner(width, height, boxed=boxed)
    assert (room, rows) == ((width - 4, height - 2) if boxed else (width, height - 1))


COLUMNS = (
    Column("name", 0, right=False),
    Column("size", 6),
    Column("rare", 8, drop=2),
    Column("seldom", 8, drop=1),
)


@pytest.mark.parametrize(
    ("width", "kept"), [(60, [0, 1, 2, 3]), (30, [0, 1, 3]), (20, [0, 1]), (5, [0, 1])]
)
def test_the_least_needed_column_goes_first(width: int, kept: list[int]) -> None:
    assert fitting(COLUMNS, width) == kept


def test_a_table_aligns_and_joins_equal_roles() -> None:
    row = (("a long name indeed", "text"), ("1.2G", "text"), ("x", "dim"), ("y", "dim"))
    title, line = table(COLUMNS, [row], 22, GLYPHS)
    assert "".join(text for text, _ in title) == "name              size"
    assert line == (("a long name in…   1.2G", "text"),)
