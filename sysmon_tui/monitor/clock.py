"""The real clock. Tests set theirs by hand (`tests/clock.py`)."""

from __future__ import annotations

import time


class SystemClock:
    def wall(self) -> float:
        return time.time()

    def mono(self) -> float:
        return time.monotonic()
