"""Charts for terminals without braille: a mark for every value, strokes between them."""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.spark import blocks


class Canvas:
    """Rows of glyphs, top first, and beside them which series (from 1) each cell belongs to."""

    def __init__(self, width: int, rows: int) -> None:
        self.text = [[" "] * width for _ in range(rows)]
        self.owner = [bytearray(width) for _ in range(rows)]

    def area(self, number: int, heights: list[int], glyphs: Glyphs) -> None:
        """A filled series: two heights a cell, in `glyphs.levels` a row."""
        for row, text in enumerate(blocks(heights, len(self.text), glyphs)):
            self.text[row] = list(text)
            self.owner[row] = bytearray(number if char != " " else 0 for char in text)

    def lines(self, number: int, heights: Sequence[int], mark: str, stroke: str) -> None:
        """A series of marks: one height a row, first the one before the window."""
        before = heights[0]
        for x, now in enumerate(map(max, heights[1::2], heights[2::2])):
            low, high = sorted((before, now))
            for height in range(low + 1, high) if low else ():
                self._put(x, height, stroke, number)
            if now:
                self._put(x, now, mark, number)
            before = now

    def _put(self, x: int, height: int, glyph: str, number: int) -> None:
        row = len(self.text) - height
        self.text[row][x] = glyph
        self.owner[row][x] = number
