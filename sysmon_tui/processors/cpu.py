"""Shares of CPU time: of the whole machine by mode, and of each core.

Busy is everything but idle and iowait, as htop counts it; `work` leaves nice and steal out as
well, which is what the CPU rules watch (netdata's 10min_cpu_usage).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

CPU_SECONDS = "node_cpu_seconds_total"
CPU_RATIO = "sysmon_cpu_ratio"
CORE_RATIO = "sysmon_cpu_core_ratio"
LOAD_PER_CORE = "sysmon_load_per_core"

STEP_BACK = 3.0
"""Seconds: idle and iowait may decrease (proc_stat(5)); node_exporter forgives as much."""

BUSY = labels(mode="busy")
WORK = labels(mode="work")
_IDLE = ("idle", "iowait")
_NOT_WORK = ("idle", "iowait", "nice", "steal")
_LOADS = (("node_load1", "1m"), ("node_load5", "5m"), ("node_load15", "15m"))


@derives("cpu")
class Cpu:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        families: dict[str, Mapping[Labels, float]] = {}
        cores = len({key[0] for key in batch.families.get(CPU_SECONDS, NOTHING)})
        if cores:
            families[LOAD_PER_CORE] = {
                labels(window=window): batch.families[name][()] / cores
                for name, window in _LOADS
                if name in batch.families
            }
        if self._rates.feed(batch):
            families |= _shares(self._rates.increase(CPU_SECONDS, STEP_BACK))
        return families


def _shares(spent: Mapping[Labels, float]) -> dict[str, Mapping[Labels, float]]:
    by_mode: dict[str, float] = {}
    busy: dict[str, float] = {}
    total: dict[str, float] = {}
    for ((_, core), (_, mode)), seconds in spent.items():
        by_mode[mode] = by_mode.get(mode, 0.0) + seconds
        total[core] = total.get(core, 0.0) + seconds
        if mode not in _IDLE:
            busy[core] = busy.get(core, 0.0) + seconds
    whole = sum(total.values())
    if not whole:
        return {}
    ratios = {labels(mode=mode): seconds / whole for mode, seconds in by_mode.items()}
    ratios[BUSY] = _sum_but(by_mode, _IDLE) / whole
    ratios[WORK] = _sum_but(by_mode, _NOT_WORK) / whole
    return {
        CPU_RATIO: ratios,
        CORE_RATIO: {
            labels(cpu=core): busy.get(core, 0.0) / seconds
            for core, seconds in total.items()
            if seconds
        },
    }


def _sum_but(by_mode: Mapping[str, float], excluded: Iterable[str]) -> float:
    return sum(seconds for mode, seconds in by_mode.items() if mode not in excluded)
