"""Something recorded that looking back is asked about, for every store."""

from __future__ import annotations

from collections.abc import Callable

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.ports import ByColumns, Store
from sysmon_tui.model.sample import Batch
from tests.storage.batches import WALL, batch


class Doubled:
    """A figure derived from one batch, and a rate derived from two."""

    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        return _doubled(collector)

    def sources(self, metric: str) -> frozenset[str]:
        return frozenset({"twice": ("noise",), "rate": ("ticks_total",)}.get(metric, (metric,)))

    def columns(self, metric: str) -> ByColumns | None:
        return None


doubled = Doubled()


def _doubled(collector: str) -> Callable[[Batch], Families]:
    before: list[Batch] = []

    def feed(item: Batch) -> Families:
        derived: dict[str, dict[Labels, float]] = {}
        if "noise" in item.families:
            derived["twice"] = {key: 2.0 * v for key, v in item.families["noise"].items()}
        if before and collector == "cpu" and "ticks_total" in item.families:
            elapsed = item.mono - before[0].mono
            old = before[0].families["ticks_total"]
            derived["rate"] = {
                key: (value - old[key]) / elapsed
                for key, value in item.families["ticks_total"].items()
            }
        before[:] = [item]
        return derived

    return feed


ZERO = labels(core="0")
HOUR = 1_700_002_800.0
"""A whole hour, so that rollups begin where the ranges do."""


def at(second: float, collector: str = "cpu", **figures: float) -> Batch:
    return batch(HOUR - WALL + second, collector, **figures)


def record_minutes(store: Store, minutes: int) -> None:
    """A gauge that is its minute, but for one peak in each, and a counter of two a second."""
    for minute in range(minutes):
        store.append(
            at(
                60.0 * minute + second,
                noise=500.0 if second == 30 else float(minute),
                ticks_total=2.0 * (60 * minute + second),
            )
            for second in range(60)
        )
        store.flush()
