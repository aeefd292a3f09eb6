"""Charts keep their size, their shape while they move, and say what they show."""

from __future__ import annotations

from itertools import pairwise
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sysmon_tui.model import units
from sysmon_tui.ui.chart import AXIS, chart, legend, nice_top, plot_width, time_axis
from sysmon_tui.ui.glyphs import ASCII, BLOCK, SETS, UNICODE, Glyphs
from sysmon_tui.ui.lines import width_of
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.themes import ROLES

SHAPES = st.sampled_from(list(SETS.values()))
FIGURES = st.floats(0.0, 1.0) | st.just(nan)
Values = list[float]


def draw(
    *series: Values,
    width: int,
    height: int,
    shapes: Glyphs = UNICODE,
    end: int = 1000,
    fill: bool = False,
) -> list[Line]:
    return chart(
        [(values, f"series-{number}") for number, values in enumerate(series, start=1)],
        width,
        height,
        top=1.0,
        end_index=end,
        seconds_per_sample=1.0,
        glyphs=shapes,
        format_value=units.percent,
        fill=fill,
    )


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_line_joins_its_samples() -> None:
    # Three rows have no room for the x axis, eight columns none for the y axis.
    assert texts(draw([0.0, 1.0, 1.0, 0.0], [], width=2, height=3)) == ["⢸⢱", "⢸⢸", "⡸⢸"]
    assert texts(draw([0.5, 0.5, nan, 0.5], [], width=2, height=1)) == ["⠤⠠"]


def test_a_series_alone_is_an_area() -> None:
    assert texts(draw([0.0, 0.5, 1.0, 0.5], width=2, height=2)) == [" ⡇", "⣸⣿"]


def test_the_first_series_fills_on_request_and_lines_leave_a_gap_in_it() -> None:
    area, line = [1.0] * 6, [nan, nan, 0.5, 0.5, nan, nan]

    assert draw(area, line, width=3, height=1, fill=True) == [
        (("⣿", "series-1"), ("⠤", "series-2"), ("⣿", "series-1"))
    ]


def test_a_cell_has_the_colour_of_the_last_series_in_it() -> None:
    low, high = [0.0] * 4, [nan, nan, 1.0, 1.0]

    assert draw(low, high, width=2, height=1) == [(("⣀", "series-1"), ("⣉", "series-2"))]


def test_blank_cells_join_their_neighbours() -> None:
    gaps = [nan, nan, 0.0, 0.0, nan, nan, 0.0, 0.0, nan, nan]

    assert draw(gaps, [], width=5, height=1) == [((" ⣀ ⣀ ", "series-1"),)]
    assert draw([], [], width=5, height=1) == [(("     ", "text"),)]


def test_the_whole_picture() -> None:
    ramp = [index / 40 for index in range(40)]

    assert texts(draw(ramp, width=AXIS + 20, height=7)) == [
        "  100%┤                 ⢀⣤⣶",
        "      │              ⣀⣴⣾⣿⣿⣿",
        "      │          ⢀⣠⣴⣿⣿⣿⣿⣿⣿⣿",
        "   50%┤       ⢀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
        "      │    ⣀⣴⣾⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
        "    0%┤⣀⣠⣴⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
        "      └─ -30s ───────── now",
    ]


def test_ascii_draws_a_mark_for_each_series() -> None:
    step = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    flat = [0.5] * 6

    assert texts(draw(step, flat, width=3, height=3, shapes=ASCII)) == [" **", "ooo", "*  "]
    assert texts(draw(step, [], width=3, height=3, shapes=BLOCK)) == [" ••", " │ ", "•  "]
    assert draw(step, flat, width=3, height=3, shapes=ASCII)[0] == ((" **", "series-1"),)


def test_ascii_fills_too() -> None:
    step = [0.0, 0.0, 1.0, 1.0, nan, nan]

    assert texts(draw(step, width=3, height=2, shapes=ASCII)) == [" # ", "_# "]
    assert draw(step, [1.0] * 6, width=3, height=1, shapes=ASCII, fill=True) == [
        (("ooo", "series-2"),)
    ]


@given(
    st.lists(st.lists(st.floats(), max_size=50), max_size=3),
    st.integers(-1, 40),
    st.integers(-1, 12),
    st.integers(0, 9),
    st.booleans(),
    SHAPES,
)
def test_a_chart_is_as_large_as_asked(
    series: list[Values], width: int, height: int, end: int, fill: bool, shapes: Glyphs
) -> None:
    lines = draw(*series, width=width, height=height, shapes=shapes, end=end, fill=fill)

    assert [width_of(line) for line in lines] == [max(0, width)] * max(0, height)
    assert {role for line in lines for _, role in line} <= set(ROLES)
    assert not shapes.ascii or all(text.isascii() for text in texts(lines))


@given(st.lists(st.lists(st.floats(0.0, 1.0), max_size=50), max_size=3), SHAPES, st.booleans())
def test_neighbouring_spans_differ_in_role(
    series: list[Values], shapes: Glyphs, fill: bool
) -> None:
    for line in draw(*series, width=30, height=8, shapes=shapes, fill=fill)[:-1]:
        assert all(one[1] != other[1] for one, other in pairwise(line))
        assert all(text for text, _ in line)


