"""The monitor's own CPU as a share of one core, and its memory under a name of its own.

Every program that Prometheus scrapes has a `process_resident_memory_bytes`: a rule over that would
judge all of them there.
"""

from __future__ import annotations

from sysmon_tui.model.metric import Families
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

SELF_CPU = "sysmon_self_cpu_ratio"
SELF_MEMORY = "sysmon_self_memory_bytes"
_MEMORY = "process_resident_memory_bytes"
_SPENT = "process_cpu_seconds_total"


@derives("self_cost", {SELF_CPU: (_SPENT,), SELF_MEMORY: (_MEMORY,)})
class SelfCost:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        memory = batch.families.get(_MEMORY)
        derived = dict(NOTHING) if memory is None else {SELF_MEMORY: memory}
        if self._rates.feed(batch):
            derived[SELF_CPU] = self._rates.per_second(_SPENT)
        return derived
