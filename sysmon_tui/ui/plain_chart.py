"""Charts for terminals without braille: a mark for every value, strokes between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.spark import blocks


class Canvas:
    """Rows of glyphs, top first, and beside them which series (from 1) each cell belongs to."""

    def __init__(self, width: int, rows: int, glyphs: Glyphs) -> None:
        self.area_size = 2 * width, rows * len(glyphs.levels)
        self.line_size = 2 * (width + 1), rows
        self._glyphs = glyphs
        self._text = [[" "] * width for _ in range(rows)]
        self._owner = [bytearray(width) for _ in range(rows)]

    def area(self, heights: list[int], floor: list[int]) -> None:
        """Two heights a cell. A block fills its cell from below, so that it has no floor."""
        for row, text in enumerate(blocks(heights, len(self._text), self._glyphs)):
            self._text[row] = list(text)
            self._owner[row] = bytearray(1 if char != " " else 0 for char in text)

    def lines(self, number: int, role: str, heights: list[int]) -> None:
        """A mark for each `role`; the first cell is only where the line comes from."""
        mark = self._glyphs.mark(role)
        tops = list(map(max, heights[::2], heights[1::2]))
        for x, (before, now) in enumerate(pairwise(tops)):
            low, high = sorted((before, now))
            for height in range(low + 1, high) if low else ():
                self._put(x, height, self._glyphs.vertical, number)
            if now:
                self._put(x, now, mark, number)

    def cells(self) -> Iterator[tuple[str, bytes]]:
        for text, owner in zip(self._text, self._owner, strict=True):
            yield "".join(text), bytes(owner)

    def _put(self, x: int, height: int, glyph: str, number: int) -> None:
        row = len(self._text) - height
        self._text[row][x] = glyph
        self._owner[row][x] = number
