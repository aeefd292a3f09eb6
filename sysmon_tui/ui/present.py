"""The present as the screen knows it: the newest tick, and the last minutes of charts and alerts.

The application has one `Present` and gives it every tick; `ui.travel` shows the past instead. What
was recorded before the start is read once, meanwhile, and joined with what has come since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.chronicle import Chronicle, joined
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.trends import CAPACITY, Trends

PAST_EVENTS = 500
"""Of alerts, with which the timeline begins."""
MEANWHILE = 300
"""Ticks held while the store is read. One that hangs for longer leaves a gap in the charts."""


class Present:
    """On the event loop, but for `read`."""

    def __init__(self, source: Source, newest: Tick) -> None:
        self._source = source
        self.newest = newest
        self.trends = Trends(source.interval)
        self.chronicle = Chronicle()
        self.complete = False
        """What was recorded before is in it, as far as it can be."""
        self._since: deque[Tick] = deque(maxlen=MEANWHILE)
        """Ticks that came while it was read."""

    def hear(self, tick: Tick) -> None:
        """The newest tick."""
        self.newest = tick
        self.trends.add(tick)
        self.chronicle.add(tick.events)
        if not self.complete:
            self._since.append(tick)

    def read(self) -> tuple[Trends, Sequence[AlertEvent]]:
        """What was recorded lately, for `recall`; blocks on the store. Raises `StoreError`."""
        source, interval = self._source, self._source.interval
        trends = Trends.replay(interval, source.history(CAPACITY * interval, interval))
        return trends, source.happened(PAST_EVENTS)

    def recall(self, trends: Trends, events: Sequence[AlertEvent]) -> None:
        """Go on from what was recorded; `events` newest first."""
        for tick in self._since:
            trends.add(tick)
        self.trends = trends
        live = [event for tick in self._since for event in tick.events]
        self.chronicle = Chronicle(joined(events, live))
        self.complete = True
        self._since.clear()

    def go_without(self) -> None:
        """What was recorded before cannot be read, so nothing is to be joined with it."""
        self.complete = True
        self._since.clear()

    def begin_again(self) -> None:
        """Forget the charts: the source goes on from another moment, and is to be read anew."""
        self.trends = Trends(self._source.interval)
        self.complete = False
        self._since.clear()
