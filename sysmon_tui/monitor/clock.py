"""The real clock. Tests set theirs by hand (`tests/clock.py`)."""

from __future__ import annotations

import time

DIGITS = 4
"""A tenth of a millisecond. The rest is noise, which would be most of what history takes on disk;
cut off here, so that what is recorded is what was lived."""


class SystemClock:
    def wall(self) -> float:
        return round(time.time(), DIGITS)

    def mono(self) -> float:
        return round(time.monotonic(), DIGITS)
