"""Columns of floats to few bytes and back, bit for bit.

Counters and gauges are mostly integers or decimals of a known scale. A column that is becomes
integers, is reduced to what a straight line or its minimum leaves over, and takes the smallest
width that holds it; byte planes of equal width stand together so that deflate finds their zeros.
Whatever is no such number (NaN, measured noise) is kept as the doubles it is. `chunk` calls this.

Layout, little endian: shapes (1 byte a column), scales (1), bases (8), steps (8), then the
residuals of all columns of width 1, 2, 4, 8 and 3. All but the first two are in byte planes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Sequence
from itertools import accumulate, chain, pairwise
from math import isfinite, isinf
from typing import NamedTuple

CONSTANT, DELTA, OFFSET, RAW = range(4)
"""What a column's residuals are added to: nothing, a straight line, the minimum, nothing."""

_WIDTHS = (0, 1, 2, 4, 8, 3)
_CODES = ("", "B", "H", "I", "q", "I")
ROUGH = 5
"""The width of what is kept roughly: the upper three bytes of a single."""
_LARGEST = 1 << 61
"""So that a difference of differences still fits a signed 64-bit integer."""

# (factor, divisor): an integer k stands for k * factor or k / divisor, or k / divisor * factor.
# All forms are needed: 35 * 0.01 is not 0.35. Clock ticks, decimals, milli-, micro- and
# nanoseconds; pages, kilobytes; a ten-thousandth, and a hundredth of a percent as a ratio.
_SCALES: tuple[tuple[float, int], ...] = (
    (1.0, 1),
    (0.01, 0),
    (0.0, 100),
    (0.001, 0),
    (0.0, 1000),
    (1e-6, 0),
    (0.0, 10**6),
    (1e-9, 0),
    (0.0, 10**9),
    (4096.0, 0),
    (1024.0, 0),
    (0.0, 10**4),
    (0.01, 100),
)
_TRIED = (9, 10, 0, 1, 2, 11, 12, 3, 4, 5, 6, 7, 8)
"""The order in which scales are tried, coarse ones first: memory is whole pages or kilobytes."""


class _Column(NamedTuple):
    shape: int
    """Which of the four, plus 4 times the index of the width."""
    scale: int
    base: int
    step: int
    residuals: Sequence[int]


def encode(columns: Sequence[array[float]], rough: Collection[int] = ()) -> bytes:
    """Columns of one length (at least 1), each an `array("d")`.

    Of the `rough` ones 16 significant bits are enough, where more would take more room.
    """
    coded = [_encode_column(values, number in rough) for number, values in enumerate(columns)]
    parts = [
        bytes(column.shape for column in coded),
        bytes(column.scale for column in coded),
        _planes(struct.pack(f"<{len(coded)}q", *(column.base for column in coded)), 8, 8),
        _planes(struct.pack(f"<{len(coded)}q", *(column.step for column in coded)), 8, 8),
    ]
    for index in range(1, len(_WIDTHS)):
        residuals = [r for column in coded if column.shape >> 2 == index for r in column.residuals]
        packed = struct.pack(f"<{len(residuals)}{_CODES[index]}", *residuals)
        parts.append(_planes(packed, _WIDTHS[index], struct.calcsize(f"<{_CODES[index]}")))
    return b"".join(parts)


def encode_quickly(columns: Sequence[array[float]]) -> bytes:
    """The same format without a look at the figures: a tenth of the work, thrice the bytes."""
    width = len(columns)
    packed = struct.pack(f"<{sum(map(len, columns))}d", *chain.from_iterable(columns))
    return bytes([RAW | 4 << 2]) * width + bytes(17 * width) + _planes(packed, 8, 8)


