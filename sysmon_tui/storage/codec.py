"""Columns of floats to few bytes, from which `columns` makes them again bit for bit.

Counters and gauges are mostly integers or decimals of a known scale. A column that is becomes
integers, is reduced to what a straight line or its minimum leaves over, and takes the smallest
width that holds it; byte planes of equal width stand together so that deflate finds their zeros.
Whatever is no such number (NaN, measured noise) is kept as the doubles it is. `builder` and `band`
call this.

Layout, little endian: shapes (1 byte a column), scales (1), bases (8), steps (8), then the
residuals of all columns of width 1, 2, 4, 8 and 3. All but the first two are in byte planes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Sequence
from itertools import chain, pairwise
from math import isfinite, isinf
from typing import NamedTuple

CONSTANT, DELTA, OFFSET, RAW = range(4)
"""What a column's residuals are added to: nothing, a straight line, the minimum, nothing."""

WIDTHS = (0, 1, 2, 4, 8, 3)
"""Bytes of a residual; a shape has the place in this, times 4."""
CODES = ("", "B", "H", "I", "q", "I")
"""What `struct` calls the integers that residuals are cut from."""
ROUGH = 5
"""The width of what is kept roughly: the upper three bytes of a single."""
_LARGEST = 1 << 61
"""So that a difference of differences still fits a signed 64-bit integer."""

# (factor, divisor): an integer k stands for k * factor or k / divisor, or k / divisor * factor.
# All forms are needed: 35 * 0.01 is not 0.35. Clock ticks, decimals, milli-, micro- and
# nanoseconds; pages, kilobytes; a ten-thousandth, and a hundredth of a percent as a ratio.
SCALES: tuple[tuple[float, int], ...] = (
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
    for index in range(1, len(WIDTHS)):
        residuals = [r for column in coded if column.shape >> 2 == index for r in column.residuals]
        packed = struct.pack(f"<{len(residuals)}{CODES[index]}", *residuals)
        parts.append(_planes(packed, WIDTHS[index], struct.calcsize(f"<{CODES[index]}")))
    return b"".join(parts)


def encode_quickly(columns: Sequence[array[float]]) -> bytes:
    """The same format without a look at the figures: a tenth of the work, thrice the bytes."""
    width = len(columns)
    packed = struct.pack(f"<{sum(map(len, columns))}d", *chain.from_iterable(columns))
    return bytes([RAW | 4 << 2]) * width + bytes(17 * width) + _planes(packed, 8, 8)


def _encode_column(values: array[float], rough: bool) -> _Column:
    exact = _encode_exactly(values)
    if not rough or WIDTHS[exact.shape >> 2] < 4:
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


def _integers(values: array[float], raw: bytes) -> tuple[int, list[int]]:
    """The first scale on which every value is an integer, and those; an empty list if none is."""
    if not isfinite(sum(values)):
        return 0, []
    probe = values[:: max(1, len(values) // 3)]
    probe_raw = probe.tobytes()
    for scale in _TRIED:
        if scaled(_unscaled(probe, scale), scale).tobytes() != probe_raw:
            continue
        integers = _unscaled(values, scale)
        small = -_LARGEST < min(integers) <= max(integers) < _LARGEST
        if small and scaled(integers, scale).tobytes() == raw:
            return scale, integers
    return 0, []


def _unscaled(values: array[float], scale: int) -> list[int]:
    factor, divisor = SCALES[scale]
    if divisor == 1:
        return [int(value) for value in values]
    if divisor:
        return [_rounded(value * divisor / (factor or 1.0)) for value in values]
    return [_rounded(value / factor) for value in values]


def _rounded(value: float) -> int:
    return round(value) if isfinite(value) else 0


def scaled(integers: Sequence[int], scale: int) -> array[float]:
    """What integers stand for."""
    return array("d", integers if SCALES[scale][1] == 1 else figures(integers, scale))


def figures(integers: Sequence[int], scale: int) -> list[float]:
    """The same, for whoever only looks through them."""
    factor, divisor = SCALES[scale]
    if divisor == 1:
        return list(map(float, integers))
    if divisor:
        # Integer by integer: that division is rounded once, however large they are.
        return [integer / divisor * (factor or 1.0) for integer in integers]
    return [integer * factor for integer in integers]


def _width_index(largest: int) -> int:
    return (0, 1, 2, 3, 3, 4, 4, 4, 4)[(largest.bit_length() + 7) // 8]


def _bits(values: array[float]) -> array[int]:
    return array("q", values.tobytes())


def doubles(bits: Sequence[int]) -> array[float]:
    """The numbers that have these bits."""
    return array("d", array("q", bits).tobytes())


def _planes(packed: bytes, width: int, size: int) -> bytes:
    """The low `width` bytes of numbers of `size`: all first bytes, then all second bytes, and so
    on. Like goes with like."""
    return b"".join(packed[index::size] for index in range(width))
