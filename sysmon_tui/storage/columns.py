"""The columns of a body that `codec` made, decoded as far as they are asked for.

Whoever looks back wants a few minutes out of a chunk of an hour, or a single moment: what a figure
costs there is its own decoding and, of a counter, a sum of bytes for all before it. `chunk` and
`band` call this.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from sysmon_tui.storage.codec import (
    CODES,
    CONSTANT,
    DELTA,
    OFFSET,
    RAW,
    SCALES,
    WIDTHS,
    doubles,
    figures,
)

_FORMS = ("", "", "", "", "d", "f")
"""What `struct` calls the numbers of each width."""


class Columns:
    """The `width` columns of `count` values of a body.

    Raises `ValueError` for a body that cannot have come from `codec.encode`.
    """

    def __init__(self, body: bytes, width: int, count: int) -> None:
        if len(body) < 18 * width:
            raise ValueError("too short for its columns")
        if width and count < 1:
            raise ValueError("no row")
        self._body = body
        self._count = count
        self._shapes, self._scales = body[:width], body[width : 2 * width]
        self._bases = _numbers(body[2 * width : 10 * width], width)
        self._steps = _numbers(body[10 * width : 18 * width], width)
        if width and max(self._scales) >= len(SCALES):
            raise ValueError("unknown scale")
        if width and max(self._shapes) >> 2 >= len(WIDTHS):
            raise ValueError("unknown width")
        self._starts = _starts(self._shapes, count)
        if self._starts[-1] != len(body):
            raise ValueError("not as long as its columns")
        self._decoded: dict[int, array[float]] = {}

    def __getitem__(self, column: int) -> array[float]:
        """All of a column, kept for the next who asks.

        Raises `OverflowError` where the figures are none that were encoded.
        """
        values = self._decoded.get(column)
        if values is None:
            values = array("d", self._decode(column, range(self._count)))
            self._decoded[column] = values
        return values

    def part(self, column: int, rows: Sequence[int]) -> Sequence[float]:
        """These rows of a column, at least one, in their order. Errors as above."""
        values = self._decoded.get(column)
        return [values[row] for row in rows] if values is not None else self._decode(column, rows)

    def _decode(self, column: int, rows: Sequence[int]) -> Sequence[float]:
        shape, base = self._shapes[column], self._bases[column]
        kind = shape & 3
        if kind == CONSTANT:
            return doubles([base]).tolist() * len(rows)
        if kind == DELTA:
            return self._grown(column, rows)
        place = self._place(column)
        if kind == RAW:
            return _picked(place.numbers(self._body, rows[0], rows[-1] + 1), rows)
        residuals = _picked(place.residuals(self._body, rows[0], rows[-1] + 1), rows)
        return figures([residual + base for residual in residuals], self._scales[column])

    def _grown(self, column: int, rows: Sequence[int]) -> list[float]:
        """A straight line, and the sum of the residuals up to each row."""
        first, last = rows[0], rows[-1]
        place, step = self._place(column), self._steps[column]
        begin = self._bases[column] + step * first + place.total(self._body, first)
        residuals = place.residuals(self._body, first, last)
        if len(residuals) >= len(rows):
            # One row in so many: the line is added only where it is looked at.
            sums = list(accumulate(residuals, initial=begin))
            integers = [sums[row - first] + step * (row - first) for row in rows]
        else:
            changes = [residual + step for residual in residuals] if step else residuals
            integers = list(accumulate(changes, initial=begin))
        return figures(integers, self._scales[column])

    def _place(self, column: int) -> _Place:
        index = self._shapes[column] >> 2
        start, end = self._starts[index : index + 2]
        offset = _taken(self._shapes[:column], index, self._count)
        return _Place(index, start + offset, (end - start) // (WIDTHS[index] or 1))


class _Place(NamedTuple):
    """Where a column's residuals stand."""

    code: int
    """Which width they have."""
    at: int
    """The first one's lowest byte in the body."""
    plane: int
    """From there to its next byte."""

    def residuals(self, body: bytes, first: int, last: int) -> Sequence[int]:
        """Those of some rows (half open)."""
        code, length, begin = self.code, last - first, self.at + first
        if not code:
            return (0,) * length
        if WIDTHS[code] == 1:
            return body[begin : begin + length]
        return struct.unpack(f"<{length}{CODES[code]}", self._packed(body, begin, length))

    def numbers(self, body: bytes, first: int, last: int) -> Sequence[float]:
        """The same, of residuals that are numbers themselves: doubles, or singles cut short."""
        length, form = last - first, _FORMS[self.code]
        if not form:
            return doubles(self.residuals(body, first, last))
        return struct.unpack(f"<{length}{form}", self._packed(body, self.at + first, length))

    def _packed(self, body: bytes, begin: int, length: int) -> bytearray:
        """As `struct` takes them: where there are three bytes of four, the lowest is 0."""
        width = WIDTHS[self.code]
        size = struct.calcsize(f"<{CODES[self.code]}")
        packed = bytearray(size * length)
        for plane in range(width):
            packed[size - width + plane :: size] = body[begin : begin + length]
            begin += self.plane
        return packed

    def total(self, body: bytes, rows: int) -> int:
        """The sum of the first ones, of a width at which none is below 0."""
        return sum(
            sum(body[begin : begin + rows]) << 8 * plane
            for plane, begin in enumerate(
                range(self.at, self.at + self.plane * WIDTHS[self.code], self.plane or 1)
            )
        )


def single(body: bytes, width: int, wanted: Sequence[int]) -> tuple[float, ...]:
    """Figures of a body of `width` columns of one row, at a small part of what `Columns` costs:
    charts are made of hundreds. Empty for any other body."""
    if len(body) != 18 * width or any(body[:width]):
        return ()
    planes = body[2 * width : 10 * width]
    return struct.unpack(f"<{len(wanted)}d", b"".join([planes[at::width] for at in wanted]))


def decode(body: bytes, width: int, count: int) -> list[array[float]]:
    """All of `Columns` at once, with the errors of both."""
    columns = Columns(body, width, count)
    return [columns[column] for column in range(width)]


Figure = TypeVar("Figure", int, float)


def _picked(window: Sequence[Figure], rows: Sequence[int]) -> Sequence[Figure]:
    """Those of some rows, where `window` has all from the first of them to the last."""
    if len(window) == len(rows):
        return window
    first = rows[0]
    return [window[row - first] for row in rows]


def _numbers(planes: bytes, count: int) -> Sequence[int]:
    """Signed numbers of eight bytes out of their planes."""
    packed = bytearray(8 * count)
    for plane in range(8):
        packed[plane::8] = planes[plane * count : (plane + 1) * count]
    return struct.unpack(f"<{count}q", packed)


def _starts(shapes: bytes, count: int) -> list[int]:
    """Where the residuals of each width begin in the body, and where it ends."""
    sizes = (
        _taken(shapes, index, count) * width if width else 0 for index, width in enumerate(WIDTHS)
    )
    return list(accumulate(sizes, initial=18 * len(shapes)))


def _taken(shapes: bytes, index: int, count: int) -> int:
    """How many residuals of one width columns of these shapes have."""
    kinds = index << 2
    return (count - 1) * shapes.count(DELTA | kinds) + count * (
        shapes.count(OFFSET | kinds) + shapes.count(RAW | kinds)
    )
