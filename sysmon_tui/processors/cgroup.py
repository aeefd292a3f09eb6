"""How near containers and services are to their limits."""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

USAGE = "sysmon_cgroup_memory_usage_bytes"
LIMIT = "sysmon_cgroup_memory_limit_bytes"
CPU = "sysmon_cgroup_cpu_usage_seconds_total"
PERIODS = "sysmon_cgroup_cpu_periods_total"
THROTTLED = "sysmon_cgroup_cpu_throttled_periods_total"

MEMORY_RATIO = "sysmon_cgroup_memory_used_ratio"
CPU_RATIO = "sysmon_cgroup_cpu_ratio"
THROTTLED_RATIO = "sysmon_cgroup_cpu_throttled_ratio"

_NONE: Mapping[Labels, float] = {}


@derives(
    "cgroup",
    {MEMORY_RATIO: (USAGE, LIMIT), CPU_RATIO: (CPU,), THROTTLED_RATIO: (PERIODS, THROTTLED)},
)
class Cgroup:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        derived = {MEMORY_RATIO: _used(batch.families)}
        if self._rates.feed(batch):
            # Of one core, as a process is shown: 2.0 is two of them.
            derived[CPU_RATIO] = self._rates.per_second(CPU)
            derived[THROTTLED_RATIO] = self._throttled()
        return {name: family for name, family in derived.items() if family}

    def _throttled(self) -> dict[Labels, float]:
        """Of the periods in which the group wanted CPU at all; 0 if it wanted none."""
        periods = self._rates.increase(PERIODS)
        return {
            key: min(count / periods[key], 1.0) if periods[key] else 0.0
            for key, count in self._rates.increase(THROTTLED).items()
            if key in periods
        }


def _used(families: Families) -> dict[Labels, float]:
    usage = families.get(USAGE, _NONE)
    return {
        key: usage[key] / limit for key, limit in families.get(LIMIT, _NONE).items() if key in usage
    }
