"""Charts over time with axes and a legend, as lines of spans; the history panel frames them.

Braille draws lines over an optional area, each cell in the colour of the last series in it. The
other glyph sets draw marks, a different one for each series.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from sysmon_tui.model import units
from sysmon_tui.ui import braille, braille_chart, plain_chart
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import cells, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.scale import levels, nice_top

__all__ = ["AXIS", "chart", "legend", "nice_top", "plot_width"]

Series = tuple[Sequence[float], str]
"""Values, oldest first, and the role that colours them."""

AXIS = 7
"""Columns of the y axis."""

_NARROW = AXIS + 10
_TICK_GAP = 12
"""The least distance between two times on the x axis, in columns: the longest takes ten."""
_TICKS = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
_LONG_TICKS = (2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400)

# A run of cells of one owner; cells without ink go along with their left neighbour.
_RUN = re.compile(rb"\x00*(?:([^\x00])(?:\x00|\1)*)?", re.DOTALL)
_POINT_ZERO = re.compile(r"\.0(?!\d)")


def plot_width(width: int) -> int:
    """Cells left for the plot; it shows twice as many samples."""
    return width - AXIS if width >= _NARROW else width


def chart(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    top: float,
    bottom: float = 0.0,
    end_index: int,
    seconds_per_sample: float,
    glyphs: Glyphs,
    format_value: Callable[[float], str],
    fill: bool = False,
    floor: Sequence[float] = (),
    end: str = "now",
) -> list[Line]:
    """`height` lines of `width` columns; up to 255 series, later ones over earlier ones.

    All series end at absolute index `end_index`, so that the picture moves without changing. With
    `fill` the first one is an area behind the others, and so is a series that is alone. The y axis
    goes where there is no room for it, then the x axis, which names the newest sample `end`. Where
    braille can be drawn the area begins at `floor` instead of below, and so is a band.
    """
    room = plot_width(width)
    if room <= 0 or height <= 0:
        return [()] * max(0, height)
    axis = height >= 4
    rows = min(height - axis, braille.ROWS)
    filled = fill or len(series) == 1
    canvas = (
        braille_chart.Canvas(room, rows)
        if glyphs.braille
        else plain_chart.Canvas(room, rows, glyphs)
    )
    plot = _draw(canvas, series, (bottom, top), end_index, filled, floor)
    if axis:
        plot.append(time_axis(room, seconds_per_sample, glyphs, end))
    if room < width:
        rails = _rails(rows, (bottom, top), glyphs, format_value, axis)
        plot = [(rail, *line) for rail, line in zip(rails, plot, strict=True)]
    return [((" " * width, "text"),)] * (height - len(plot)) + plot


class _Canvas(Protocol):
    """What `braille_chart` and `plain_chart` draw on."""

    area_size: tuple[int, int]
    """The columns and steps in which it takes the heights of an area."""
    line_size: tuple[int, int]

    def area(self, heights: list[int], floor: list[int]) -> None:
        """The first series, filled; from `floor` up where it is given and can be drawn."""

    def lines(self, number: int, role: str, heights: list[int]) -> None:
        """Another series (from 1), over those before it."""

    def cells(self) -> Iterable[tuple[str, bytes]]:
        """Each row from the top, and the number of the series in each cell of it, 0 for none."""


def _draw(
    canvas: _Canvas,
    series: Sequence[Series],
    extent: tuple[float, float],
    end_index: int,
    fill: bool,
    floor: Sequence[float],
) -> list[Line]:
    for number, (values, role) in enumerate(series, start=1):
        if fill and number == 1:
            heights = _heights(values, canvas.area_size, extent, end_index)
            least = _heights(floor, canvas.area_size, extent, end_index) if floor else []
            canvas.area(heights, least)
        else:
            canvas.lines(number, role, _heights(values, canvas.line_size, extent, end_index))
    roles = [role for _, role in series]
    return [_runs(text, owner, roles) for text, owner in canvas.cells()]


def _heights(
    values: Sequence[float], size: tuple[int, int], extent: tuple[float, float], end_index: int
) -> list[int]:
    """Heights of the newest samples, one for each half cell; lines ask for what came before."""
    columns, steps = size
    bottom, top = extent
    heights = levels(values[-columns:], steps, top=top, bottom=bottom)
    return braille.window(heights, columns, end_index)


def _runs(text: str, owner: bytes, roles: Sequence[str]) -> Line:
    """Spans of a row; `owner` has the number of the series in each cell, 0 for none."""
    spans: list[Span] = []
    for run in _RUN.finditer(owner):
        start, end = run.span()
        if start < end:
            number = owner[end - 1] or (run[1][0] if run[1] else 0)
            spans.append((text[start:end], roles[number - 1] if number else "text"))
    return tuple(spans)


def _rails(
    rows: int,
    extent: tuple[float, float],
    glyphs: Glyphs,
    format_value: Callable[[float], str],
    axis: bool,
) -> list[Span]:
    """The y axis from top to bottom: labels on the first, the middle and the last row."""
    bottom, top = extent
    values = {0: top, rows - 1: bottom}
    if rows >= 5:
        values[rows // 2] = (bottom + top) / 2
    blank = " " * (AXIS - 1)
    rails = [
        (_label(format_value(values[row])) + glyphs.axis_tick, "dim")
        if row in values
        else (blank + glyphs.vertical, "dim")
        for row in range(rows)
    ]
    return [*rails, (blank + glyphs.axis_corner, "dim")] if axis else rails


def _label(text: str) -> str:
    """A value in the columns of the axis: round ones lose their fraction, long ones the unit."""
    text = _POINT_ZERO.sub("", text)
    if cells(text) >= AXIS:
        text = text.removesuffix("/s")
    return text[: AXIS - 1].rjust(AXIS - 1)


@lru_cache(maxsize=64)
def time_axis(width: int, seconds_per_sample: float, glyphs: Glyphs, end: str = "now") -> Line:
    """A rule with times before the newest sample; it stands still while the plot moves."""
    now = f" {end}" if width > len(end) else ""
    spans: list[Span] = [(now, "dim")] if now else []
    right = width - len(now)
    seconds_per_cell = 2.0 * seconds_per_sample
    step = next(
        (tick for tick in (*_TICKS, *_LONG_TICKS) if tick >= _TICK_GAP * seconds_per_cell), 0
    )
    for ticks in range(1, width) if step and seconds_per_cell > 0.0 else ():
        text = f" -{units.duration(ticks * step)} "
        centre = width - 1 - round(ticks * step / seconds_per_cell)
        start = centre - len(text) // 2
        if start < 0:
            break
        spans += [(glyphs.horizontal * (right - start - len(text)), "border"), (text, "dim")]
        right = start
    spans.append((glyphs.horizontal * right, "border"))
    return tuple(span for span in reversed(spans) if span[0])


def legend(
    entries: Sequence[tuple[str, str, Sequence[float]]],
    width: int,
    *,
    glyphs: Glyphs,
    format_value: Callable[[float], str],
    extremes: Sequence[tuple[Sequence[float], Sequence[float]]] = (),
) -> Line:
    """(title, role, values) of each series: newest value, min, average and max of the window.

    In at most `width` columns: statistics go first, then values, then the last titles. `extremes`
    are the least and the greatest within each value, where the values are means.
    """
    facts = [_facts(values, glyphs, format_value) for _, _, values in entries]
    for fact, (low, high) in zip(facts, extremes, strict=False):
        for name, found in (("min", min), ("max", max)):
            known = [value for value in (low if name == "min" else high) if value == value]
            if known:
                fact[name] = format_value(found(known))
    line: Line = ()
    for detail in range(len(_DETAILS), -1, -1):
        line = _entries(entries, facts, _DETAILS[:detail], glyphs)
        if width_of(line) <= width:
            return line
    return legend(
        entries[:-1], width, glyphs=glyphs, format_value=format_value, extremes=extremes[:-1]
    )


_DETAILS = ("now", "max", "min", "avg")
"""The first one stays longest."""


def _facts(
    values: Sequence[float], glyphs: Glyphs, format_value: Callable[[float], str]
) -> dict[str, str]:
    known = [value for value in values if value == value]
    if not known:
        return dict.fromkeys(_DETAILS, glyphs.missing)
    newest = values[-1]
    return {
        "now": format_value(newest) if newest == newest else glyphs.missing,
        "min": format_value(min(known)),
        "avg": format_value(sum(known) / len(known)),
        "max": format_value(max(known)),
    }


def _entries(
    entries: Sequence[tuple[str, str, Sequence[float]]],
    facts: Sequence[dict[str, str]],
    details: Sequence[str],
    glyphs: Glyphs,
) -> Line:
    spans: list[Span] = []
    for index, (title, role, _) in enumerate(entries):
        spans += [(f"{'   ' if index else ''}{glyphs.mark(role)} ", role), (title, "dim")]
        if "now" in details:
            spans.append((f" {facts[index]['now']:>4}", "text"))
        rest = [name for name in ("min", "avg", "max") if name in details]
        if rest:
            text = " ".join(f"{name} {facts[index][name]:>4}" for name in rest)
            spans.append((f"  {text}", "dim"))
    return tuple(spans)