@given(
    st.lists(st.lists(FIGURES, min_size=30, max_size=30), min_size=1, max_size=3),
    st.integers(0, 1),
    SHAPES,
    st.booleans(),
)
def test_two_samples_later_the_picture_has_moved_by_one_cell(
    series: list[Values], parity: int, shapes: Glyphs, fill: bool
) -> None:
    # Ten columns have no y axis, three rows no x axis.
    end = 1000 + parity
    settled = 10 - parity
    before = texts(draw(*series, width=10, height=3, shapes=shapes, end=end, fill=fill))
    longer = [[*values, 0.3, 0.6] for values in series]
    after = texts(draw(*longer, width=10, height=3, shapes=shapes, end=end + 2, fill=fill))

    assert [row[1:settled] for row in before] == [row[: settled - 1] for row in after]


def test_more_rows_than_levels_stay_blank_at_the_top() -> None:
    lines = texts(draw([1.0] * 4, width=2, height=70))

    assert lines[:6] == ["  "] * 6
    assert lines[6] == "⣿⣿"


def test_the_y_axis_gives_way() -> None:
    assert plot_width(60) == 60 - AXIS
    assert plot_width(AXIS + 9) == AXIS + 9
    assert texts(draw([1.0], width=AXIS + 9, height=3))[0] == " " * (AXIS + 8) + "⢸"


def labels_of(top: float, format_value: object = units.rate, height: int = 8) -> list[str]:
    assert callable(format_value)
    lines = chart(
        [([0.0], "series-1")],
        40,
        height,
        top=top,
        bottom=0.0,
        end_index=0,
        seconds_per_sample=1.0,
        glyphs=UNICODE,
        format_value=format_value,
    )
    return [text[: AXIS - 1].strip() for text in texts(lines) if "┤" in text]


def test_labels_are_round_and_fit() -> None:
    assert labels_of(500 * 1024.0) == ["500K/s", "250K/s", "0B/s"]
    assert labels_of(5 * 1024.0**2) == ["5M/s", "2.5M/s", "0B/s"]
    assert labels_of(99.9 * 1024.0**2) == ["99.9M", "50M/s", "0B/s"]
    assert labels_of(1.0, units.percent, height=4) == ["100%", "0%"]
    assert labels_of(1.0, lambda value: "a very long label", height=1) == ["a very"]


@pytest.mark.parametrize("maximum", [1.0, 37.0, 999.0, 1023.0, 5e5, 3e7, 7e11])
def test_labels_of_a_nice_scale_keep_their_unit(maximum: float) -> None:
    assert all(text.endswith("/s") for text in labels_of(nice_top(maximum, binary=True)))


@pytest.mark.parametrize(
    ("width", "seconds", "shapes", "drawn"),
    [
        (40, 1.0, UNICODE, "─────── -1m ───────── -30s ───────── now"),
        (30, 60.0, ASCII, "----------- -30m --------- now"),
        (13, 1.0, UNICODE, "───────── now"),
        (3, 1.0, UNICODE, "───"),
        (20, 1e6, UNICODE, "──────────────── now"),
        (20, 0.0, UNICODE, "──────────────── now"),
    ],
)
def test_times_stand_on_the_x_axis(width: int, seconds: float, shapes: Glyphs, drawn: str) -> None:
    assert "".join(text for text, _ in time_axis(width, seconds, shapes)) == drawn


@given(st.integers(1, 200), st.floats(0.1, 1e6), SHAPES)
def test_the_x_axis_is_as_wide_as_asked(width: int, seconds: float, shapes: Glyphs) -> None:
    line = time_axis(width, seconds, shapes)

    assert sum(cell_len(text) for text, _ in line) == width


def test_a_time_stands_over_its_sample() -> None:
    text = "".join(text for text, _ in time_axis(100, 1.0, UNICODE))
    centre = text.index("-1m ─") + 1

    # Two samples a cell: a minute is thirty cells before the newest one.
    assert centre == 100 - 1 - 30


ENTRIES: list[tuple[str, str, Values]] = [
    ("busy", "series-1", [0.1, 0.3, 0.2]),
    ("iowait", "series-2", [nan, 0.5, nan]),
    ("steal", "series-3", [nan]),
]


def told(width: int, shapes: Glyphs = UNICODE) -> str:
    line = legend(ENTRIES, width, glyphs=shapes, format_value=units.percent)
    assert width_of(line) <= width
    return "".join(text for text, _ in line)


def test_a_legend_says_now_min_average_and_max() -> None:
    assert told(200) == (
        "• busy  20%  min  10% avg  20% max  30%"
        "   • iowait    —  min  50% avg  50% max  50%"
        "   • steal    —  min    — avg    — max    —"
    )


def test_a_legend_gives_way_step_by_step() -> None:
    assert told(110).startswith("• busy  20%  min  10% max  30%   •")
    assert told(80) == "• busy  20%  max  30%   • iowait    —  max  50%   • steal    —  max    —"
    assert told(60) == "• busy  20%   • iowait    —   • steal    —"
    assert told(36) == "• busy   • iowait   • steal"
    assert told(20) == "• busy   • iowait"
    assert told(10) == "• busy"
    assert told(2) == ""


def test_a_legend_has_the_marks_of_the_chart() -> None:
    assert told(60, ASCII) == "* busy  20%   o iowait    -   + steal    -"
    roles = [role for _, role in legend(ENTRIES, 40, glyphs=ASCII, format_value=units.percent)]
    assert roles == ["series-1", "dim", "series-2", "dim", "series-3", "dim"]
