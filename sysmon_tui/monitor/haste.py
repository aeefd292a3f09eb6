"""Has the slow collectors read more often while an incident goes on.

Assembled into every `Monitor`, so that whoever records does it, whoever began the incident. A
collector still keeps to its share of a core (`lane.SHARE`): a dear one gets no faster than that.
"""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.monitor.lane import Lane

PACE = 5.0
"""Times as often, but not more than once a second."""
LOOK_EVERY = 2.0
"""Seconds between two looks at the file."""


class Haste:
    def __init__(self, incidents: Incidents, lanes: Sequence[Lane]) -> None:
        self._incidents = incidents
        self._lanes = lanes
        self._due = float("-inf")

    def hear(self, tick: Tick) -> None:
        """On the engine's thread, after every beat."""
        if tick.mono < self._due:
            return
        self._due = tick.mono + LOOK_EVERY
        try:
            incident = self._incidents.current()
        except StoreError:
            return
        goes_on = incident is not None and not incident.over(tick.wall)
        for lane in self._lanes:
            lane.hurry(PACE if goes_on else 1.0)
