"""The monitor's own CPU as a share of one core."""

from __future__ import annotations

from sysmon_tui.model.metric import Families
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

SELF_CPU = "sysmon_self_cpu_ratio"
_SPENT = "process_cpu_seconds_total"


@derives("self_cost", {SELF_CPU: (_SPENT,)})
class SelfCost:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        if not self._rates.feed(batch):
            return NOTHING
        return {SELF_CPU: self._rates.per_second(_SPENT)}
