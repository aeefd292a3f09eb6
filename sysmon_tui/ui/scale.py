"""From figures to heights, for sparklines and charts: scales that stay put while data moves."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_NARROWEST = 1e-200
"""An extent below this one would overflow its own reciprocal."""
_HEADROOM = 0.7
"""A scale shrinks only when the figures would fill less than this of the smaller one."""


def levels(values: Sequence[float], steps: int, *, top: float, bottom: float = 0.0) -> list[int]:
    """Heights from 1 (`bottom` and below) to `steps` (`top` and above); 0 for NaN, a gap.

    What is known is at least 1, so that zero and unknown look different.
    """
    extent = top - bottom
    if not _NARROWEST < extent < inf:
        return [1 if value == value else 0 for value in values]
    scale = steps / extent
    low = bottom + 1.5 / scale
    return [
        0
        if value != value
        else steps
        if value >= top
        else 1
        if value < low
        else int((value - bottom) * scale + 0.5)
        for value in values
    ]


def nice_top(
    maximum: float, previous: float = 0.0, *, binary: bool = False, least: float = 1.0
) -> float:
    """The end of a scale for figures up to `maximum`: 1, 2 or 5 times a power of ten.

    `binary` counts in powers of 1024, so that bytes read 500K, not 488.3K. The scale grows at once
    and shrinks late: `previous` stays while the figures fill a good part of the next smaller one.
    Nothing is drawn on a scale below `least`; noise would fill the chart.
    """
    wanted = max(maximum, least) if isfinite(maximum) else least
    if previous >= wanted and _step_above(wanted / _HEADROOM, binary) >= previous:
        return previous
    return _step_above(wanted, binary)


def _step_above(value: float, binary: bool) -> float:
    unit, base = (1.0, 1024.0) if binary else (0.001, 1000.0)
    # The sum 0.001 * 100 * 1000 is not quite 100: compare with a grain of salt.
    value *= 1.0 - 1e-9
    while 500.0 * unit < value:
        unit *= base
    return next(unit * step for step in _STEPS if unit * step >= value)
