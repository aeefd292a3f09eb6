"""Pressure over the last interval, from the totals: finer than the kernel's own averages."""

from __future__ import annotations

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

PRESSURE_RATIO = "sysmon_pressure_ratio"

_TOTALS: dict[str, Labels] = {
    f"node_pressure_{resource}_{word}_seconds_total": labels(resource=resource, kind=kind)
    for resource in ("cpu", "memory", "io")
    for word, kind in (("waiting", "some"), ("stalled", "full"))
}


@derives("pressure", {PRESSURE_RATIO: _TOTALS})
class Pressure:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        if not self._rates.feed(batch):
            return NOTHING
        ratios = {
            key: min(share, 1.0)
            for name, key in _TOTALS.items()
            for share in self._rates.per_second(name).values()
        }
        return {PRESSURE_RATIO: ratios} if ratios else NOTHING
