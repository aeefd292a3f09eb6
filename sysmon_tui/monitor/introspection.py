"""The monitor as something to be monitored: what each collector costs, and what waits to be kept.

A lane among the others, made by `assemble`, so that its figures are recorded, charted and judged
like any. What the process as a whole takes is `collectors.self_cost`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.monitor.lane import Lane

COST = "sysmon_self_collector_cost_seconds"
QUEUED = "sysmon_self_queued_batches"
DROPPED = "sysmon_self_dropped_batches_total"
LOCKED = "sysmon_secrets_locked"
_DIGITS = 6
"""Microseconds: a thread's clock is no more exact from pass to pass."""


class Introspection:
    """A collector that looks at its fellows."""

    name: ClassVar[str] = "self"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(COST, Kind.GAUGE, Unit.SECONDS, "CPU time of a collector's last pass"),
        Metric(QUEUED, Kind.GAUGE, Unit.COUNT, "Batches that wait to be recorded"),
        Metric(DROPPED, Kind.COUNTER, Unit.COUNT, "Batches that could not be recorded in time"),
        Metric(LOCKED, Kind.GAUGE, Unit.COUNT, "Secrets of receivers that cannot be had"),
    )
    interval: ClassVar[float] = 10.0
    may_block: ClassVar[bool] = False

    def __init__(
        self,
        lanes: Sequence[Lane],
        queued: Callable[[], int],
        dropped: Callable[[], int],
        locked: Callable[[], int] | None = None,
    ) -> None:
        """Without receivers that need secrets nothing is said of any."""
        self._lanes = tuple(lanes)
        self._queued = queued
        self._dropped = dropped
        self._locked = locked

    def collect(self) -> Reading:
        costs = {labels(collector=lane.name): round(lane.cost, _DIGITS) for lane in self._lanes}
        families: dict[str, Mapping[Labels, float]] = {
            COST: costs,
            QUEUED: {(): float(self._queued())},
            DROPPED: {(): float(self._dropped())},
        }
        if self._locked is not None:
            families[LOCKED] = {(): float(self._locked())}
        return Reading(families)

    def close(self) -> None:
        """Nothing is held open."""
