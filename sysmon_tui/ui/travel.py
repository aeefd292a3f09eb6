"""Going through time: what the keys of looking back ask for, and the frame that is shown.

The application owns one `Travel`. Frames are read on a thread; while one is under way only the
newest wish is kept, so that a held key never piles up work. Recording and alerts go on meanwhile:
what begins to fire is counted here and shown beside the past.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from math import ceil, floor

from sysmon_tui.model.alert import Severity, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import zoom
from sysmon_tui.ui.frames import Frame, Frames, Wish
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.tally import Tally
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.view import Shown, View
from sysmon_tui.ui.window import spread

STEP = 10.0
"""Seconds a step takes one at least: process tables are kept every five."""
FRESH = 12.0
"""Seconds until what was read can be read back: it is written every ten."""
LATELY = 10.0
"""Seconds in which the present is still the moment that was marked."""
BEFORE, DAY = 60.0, 86400.0
"""Seconds before an alert, or before now, that now is compared with."""
_SLACK = 1e-6


class Travel:
    """On the event loop."""

    def __init__(
        self,
        source: Source,
        newest: Tick,
        *,
        trends: Callable[[], Trends],
        samples: Callable[[], int],
        show: Callable[[], None],
        run: Callable[[Awaitable[None]], object],
        tell: Callable[[str], None],
    ) -> None:
        """`trends` are the live ones, `samples` tells how many spans the chart has room for;
        `show` repaints, `run` keeps a coroutine going, `tell` shows a sentence to the user."""
        self.mark: float | None = None
        """The moment somebody marked."""
        self._interval = source.interval
        self._frames = Frames(source.lookback, source.interval)
        self._trends = trends
        self._samples = samples
        self._show = show
        self._run = run
        self._tell = tell
        self.lookback = source.lookback
        self.newest = newest
        """The newest live tick."""
        self._level = zoom.LIVE
        self._wish: Wish | None = None
        """None is now, at the scale of live ticks."""
        self._frame: Frame | None = None
        self._loading = False
        self._fired: list[Severity] = []

    @property
    def at(self) -> float | None:
        """The moment that is shown or about to be; None is now."""
        return self._wish.at if self._wish is not None else None

    @property
    def away(self) -> bool:
        """Whether the past is shown or about to be."""
        return self.at is not None

    @property
    def samples(self) -> int:
        return self._samples()

    @property
    def now(self) -> float:
        """The source's newest moment."""
        return self.newest.wall

    def hear(self, tick: Tick) -> None:
        """The newest tick, whatever is shown."""
        self.newest = tick
        if self.at is not None:
            self._fired += [event.alert.severity for event in tick.events if event.notifies]
        elif self._wish is not None:
            self._want(self._wish._replace(end=self._last_span()))

    def over(self, view: View) -> View:
        """The view with the past in it, where that is what is shown."""
        frame = self._frame
        if frame is None:
            near = self._level < zoom.LIVE
            return replace(view, window=spread(view.trends, self.samples)) if near else view
        if frame.tick is None or frame.trends is None or frame.wish.at is None:
            return replace(view, window=frame.window)
        shown = Shown(
            at=frame.wish.at,
            now=self.now,
            fired=len(self._fired),
            worst=max(self._fired, default=Severity.OK),
        )
        return replace(
            view,
            tick=frame.tick,
            counted=Tally.of(frame.tick.alerts),
            trends=frame.trends,
            window=frame.window,
            shown=shown,
        )

    # What the keys do

    def step(self, steps: int) -> None:
        """Back (negative) or forward by one step of the chart's scale, from one round time to
        another."""
        self._move(steps, max(STEP, self._scale))

    def leap(self, leaps: int) -> None:
        """Likewise, by a quarter of what the chart shows."""
        size = max(STEP, self._scale)
        self._move(leaps, max(size, floor(self._span / 4.0 / size) * size))

    def go(self, at: float) -> None:
        """To a moment. What is too close to now to be read back yet is now, for one who comes
        from the past; one who sets out from now gets the newest that can be read."""
        newest = self.now - FRESH
        if at > newest and (self.away or at >= self.now - 1.0):
            self.live()
        else:
            at = min(at, floor(newest))
            self._want(Wish(at, self._level, self._place(at), self.samples))

    def refit(self) -> None:
        """The chart has another width."""
        if self.at is not None:
            self.go(self.at)
        elif self._wish is not None:
            self._rest()

    def live(self) -> None:
        """Back to now."""
        self._fired.clear()
        self._rest()

    def zoom(self, nearer: bool | None) -> None:
        """One level nearer or farther; None is the scale of live ticks."""
        level = zoom.LIVE
        if nearer is not None:
            level = (
                zoom.nearer(self._level)
                if nearer
                else zoom.wider(self._level, self._interval, self.samples)
            )
        self._level = level
        if self.at is not None:
            self.go(self.at)
        else:
            self._rest()

    @property
    def marked(self) -> bool:
        """Whether the moment shown is the one that is marked already."""
        if self.mark is None:
            return False
        return self.mark == self.at or (self.at is None and self.now - self.mark < LATELY)

    def set_mark(self) -> float:
        """Mark the moment shown; the moment."""
        self.mark = self.now if self.at is None else self.at
        return self.mark

    def pair(self) -> tuple[float, float | None]:
        """Which moments to compare, the earlier first; None is now.

        The mark with what is shown. Without one what is shown with now; and at present now with a
        minute before the worst alert began, else with the same time yesterday.
        """
        if self.mark is not None and self.mark != self.at:
            if self.at is None:
                # A replay may stand before what was marked in it.
                return (self.mark, None) if self.mark <= self.now else (self.now, self.mark)
            return min(self.mark, self.at), max(self.mark, self.at)
        if self.at is not None:
            return self.at, None
        worst = next((alert for alert in self.newest.alerts if alert.state is State.FIRING), None)
        at = worst.since - BEFORE if worst is not None else self.now - DAY
        return min(at, self.now - FRESH), None

    def _rest(self) -> None:
        """Show now, on whatever chart."""
        if self._level > zoom.LIVE:
            self._want(Wish(None, self._level, self._last_span(), self.samples))
        else:
            self._wish = self._frame = None
            self._show()

    def _move(self, times: int, size: float) -> None:
        here = self.at
        if here is None:
            if times > 0:
                return
            here = self.now
            newest = float(floor(here - FRESH))
        else:
            newest = float("inf")
        whole = ceil(here / size - _SLACK) if times < 0 else floor(here / size + _SLACK)
        self.go(min((whole + times) * size, newest))

    @property
    def _scale(self) -> float:
        return zoom.step(self._level, self._interval)

    @property
    def _span(self) -> float:
        return self._scale * self.samples

    def _last_span(self) -> int:
        """The number of the span after the one we are in."""
        return floor(self.now / self._scale) + 1

    def _place(self, at: float) -> int:
        """Where the chart ends. It stands still while the moment is well within it; else there is
        more of it on the side one comes from."""
        scale, samples = self._scale, self.samples
        newest = floor((self.now - FRESH) / scale) + 1
        newest += newest & 1
        wish = self._wish
        end = newest
        if wish is not None and wish.at is not None and wish.level == self._level:
            end = wish.end
        where = floor(at / scale + _SLACK) - (end - samples)
        if where < samples // 10:
            end -= samples * 3 // 4 - where
        elif where >= samples:
            end += where - samples // 4
        # A cell holds an even span and the odd one after it.
        return min(end - (end & 1), newest)

    # Reading

    def _want(self, wish: Wish) -> None:
        if wish == self._wish and wish.at is not None:
            return
        self._wish = wish
        if not self._loading:
            self._loading = True
            self._run(self._load())

    def _near(self, wish: Wish) -> Trends | None:
        """The beats around the wish, where live ones reach back to them."""
        if wish.at is None:
            return None
        trends = self._trends()
        begin, end = self._frames.needed(wish)
        return trends.upto(end, end - begin) if trends.begin <= begin else None

    async def _load(self) -> None:
        """Read what is wished for, and again while that has changed meanwhile."""
        try:
            done: Wish | None = None
            while (wish := self._wish) is not None and wish != done:
                newest, near = self.now - FRESH, self._near(wish)
                frame = await asyncio.to_thread(self._frames.load, wish, newest, near)
                done = wish
                # Now was wished for meanwhile: the past must not come back.
                if self._wish is not None and (self._wish.at is None) is (wish.at is None):
                    self._frame = frame
                    self._show()
        except (OSError, StoreError) as error:
            self._tell(f"That moment cannot be read: {error}")
            self._wish = self._frame = None
            self._show()
        finally:
            self._loading = False
