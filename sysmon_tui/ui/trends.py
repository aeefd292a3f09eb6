"""The last minutes of every signal, from live ticks and from stored history alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor, nan

from sysmon_tui.model.series import Ring
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.signals import SIGNALS

CAPACITY = 1200
"""Samples kept of each signal: more than twice what the widest terminal draws."""

_JITTER = 0.1
"""Intervals by which a beat may be late and still count as on time."""


class Trends:
    """One ring for each signal, a sample a beat; a beat that did not happen is a gap."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        """Seconds between two samples."""
        self._rings = {name: Ring(CAPACITY) for name in SIGNALS}
        self._first = 0
        """Beats from the epoch to the first sample."""
        self._last = nan

    def ring(self, signal: str) -> Ring:
        return self._rings[signal]

    @property
    def begin(self) -> int:
        """The number of the oldest beat still known."""
        return self.end - len(next(iter(self._rings.values())))

    @property
    def end(self) -> int:
        """The number of the next beat, counted from the epoch."""
        return self._first + next(iter(self._rings.values())).total

    def add(self, tick: Tick) -> None:
        """Take the next tick. One that comes well before its beat (an acknowledgement, the early
        second one at start) replaces nothing and is left out."""
        if self._last != self._last:
            self._begin(round(tick.wall / self.interval))
        elapsed = tick.wall - self._last
        if elapsed < 0.5 * self.interval and elapsed >= 0.0:
            return
        missed = int(min(elapsed / self.interval - 0.5, CAPACITY)) if elapsed > 0.0 else 0
        for name, ring in self._rings.items():
            for _ in range(missed):
                ring.append(nan)
            ring.append(SIGNALS[name].read(tick))
        self._last = tick.wall
        # The clock was set, or a gap was longer than all we keep. By whole cells only.
        self._first += (round(tick.wall / self.interval) + 1 - self.end) & ~1

    def _begin(self, beat: int) -> None:
        """The first sample is that of `beat`. A cell of a chart holds an even beat and the odd one
        after it, whenever the program was started: so a moment looks the same in every run."""
        self._first = beat - (beat & 1)
        if beat & 1:
            for ring in self._rings.values():
                ring.append(nan)

    def until(self, at: float, samples: int) -> Trends:
        """The newest `samples` of each signal that were taken by a moment."""
        phase = self._last / self.interval - (self.end - 1) if self._last == self._last else 0.0
        return self.upto(floor(at / self.interval - phase + _JITTER) + 1, samples)

    def upto(self, end: int, samples: int) -> Trends:
        """The `samples` before beat `end`; those not known are gaps."""
        known = len(next(iter(self._rings.values())))
        after = self.end - end
        columns = {}
        for name, ring in self._rings.items():
            kept = ring.last(known)[max(0, known - after - samples) : max(0, known - after)]
            behind = [nan] * min(samples, max(0, -after))
            before = [nan] * (samples - len(kept) - len(behind))
            columns[name] = [*before, *kept, *behind]
        return self.filled(self.interval, end, columns)

    @classmethod
    def filled(cls, interval: float, end: int, columns: Mapping[str, Sequence[float]]) -> Trends:
        """Trends of these samples of every signal, the last of them that of the beat before
        `end`."""
        trends = cls(interval)
        trends._begin(end - max(map(len, columns.values())))
        for name, values in columns.items():
            trends._rings[name].extend(values)
        return trends

    @classmethod
    def replay(cls, interval: float, ticks: Iterable[Tick]) -> Trends:
        """Trends filled from history, ready to go on with live ticks."""
        trends = cls(interval)
        for tick in ticks:
            trends.add(tick)
        return trends
