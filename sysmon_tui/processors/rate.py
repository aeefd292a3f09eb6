"""Counters to rates, the one place where it is done."""

from __future__ import annotations

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.sample import Batch


class Rates:
    """Keeps the previous batch; `per_second` answers for the one fed last.

    A counter that went backwards was reset (reboot, driver reload, wrap): its increase is what it
    counted since, as Prometheus' `rate()` has it. A gap longer than `max_gap` seconds (suspend)
    yields nothing rather than an average over the night.
    """

    __slots__ = ("_current", "_max_gap", "_previous", "elapsed")

    def __init__(self, max_gap: float = 300.0) -> None:
        self._previous: Batch | None = None
        self._current: Batch | None = None
        self._max_gap = max_gap
        self.elapsed = 0.0
        """Seconds between the two batches; 0 while there is no pair."""

    def feed(self, batch: Batch) -> bool:
        """Take the next batch; true if there is a pair to derive from."""
        self._previous, self._current = self._current, batch
        self.elapsed = 0.0
        if self._previous is not None:
            elapsed = batch.mono - self._previous.mono
            if 0.0 < elapsed <= self._max_gap:
                self.elapsed = elapsed
        return self.elapsed > 0.0

    def increase(self, name: str, slack: float = 0.0) -> dict[Labels, float]:
        """How much each series of a counter family grew; series seen only once are left out.

        A step back of at most `slack` is no reset but a counter that is not exact: no growth.
        """
        if not self.elapsed or self._previous is None or self._current is None:
            return {}
        before = self._previous.families.get(name)
        now = self._current.families.get(name)
        if not before or not now:
            return {}
        return {
            key: value - old
            if value >= (old := before[key])
            else (0.0 if old - value <= slack else value)
            for key, value in now.items()
            if key in before
        }

    def per_second(self, name: str) -> dict[Labels, float]:
        elapsed = self.elapsed
        return {key: value / elapsed for key, value in self.increase(name).items()}
