"""How far the clock is off, whichever way; absent while nothing measures it."""

from __future__ import annotations

from sysmon_tui.model.metric import Families
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.registry import derives

OFFSET = "node_timex_offset_seconds"
SYNCED = "node_timex_sync_status"
OFF = "sysmon_clock_offset_seconds"


@derives("clock", {OFF: (OFFSET, SYNCED)})
class Clock:
    def feed(self, batch: Batch) -> Families:
        # Of a clock nobody keeps, the kernel's offset is what was left when they stopped.
        if not batch.families.get(SYNCED, {}).get(()) or OFFSET not in batch.families:
            return NOTHING
        return {OFF: {key: abs(seconds) for key, seconds in batch.families[OFFSET].items()}}
