"""Charts in braille: lines over an area, each cell in the colour of the last series in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sysmon_tui.ui import braille


class Canvas:
    """Rows of dots, top first, and beside them which series (from 1) each cell belongs to."""

    def __init__(self, width: int, rows: int) -> None:
        self.area_size = 2 * width, 4 * rows
        self.line_size = 2 * width + 1, 4 * rows
        self._width = width
        self._rows = rows
        self._back, self._ink, self._owner = [0] * rows, [0] * rows, [0] * rows
        self._each = int.from_bytes(b"\x01" * width, "big")

    def area(self, heights: list[int], floor: list[int]) -> None:
        rows = self._rows
        self._back = braille.area(bytes(heights), rows)
        if floor:
            below = braille.area(bytes([max(0, height - 1) for height in floor]), rows)
            self._back = [drawn & ~under for drawn, under in zip(self._back, below, strict=True)]
        self._owner = [self._each & braille.inked(drawn, self._width) for drawn in self._back]

    def lines(self, number: int, role: str, heights: list[int]) -> None:
        """The first height is only where the line comes from; its colour tells a `role` apart."""
        for row, drawn in enumerate(_strokes(heights, self._rows)):
            if drawn:
                taken = braille.inked(drawn, self._width)
                self._ink[row] |= drawn
                # Lines cross each other, but leave a gap in the area behind them.
                self._back[row] &= ~taken
                self._owner[row] = (self._owner[row] & ~taken) | (self._each * number & taken)

    def cells(self) -> Iterator[tuple[str, bytes]]:
        for front, behind, owned in zip(self._ink, self._back, self._owner, strict=True):
            yield braille.text(front | behind, self._width), owned.to_bytes(self._width, "big")


def _strokes(heights: Sequence[int], rows: int) -> list[int]:
    """Each sample but the first as a dot, with a stroke towards the one before it.

    A stroke is the area up to its upper end without the area below its lower end.
    """
    pairs = list(pairwise(heights))
    upper = bytes([now if now >= before or not now else before - 1 for before, now in pairs])
    below = bytes([before if now > before > 0 else now and now - 1 for before, now in pairs])
    return [
        high ^ low
        for high, low in zip(braille.area(upper, rows), braille.area(below, rows), strict=True)
    ]
