"""How much time a column of a chart stands for. `+` and `-` go along this ladder."""

from __future__ import annotations

LIVE = 0
"""The level at which a sample is a beat."""
CLOSEST = -1
"""Each beat twice as wide: a minute on a narrow chart."""
_LADDER = (5.0, 15.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 43200.0, 86400.0)
"""Seconds; from a minute on, whole multiples of the rollups."""
LONGEST = 90 * 86400.0
"""Seconds a chart spans at most, as far as the ladder's steps allow."""


def step(level: int, interval: float) -> float:
    """Seconds a sample of a chart stands for."""
    if level <= LIVE:
        return interval if level == LIVE else interval / 2.0
    wider = [seconds for seconds in _LADDER if seconds > interval] or [interval]
    return wider[min(level, len(wider)) - 1]


def nearer(level: int) -> int:
    return max(CLOSEST, level - 1)


def wider(level: int, interval: float, samples: int) -> int:
    """The next level; the same one where a chart of so many samples spans enough already."""
    enough = step(level, interval) * samples >= LONGEST
    return level if enough or step(level + 1, interval) <= step(level, interval) else level + 1