class Columns:
    """The `width` columns of `count` values of a body, decoded when they are asked for.

    Raises `ValueError` for a body that cannot have come from `encode`.
    """

    def __init__(self, body: bytes, width: int, count: int) -> None:
        if len(body) < 18 * width:
            raise ValueError("too short for its columns")
        self._body = body
        self._width = width
        self._count = count
        self._shapes, self._scales = body[:width], body[width : 2 * width]
        self._bases = _numbers(body[2 * width : 10 * width], width)
        self._steps = _numbers(body[10 * width : 18 * width], width)
        if width and max(self._scales) >= len(_SCALES):
            raise ValueError("unknown scale")
        if width and max(self._shapes) >> 2 >= len(_WIDTHS):
            raise ValueError("unknown width")
        self._starts = _starts(self._shapes, count)
        if self._starts[-1] != len(body):
            raise ValueError("not as long as its columns")
        self._decoded: dict[int, array[float]] = {}

    def __getitem__(self, column: int) -> array[float]:
        """Raises `OverflowError` where the figures are none that were encoded."""
        values = self._decoded.get(column)
        if values is None:
            values = self._decoded[column] = self._decode(column)
        return values

    def at(self, column: int, row: int) -> float:
        """One figure, at a small part of what its column costs. Errors as above."""
        values = self._decoded.get(column)
        if values is not None:
            return values[row]
        shape, base = self._shapes[column], self._bases[column]
        kind, index = shape & 3, shape >> 2
        if not shape:
            return _doubles([base])[0]
        if kind == DELTA:
            grown = _grown(self._body, index, self._place(column), row)
            return _scaled([base + self._steps[column] * row + grown], self._scales[column])[0]
        residual = _residual(self._body, index, self._place(column), row)
        if kind == RAW:
            # The upper bytes of a single, or all of a double.
            form, size = ("<f", 4) if index == ROUGH else ("<d", 8)
            value: float = struct.unpack(form, residual.rjust(size, b"\0"))[0]
            return value
        integer = int.from_bytes(residual, "little", signed=_WIDTHS[index] == 8)
        return _scaled([integer + base], self._scales[column])[0]

    def _place(self, column: int) -> _Place:
        index = self._shapes[column] >> 2
        start, end = self._starts[index : index + 2]
        offset = _taken(self._shapes[:column], index, self._count)
        return _Place(start, (end - start) // (_WIDTHS[index] or 1), offset)

    def _decode(self, column: int) -> array[float]:
        count, shape, base = self._count, self._shapes[column], self._bases[column]
        if not shape:
            return _doubles([base]) * count
        length = _lengths(count)[shape & 3]
        residuals = _residuals(self._body, shape >> 2, self._place(column), length)
        if shape >> 2 == ROUGH:
            return _doubled(residuals)
        step = self._steps[column]
        return _decode_column(shape & 3, self._scales[column], base, step, residuals, count)


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


def _numbers(planes: bytes, count: int) -> Sequence[int]:
    """Signed numbers of eight bytes out of their planes."""
    packed = bytearray(8 * count)
    for plane in range(8):
        packed[plane::8] = planes[plane * count : (plane + 1) * count]
    return struct.unpack(f"<{count}q", packed)


def _lengths(count: int) -> tuple[int, int, int, int]:
    """How many residuals a column has, by its shape."""
    return 0, count - 1, count, count


class _Place(NamedTuple):
    """Where a column's residuals stand in each plane of their group."""

    at: int
    """Of the group's first plane in the body."""
    plane: int
    """The length of a plane."""
    offset: int


def _starts(shapes: bytes, count: int) -> list[int]:
    """Where the residuals of each width begin in the body, and where it ends."""
    sizes = (
        _taken(shapes, index, count) * width if width else 0 for index, width in enumerate(_WIDTHS)
    )
    return list(accumulate(sizes, initial=18 * len(shapes)))


def _taken(shapes: bytes, index: int, count: int) -> int:
    """How many residuals of one width columns of these shapes have."""
    kinds = index << 2
    return (count - 1) * shapes.count(DELTA | kinds) + count * (
        shapes.count(OFFSET | kinds) + shapes.count(RAW | kinds)
    )


def _residuals(body: bytes, index: int, place: _Place, length: int) -> Sequence[int]:
    if not index:
        return (0,) * length
    width, begin = _WIDTHS[index], place.at + place.offset
    if width == 1:
        return body[begin : begin + length]
    size = 4 if index == ROUGH else width
    packed = bytearray(size * length)
    for plane in range(width):
        at = begin + plane * place.plane
        packed[size - width + plane :: size] = body[at : at + length]
    return struct.unpack(f"<{length}{_CODES[index]}", packed)


def _residual(body: bytes, index: int, place: _Place, row: int) -> bytes:
    """The bytes of a single one, the lowest first; none where all are 0."""
    begin = place.at + place.offset + row
    return body[begin : begin + place.plane * _WIDTHS[index] : place.plane] if index else b""


def _grown(body: bytes, index: int, place: _Place, rows: int) -> int:
    """The sum of the first `rows` residuals, which are never below 0."""
    total, at = 0, place.at + place.offset
    for plane in range(_WIDTHS[index]):
        total += sum(body[at : at + rows]) << 8 * plane
        at += place.plane
    return total


def _encode_column(values: array[float], rough: bool) -> _Column:
    exact = _encode_exactly(values)
    if not rough or _WIDTHS[exact.shape >> 2] < 4:
        return exact
    singles = array("f", values)
    if any(isinf(single) for single in singles):
        return exact
    # Half of the last place is added, so that cutting it off rounds.
    patterns = struct.unpack(f"<{len(singles)}I", struct.pack(f"<{len(singles)}f", *singles))
    cut = [min(pattern + 0x80 >> 8, 0xFFFFFF) for pattern in patterns]
    return _Column(RAW | ROUGH << 2, 0, 0, 0, cut)


def _encode_exactly(values: array[float]) -> _Column:
    raw = values.tobytes()
    if raw == raw[:8] * len(values):
        return _Column(CONSTANT, 0, _bits(values[:1])[0], 0, ())
    scale, integers = _integers(values, raw)
    if not integers:
        return _Column(RAW | 4 << 2, 0, 0, 0, _bits(values))
    lowest = min(integers)
    spread = max(integers) - lowest
    changes = [after - before for before, after in pairwise(integers)]
    step = min(changes)
    if max(changes) - step <= spread:
        shape = DELTA | _width_index(max(changes) - step) << 2
        return _Column(shape, scale, integers[0], step, [change - step for change in changes])
    shape = OFFSET | _width_index(spread) << 2
    return _Column(shape, scale, lowest, 0, [integer - lowest for integer in integers])


def _decode_column(
    shape: int, scale: int, base: int, step: int, residuals: Sequence[int], count: int
) -> array[float]:
    if shape == CONSTANT:
        return _doubles([base]) * count
    if shape == RAW:
        return _doubles(residuals)
    if shape == DELTA:
        changes = [residual + step for residual in residuals] if step else residuals
        return _scaled(list(accumulate(changes, initial=base)), scale)
    return _scaled([residual + base for residual in residuals], scale)


def _integers(values: array[float], raw: bytes) -> tuple[int, list[int]]:
    """The first scale on which every value is an integer, and those; an empty list if none is."""
    if not isfinite(sum(values)):
        return 0, []
    probe = values[:: max(1, len(values) // 3)]
    probe_raw = probe.tobytes()
    for scale in _TRIED:
        if _scaled(_unscaled(probe, scale), scale).tobytes() != probe_raw:
            continue
        integers = _unscaled(values, scale)
        small = -_LARGEST < min(integers) <= max(integers) < _LARGEST
        if small and _scaled(integers, scale).tobytes() == raw:
            return scale, integers
    return 0, []


def _unscaled(values: array[float], scale: int) -> list[int]:
    factor, divisor = _SCALES[scale]
    if divisor == 1:
        return [int(value) for value in values]
    if divisor:
        return [_rounded(value * divisor / (factor or 1.0)) for value in values]
    return [_rounded(value / factor) for value in values]


def _rounded(value: float) -> int:
    return round(value) if isfinite(value) else 0


def _scaled(integers: list[int], scale: int) -> array[float]:
    factor, divisor = _SCALES[scale]
    if divisor == 1:
        return array("d", integers)
    if divisor:
        # Integer by integer: that division is rounded once, however large they are.
        return array("d", [integer / divisor * (factor or 1.0) for integer in integers])
    return array("d", [integer * factor for integer in integers])


def _width_index(largest: int) -> int:
    return (0, 1, 2, 3, 3, 4, 4, 4, 4)[(largest.bit_length() + 7) // 8]


def _bits(values: array[float]) -> array[int]:
    return array("q", values.tobytes())


def _doubles(bits: Sequence[int]) -> array[float]:
    return array("d", array("q", bits).tobytes())


def _planes(packed: bytes, width: int, size: int) -> bytes:
    """The low `width` bytes of numbers of `size`: all first bytes, then all second bytes, and so
    on. Like goes with like."""
    return b"".join(packed[index::size] for index in range(width))


def _doubled(patterns: Sequence[int]) -> array[float]:
    """Singles from the upper three bytes of each."""
    raw = struct.pack(f"<{len(patterns)}I", *patterns)
    return array("d", struct.unpack(f"<{len(patterns)}f", raw))
