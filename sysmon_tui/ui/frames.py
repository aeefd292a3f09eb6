"""Frames of the past: for a wish, the tick of that moment with the charts and sparklines around it.

`ui.travel` wishes, on the event loop; `Frames.load` reads, on a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, nan
from typing import NamedTuple

from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import zoom
from sysmon_tui.ui.reel import Reel
from sysmon_tui.ui.signals import METRICS
from sysmon_tui.ui.source import Lookback
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.window import Window, of_curves, of_trends, spread

SPARK = 64
"""Samples before the moment that sparklines draw at most."""
ROLLED_FROM = 60.0
"""Seconds a span lasts from which there are rollups of it."""


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
        self._reel = Reel(lookback)
        self._newest = 0.0
        self._key: Wish | None = None
        self._window: Window | None = None

    def load(self, wish: Wish, newest: float, near: Trends | None = None) -> Frame:
        """What was recorded after `newest` may still grow; `near` is `needed` where it is known.

        Raises `StoreError`.
        """
        self._newest = newest
        if wish.at is None:
            return Frame(wish, self._chart(wish))
        tick = self._lookback.tick(wish.at)
        begin, end = self.needed(wish)
        trends = near or self._reel.upto(end, end - begin, self._interval, newest)
        window = self._chart(wish) if wish.level > zoom.LIVE else self._near(wish, trends)
        return Frame(wish, replace(window, at=wish.at), tick, trends.until(wish.at, SPARK))

    def needed(self, wish: Wish) -> tuple[int, int]:
        """The live beats a frame needs (half open)."""
        at = floor((wish.at or 0.0) / self._interval) + 2
        if wish.level > zoom.LIVE:
            return at - SPARK - 2, at
        end = round(wish.end * self._step(wish) / self._interval)
        return min(at - SPARK - 2, end - self._beats(wish)), max(at, end)

    def _near(self, wish: Wish, trends: Trends) -> Window:
        end = round(wish.end * self._step(wish) / self._interval)
        draw = spread if wish.level < zoom.LIVE else of_trends
        return draw(trends.upto(end, self._beats(wish)), wish.samples)

    def _beats(self, wish: Wish) -> int:
        return round(wish.samples * self._step(wish) / self._interval)

    def _step(self, wish: Wish) -> float:
        return zoom.step(wish.level, self._interval)

    def _chart(self, wish: Wish) -> Window:
        """Read anew only where another range is wanted: a cursor moves over what is there."""
        key, window = wish._replace(at=0.0), self._window
        if key != self._key or window is None or wish.at is None:
            step = self._step(wish)
            if step < ROLLED_FROM:
                trends = self._reel.upto(wish.end, wish.samples, step, self._newest)
                window = of_trends(trends, wish.samples)
            else:
                window = self._rolled(wish, step)
            self._key, self._window = key, window
        return replace(window, at=nan)

    def _rolled(self, wish: Wish, step: float) -> Window:
        start, end = (wish.end - wish.samples) * step, wish.end * step
        curves = self._lookback.several(sorted(METRICS), start, end, wish.samples)
        return of_curves(curves, wish.end, step, wish.samples)
