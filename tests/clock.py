"""A clock set by hand."""

from __future__ import annotations


class ManualClock:
    def __init__(self, wall: float = 1_700_000_000.0, mono: float = 1000.0) -> None:
        self._wall = wall
        self._mono = mono

    def wall(self) -> float:
        return self._wall

    def mono(self) -> float:
        return self._mono

    def advance(self, seconds: float) -> None:
        """Time passes on both clocks."""
        self._wall += seconds
        self._mono += seconds

    def step_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._wall += seconds
