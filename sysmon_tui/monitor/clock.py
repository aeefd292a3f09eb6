"""The real clock. Tests set theirs by hand (`tests/clock.py`)."""

from __future__ import annotations

import time

DIGITS = 4
"""A tenth of a millisecond. The rest is noise, which would be most of what history takes on disk;
cut off here, so that what is recorded is what was lived."""
_APART_DIGITS = 3
"""Milliseconds: how far wall time is ahead of monotonic time changes no more often than it must.
The one then is as jittery as the other, and a store that has packed either has both."""


class SystemClock:
    def wall(self) -> float:
        mono = time.monotonic()
        return round(round(mono, DIGITS) + round(time.time() - mono, _APART_DIGITS), DIGITS)

    def mono(self) -> float:
        return round(time.monotonic(), DIGITS)
