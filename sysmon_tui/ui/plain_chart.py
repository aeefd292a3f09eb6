"""Charts for terminals without braille: a mark for every value, strokes between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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
        """A series of marks, a height a row; the first cell is only where the line comes from."""
        tops = list(map(max, heights[::2], heights[1::2]))
        for x, (before, now) in enumerate(pairwise(tops)):
            low, high = sorted((before, now))
            for height in range(low + 1, high) if low else ():
                self._put(x, height, stroke, number)
            if now:
                self._put(x, now, mark, number)

    def _put(self, x: int, height: int, glyph: str, number: int) -> None:
        row = len(self.text) - height
        self.text[row][x] = glyph
        self.owner[row][x] = number
