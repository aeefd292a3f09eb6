"""Shares of CPU time: of the whole machine by mode, and of each core.

Busy is everything but idle and iowait, as htop counts it; `work` leaves nice and steal out as
well, which is what the CPU rules watch (netdata's 10min_cpu_usage).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from operator import itemgetter, truediv
from typing import Any, TypeAlias

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.ports import Columns
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.rate import Rates, growth, spans
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
_LOADS = tuple((f"node_load{minutes}", labels(window=f"{minutes}m")) for minutes in (1, 5, 15))


_Pick: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Of figures, or of columns of them."""


class _Grouping:
    """Which of some series are of one mode and of one core. A machine of 64 cores has 512 of them,
    every second, and history as many for every second that is looked at."""

    def __init__(self, keys: tuple[Labels, ...]) -> None:
        self.keys = keys
        modes: dict[str, list[int]] = {}
        cores: dict[str, list[int]] = {}
        busy: dict[str, list[int]] = {}
        for at, ((_, core), (_, mode)) in enumerate(keys):
            modes.setdefault(mode, []).append(at)
            cores.setdefault(core, []).append(at)
            if mode not in _IDLE:
                busy.setdefault(core, []).append(at)
        self._modes = [(mode, labels(mode=mode), _pick(places)) for mode, places in modes.items()]
        self.cores = [
            (labels(cpu=core), _pick(places), _pick(busy.get(core, ())))
            for core, places in cores.items()
        ]

    def shares(self, spent: Sequence[float]) -> dict[str, Mapping[Labels, float]]:
        """Of what each of the series grew by; nothing where none did."""
        by_mode = {mode: sum(pick(spent)) for mode, _, pick in self._modes}
        whole = sum(by_mode.values())
        if not whole:
            return {}
        ratios = {key: by_mode[mode] / whole for mode, key, _ in self._modes}
        ratios[BUSY] = _sum_but(by_mode, _IDLE) / whole
        ratios[WORK] = _sum_but(by_mode, _NOT_WORK) / whole
        return {
            CPU_RATIO: ratios,
            CORE_RATIO: {
                key: sum(busy(spent)) / seconds
                for key, every, busy in self.cores
                if (seconds := sum(every(spent)))
            },
        }

    def columns(self, spent: Sequence[Sequence[float]], elapsed: Sequence[float]) -> Columns:
        """`CPU_RATIO` of many moments, each a row of what the series grew by."""
        by_mode = {mode: _summed(pick(spent)) for mode, _, pick in self._modes}
        whole = [
            total if total and gap == gap else nan
            for total, gap in zip(_summed(list(by_mode.values())), elapsed, strict=True)
        ]
        parts = {key: by_mode[mode] for mode, key, _ in self._modes}
        for key, excluded in ((BUSY, _IDLE), (WORK, _NOT_WORK)):
            counted = [column for mode, column in by_mode.items() if mode not in excluded]
            parts[key] = _summed(counted) or [0.0] * len(whole)
        return {key: list(map(truediv, column, whole)) for key, column in parts.items()}


def _pick(places: Sequence[int]) -> _Pick:
    """What stands at these places, as fast as it gets."""
    if len(places) > 1:
        pick: _Pick = itemgetter(*places)
        return pick
    return lambda values: [values[place] for place in places]


def _sum_but(by_mode: Mapping[str, float], excluded: Iterable[str]) -> float:
    return sum(seconds for mode, seconds in by_mode.items() if mode not in excluded)


def _summed(columns: Sequence[Sequence[float]]) -> list[float]:
    """Row by row; nothing of no columns."""
    return list(map(sum, zip(*columns, strict=True)))


def _ratios(monos: Sequence[float], families: Mapping[str, Columns]) -> Columns:
    """What `Cpu` makes of batches in a row, column by column: a chart of an hour is made of a
    third of a million figures."""
    counters = families[CPU_SECONDS]
    spent = [growth(column, STEP_BACK) for column in counters.values()]
    return _Grouping(tuple(counters)).columns(spent, spans(monos))


@derives(
    "cpu",
    {
        LOAD_PER_CORE: (CPU_SECONDS, *(name for name, _ in _LOADS)),
        CPU_RATIO: (CPU_SECONDS,),
        CORE_RATIO: (CPU_SECONDS,),
    },
    {CPU_RATIO: _ratios},
)
class Cpu:
    def __init__(self) -> None:
        self._rates = Rates()
        self._grouping = _Grouping(())

    def feed(self, batch: Batch) -> Families:
        families: dict[str, Mapping[Labels, float]] = {}
        cores = len(self._grouped(batch.families.get(CPU_SECONDS, ())).cores)
        if cores:
            families[LOAD_PER_CORE] = {
                key: batch.families[name][()] / cores
                for name, key in _LOADS
                if name in batch.families
            }
        if self._rates.feed(batch):
            keys, spent = self._rates.growth(CPU_SECONDS, STEP_BACK)
            families |= self._grouped(keys).shares(spent)
        return families

    def _grouped(self, keys: Iterable[Labels]) -> _Grouping:
        """How these series belong together: found out again only when they change."""
        keys = tuple(keys)
        if keys != self._grouping.keys:
            self._grouping = _Grouping(keys)
        return self._grouping
