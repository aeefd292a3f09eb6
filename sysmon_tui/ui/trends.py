"""The last minutes of every signal, from live ticks and from stored history alike."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan

from sysmon_tui.model.series import Ring
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.signals import SIGNALS

CAPACITY = 1200
"""Samples kept of each signal: more than twice what the widest terminal draws."""


class Trends:
    """One ring for each signal, a sample a beat; a beat that did not happen is a gap."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._rings = {name: Ring(CAPACITY) for name in SIGNALS}
        self._last = nan

    def ring(self, signal: str) -> Ring:
        return self._rings[signal]

    def add(self, tick: Tick) -> None:
        """Take the next tick. One that comes well before its beat (an acknowledgement, the early
        second one at start) replaces nothing and is left out."""
        elapsed = tick.wall - self._last
        if elapsed < 0.5 * self._interval and elapsed >= 0.0:
            return
        missed = int(min(elapsed / self._interval - 0.5, CAPACITY)) if elapsed > 0.0 else 0
        for name, ring in self._rings.items():
            for _ in range(missed):
                ring.append(nan)
            ring.append(SIGNALS[name].read(tick))
        self._last = tick.wall

    @classmethod
    def replay(cls, interval: float, ticks: Iterable[Tick]) -> Trends:
        """Trends filled from history, ready to go on with live ticks."""
        trends = cls(interval)
        for tick in ticks:
            trends.add(tick)
        return trends
