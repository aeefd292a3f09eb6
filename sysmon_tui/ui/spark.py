"""Bars and sparklines as plain text; gauges, cores and tables colour it by role."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sysmon_tui.ui import braille
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.scale import levels

PER_CELL = 2
"""Samples a cell shows, in every glyph set: a chart covers the same time on every terminal."""


def bar(ratio: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """The filled and the empty part, together `width` cells.

    More than nothing shows at least the smallest step. NaN has no bar, not an empty one: blanks.
    """
    if ratio != ratio or width <= 0:
        return "", " " * width
    return _bar(_steps(ratio, width * len(glyphs.bar_steps)), width, glyphs)


def _steps(ratio: float, steps: int) -> int:
    if ratio <= 0.0:
        return 0
    return steps if ratio >= 1.0 else max(1, int(ratio * steps + 0.5))


@lru_cache(maxsize=2048)
def _bar(steps: int, width: int, glyphs: Glyphs) -> tuple[str, str]:
    shapes = glyphs.bar_steps
    whole, part = divmod(steps, len(shapes))
    filled = shapes[-1] * whole + (shapes[part - 1] if part else "")
    return filled, glyphs.bar_empty * (width - len(filled))


def segments(parts: Sequence[tuple[float, str]], width: int, glyphs: Glyphs) -> Line:
    """A bar of several (ratio, role) parts side by side, `width` cells with the empty rest.

    Ends are rounded, not lengths, so that the sum never wanders; each part has its own texture.
    """
    spans: list[Span] = []
    total, begun = 0.0, 0
    for index, (ratio, role) in enumerate(parts):
        total += ratio if ratio > 0.0 else 0.0
        end = min(width, int(total * width + 0.5)) if total < 1.0 else width
        if end > begun:
            spans.append((glyphs.textures[index % len(glyphs.textures)] * (end - begun), role))
        begun = max(begun, end)
    if begun < width:
        spans.append((glyphs.bar_empty * (width - begun), "bar-empty"))
    return tuple(spans)


def sparkline(
    values: Sequence[float],
    width: int,
    height: int,
    *,
    top: float,
    end_index: int,
    glyphs: Glyphs,
    bottom: float = 0.0,
) -> list[str]:
    """The newest `values` (oldest first) as an area: `height` rows of `width` cells, top first.

    `end_index` is the absolute index after the last value (`Ring.total`): old cells keep their
    shape and move on by one with every second sample. NaN is a gap. Only the last 2 * `width`
    values are looked at; more than 63 rows stay blank at the top.
    """
    if width <= 0 or height <= 0:
        return [""] * height
    rows = min(height, braille.ROWS)
    columns = PER_CELL * width
    steps = rows * (4 if glyphs.braille else len(glyphs.levels))
    heights = levels(values[-columns:], steps, top=top, bottom=bottom)
    heights = braille.window(heights, columns, end_index)
    drawn = _dots(heights, width, rows) if glyphs.braille else blocks(heights, rows, glyphs)
    return [" " * width] * (height - rows) + drawn


def _dots(heights: list[int], width: int, rows: int) -> list[str]:
    return [braille.text(ink, width) for ink in braille.area(bytes(heights), rows)]


def blocks(heights: list[int], rows: int, glyphs: Glyphs) -> list[str]:
    """An area of `glyphs.levels`, two heights a cell, of which the greater one counts."""
    cells = [max(pair) for pair in zip(heights[::2], heights[1::2], strict=True)]
    return [
        "".join([shapes[cell] for cell in cells])
        for shapes in (_shapes(row, rows, glyphs) for row in range(rows - 1, -1, -1))
    ]


@lru_cache(maxsize=512)
def _shapes(row: int, rows: int, glyphs: Glyphs) -> str:
    """Level to glyph, for the `row`th row from below."""
    steps = " " + glyphs.levels
    size = len(glyphs.levels)
    return "".join(steps[min(max(level - size * row, 0), size)] for level in range(size * rows + 1))
