"""Columns of floats to few bytes and back, bit for bit.

Counters and gauges are mostly integers or decimals of a known scale. A column that is becomes
integers, is reduced to what a straight line or its minimum leaves over, and takes the smallest
width that holds it; byte planes of equal width stand together so that deflate finds their zeros.
Whatever is no such number (NaN, measured noise) is kept as the doubles it is. `chunk` calls this.

Layout, little endian: shapes (1 byte a column), scales (1), bases (8), steps (8), then the
residuals of all columns of width 1, 2, 4 and 8. All but the first two are in byte planes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from math import isfinite
from typing import NamedTuple

CONSTANT, DELTA, OFFSET, RAW = range(4)
"""What a column's residuals are added to: nothing, a straight line, the minimum, nothing."""

_WIDTHS = (0, 1, 2, 4, 8)
_CODES = ("", "B", "H", "I", "q")
_LARGEST = 1 << 61
"""So that a difference of differences still fits a signed 64-bit integer."""

# (factor, divisor): an integer k stands for k * factor or k / divisor. Both forms are needed:
# 35 * 0.01 is not 0.35. Clock ticks, decimals, milli-, micro- and nanoseconds.
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
)


class _Column(NamedTuple):
    shape: int
    """Which of the four, plus 4 times the index of the width."""
    scale: int
    base: int
    step: int
    residuals: Sequence[int]


def encode(columns: Sequence[array[float]]) -> bytes:
    """Columns of one length (at least 1), each an `array("d")`."""
    coded = [_encode_column(values) for values in columns]
    parts = [
        bytes(column.shape for column in coded),
        bytes(column.scale for column in coded),
        _planes(struct.pack(f"<{len(coded)}q", *(column.base for column in coded)), 8),
        _planes(struct.pack(f"<{len(coded)}q", *(column.step for column in coded)), 8),
    ]
    for index in range(1, len(_WIDTHS)):
        residuals = [r for column in coded if column.shape >> 2 == index for r in column.residuals]
        packed = struct.pack(f"<{len(residuals)}{_CODES[index]}", *residuals)
        parts.append(_planes(packed, _WIDTHS[index]))
    return b"".join(parts)


def encode_quickly(columns: Sequence[array[float]]) -> bytes:
    """The same format without a look at the figures: a tenth of the work, thrice the bytes."""
    width = len(columns)
    packed = struct.pack(f"<{sum(map(len, columns))}d", *chain.from_iterable(columns))
    return bytes([RAW | 4 << 2]) * width + bytes(17 * width) + _planes(packed, 8)


def decode(body: bytes, width: int, count: int) -> list[array[float]]:
    """`width` columns of `count` values.

    Raises `ValueError` for a body that cannot have come from `encode`.
    """
    if len(body) < 18 * width:
        raise ValueError("too short for its columns")
    shapes, scales = body[:width], body[width : 2 * width]
    bases = struct.unpack(f"<{width}q", _values(body[2 * width : 10 * width], 8))
    steps = struct.unpack(f"<{width}q", _values(body[10 * width : 18 * width], 8))
    groups = _groups(body, 18 * width, [_length(shape, count) for shape in shapes], shapes)
    position = [0] * len(_WIDTHS)
    columns = []
    for shape, scale, base, step in zip(shapes, scales, bases, steps, strict=True):
        index, length = shape >> 2, _length(shape, count)
        at = position[index]
        position[index] = at + length
        residuals = groups[index][at : at + length] if index else (0,) * length
        columns.append(_decode_column(shape & 3, scale, base, step, residuals, count))
    return columns


def _length(shape: int, count: int) -> int:
    """How many residuals a column has."""
    return {CONSTANT: 0, DELTA: count - 1}.get(shape & 3, count)


def _groups(body: bytes, at: int, lengths: Sequence[int], shapes: bytes) -> list[tuple[int, ...]]:
    """The residuals by index of width, as they stand from `at` on."""
    totals = [0] * len(_WIDTHS)
    for shape, length in zip(shapes, lengths, strict=True):
        if shape >> 2 >= len(_WIDTHS):
            raise ValueError("unknown width")
        totals[shape >> 2] += length
    groups: list[tuple[int, ...]] = [()]
    for index in range(1, len(_WIDTHS)):
        size = totals[index] * _WIDTHS[index]
        packed = _values(body[at : at + size], _WIDTHS[index])
        if len(packed) != size:
            raise ValueError("residuals are missing")
        groups.append(struct.unpack(f"<{totals[index]}{_CODES[index]}", packed))
        at += size
    if at != len(body):
        raise ValueError("more than its columns")
    return groups


def _encode_column(values: array[float]) -> _Column:
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
    if scale >= len(_SCALES):
        raise ValueError("unknown scale")
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
    for scale in range(len(_SCALES)):
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
        return [_rounded(value * divisor) for value in values]
    return [_rounded(value / factor) for value in values]


def _rounded(value: float) -> int:
    return round(value) if isfinite(value) else 0


def _scaled(integers: list[int], scale: int) -> array[float]:
    factor, divisor = _SCALES[scale]
    if divisor == 1:
        return array("d", integers)
    if divisor:
        # Integer by integer: that division is rounded once, however large they are.
        return array("d", [integer / divisor for integer in integers])
    return array("d", [integer * factor for integer in integers])


def _width_index(largest: int) -> int:
    return (0, 1, 2, 3, 3, 4, 4, 4, 4)[(largest.bit_length() + 7) // 8]


def _bits(values: array[float]) -> array[int]:
    return array("q", values.tobytes())


def _doubles(bits: Sequence[int]) -> array[float]:
    return array("d", array("q", bits).tobytes())


def _planes(packed: bytes, width: int) -> bytes:
    """All first bytes, then all second bytes, and so on: like goes with like."""
    return b"".join(packed[index::width] for index in range(width))


def _values(planes: bytes, width: int) -> bytes:
    """The inverse of `_planes`."""
    count = len(planes) // width
    packed = bytearray(count * width)
    for index in range(width):
        packed[index::width] = planes[index * count : (index + 1) * count]
    return bytes(packed)
