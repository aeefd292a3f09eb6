"""Dots in braille cells, 2 across and 4 up (U+2800, Unicode 15 chapter 21.1).

A row of cells is one big integer with a byte a cell: laying drawings over each other is then
`|`, `^` and `&`, and the loops over cells run in C. Sparklines and charts draw with it.
"""

from __future__ import annotations

from codecs import charmap_decode
from functools import lru_cache

ROWS = 63
"""The highest drawing: its levels fit a byte."""

# Dots 7, 3, 2, 1 fill the left half of a cell from below, dots 8, 6, 5, 4 the right half.
_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
# A cell without dots is a blank: one byte on the wire instead of three.
_CELLS = " " + "".join(map(chr, range(0x2801, 0x2900)))
_INKED = bytes((0x00, *[0xFF] * 0xFF))


@lru_cache(maxsize=ROWS)
def _tables(row: int) -> tuple[bytes, bytes]:
    """Level to the dots of both halves of a cell, for the `row`th row from below."""
    filled = [min(max(level - 4 * row, 0), 4) for level in range(256)]
    return bytes(_LEFT[dots] for dots in filled), bytes(_RIGHT[dots] for dots in filled)


def area(heights: bytes, rows: int) -> list[int]:
    """Columns filled from below: two heights a cell, 0 to 4 * `rows`; top row first."""
    left, right = heights[::2], heights[1::2]
    inks = []
    for row in range(rows - 1, -1, -1):
        table, other = _tables(row)
        inks.append(
            int.from_bytes(left.translate(table), "big")
            | int.from_bytes(right.translate(other), "big")
        )
    return inks


def inked(ink: int, width: int) -> int:
    """0xFF in every cell that has a dot."""
    return int.from_bytes(ink.to_bytes(width, "big").translate(_INKED), "big")


def text(ink: int, width: int) -> str:
    """A row of cells as it is printed."""
    return charmap_decode(ink.to_bytes(width, "big"), "strict", _CELLS)[0]


def window(heights: list[int], columns: int, end_index: int) -> list[int]:
    """The newest heights in `columns` half cells, gaps in front where there are fewer.

    A sample with absolute index n always goes to half n & 1 of a cell: what is drawn never changes
    its shape, it only moves on by a cell with every second sample.
    """
    shown = [*heights, 0] if end_index & 1 else heights
    missing = columns - len(shown)
    return [0] * missing + shown if missing >= 0 else shown[-missing:]
