"""Frames of the past: for a wish, the tick of that moment with the charts and sparklines around it.

`ui.travel` wishes, on the event loop; `Frames.load` reads, on a thread. Steps that follow each
other mostly want what was read for the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, nan
from typing import NamedTuple

from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import zoom
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.source import Lookback
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.window import Window, of_curves, of_trends, spread

SPARK = 120
"""Samples before the moment that sparklines draw."""
AROUND = 200
"""Beats read beyond what a frame needs, for the steps that follow."""


class Wish(NamedTuple):
    """What is to be shown."""

    at: float | None
    """Seconds since the epoch; None is now, on a chart that live ticks do not reach."""
    level: int
    """Of `zoom`."""
    end: int
    """The number of the span after the chart's last, counted from the epoch."""
    samples: int
    """Spans the chart has."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    wish: Wish
    window: Window
    tick: Tick | None = None
    """None is the newest live one, and so are its trends."""
    trends: Trends | None = None


class Frames:
    """For one thread at a time."""

    def __init__(self, lookback: Lookback, interval: float) -> None:
        self._lookback = lookback
        self._interval = interval
        self._reel = Trends(interval)
        self._covered = (inf, -inf)
        self._key: Wish | None = None
        self._window: Window | None = None

    def load(self, wish: Wish) -> Frame:
        """Raises `StoreError`."""
        if wish.at is None:
            return Frame(wish, self._rolled(wish))
        tick = self._lookback.tick(wish.at)
        if wish.level > zoom.LIVE:
            reel = self._until(wish.at, wish.at, SPARK)
            return Frame(wish, self._rolled(wish), tick, reel.until(wish.at, SPARK))
        step = zoom.step(wish.level, self._interval)
        end = wish.end * step
        beats = round(wish.samples * step / self._interval)
        reel = self._until(wish.at, end, beats)
        draw = spread if wish.level < zoom.LIVE else of_trends
        drawn = reel.upto(round(end / self._interval), beats)
        window = draw(drawn, wish.samples, at=wish.at)
        return Frame(wish, window, tick, reel.until(wish.at, SPARK))

    def _rolled(self, wish: Wish) -> Window:
        """Read anew only where another range is wanted: a cursor moves over what is there."""
        key, window = wish._replace(at=0.0), self._window
        if self._key != key or window is None or wish.at is None:
            step = zoom.step(wish.level, self._interval)
            start, end = (wish.end - wish.samples) * step, wish.end * step
            names = {name for signal in SIGNALS.values() for name in signal.metrics}
            curves = {
                name: self._lookback.series(name, start, end, wish.samples)
                for name in sorted(names)
            }
            window = of_curves(curves, wish.end, step, wish.samples)
            self._key, self._window = key, window
        return replace(window, at=nan if wish.at is None else wish.at)

    def _until(self, at: float, end: float, beats: int) -> Trends:
        """Samples that reach back `beats` from the later of two moments, and from the earlier."""
        interval = self._interval
        first, last = min(at, end) - SPARK * interval, max(at, end)
        first = min(first, last - beats * interval)
        begun, ended = self._covered
        if not (begun <= first and last <= ended):
            begun = first - AROUND * interval
            ended = last + AROUND * interval
            ticks = self._lookback.ticks(begun, ended, interval)
            self._reel = Trends.replay(interval, ticks)
            newest = self._reel.last
            self._covered = (begun, max(last, newest) if newest == newest else last)
        return self._reel
