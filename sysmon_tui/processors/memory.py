"""Shares of memory and swap, and how fast memory moves to and from storage.

Used is what is not available (`free` of procps-ng 4 counts it so): cache that can be given up at
once is no use of memory.
"""

from __future__ import annotations

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

TOTAL = "node_memory_MemTotal_bytes"
AVAILABLE = "node_memory_MemAvailable_bytes"
SWAP_TOTAL = "node_memory_SwapTotal_bytes"
SWAP_FREE = "node_memory_SwapFree_bytes"
OOM_TOTAL = "node_vmstat_oom_kill"

USED_RATIO = "sysmon_memory_used_ratio"
AVAILABLE_RATIO = "sysmon_memory_available_ratio"
CACHE_RATIO = "sysmon_memory_cache_ratio"
SWAP_USED_RATIO = "sysmon_swap_used_ratio"
SWAP_IN = "sysmon_swap_in_bytes_per_second"
SWAP_OUT = "sysmon_swap_out_bytes_per_second"
MAJOR_FAULTS = "sysmon_major_faults_per_second"
OOM_KILLS = "sysmon_oom_kills"

_CACHE = tuple(f"node_memory_{field}_bytes" for field in ("Buffers", "Cached", "SReclaimable"))
_SHARED = "node_memory_Shmem_bytes"
_SWAPPED_IN, _SWAPPED_OUT = "node_vmstat_pswpin", "node_vmstat_pswpout"
_FAULTS = "node_vmstat_pgmajfault"
PAGE = 4096.0
"""Bytes the kernel counts as one; batches do not say, and nearly every machine has this size."""

Values = dict[str, dict[Labels, float]]


@derives(
    "memory",
    {
        AVAILABLE_RATIO: (TOTAL, AVAILABLE),
        USED_RATIO: (TOTAL, AVAILABLE),
        CACHE_RATIO: (TOTAL, *_CACHE, _SHARED),
        SWAP_USED_RATIO: (SWAP_TOTAL, SWAP_FREE),
        SWAP_IN: (_SWAPPED_IN,),
        SWAP_OUT: (_SWAPPED_OUT,),
        MAJOR_FAULTS: (_FAULTS,),
        OOM_KILLS: (OOM_TOTAL,),
    },
)
class Memory:
    def __init__(self, page: float = PAGE) -> None:
        self._rates = Rates()
        self._events = (
            (_SWAPPED_IN, SWAP_IN, page),
            (_SWAPPED_OUT, SWAP_OUT, page),
            (_FAULTS, MAJOR_FAULTS, 1.0),
        )

    def feed(self, batch: Batch) -> Families:
        derived = _shares(batch.families)
        if self._rates.feed(batch):
            for counter, name, factor in self._events:
                for key, rate in self._rates.per_second(counter).items():
                    derived[name] = {key: rate * factor}
            if kills := self._rates.increase(OOM_TOTAL):
                derived[OOM_KILLS] = kills
        return derived


def _shares(families: Families) -> Values:
    derived: Values = {}
    total = _figure(families, TOTAL)
    if total > 0.0 and AVAILABLE in families:
        available = _share(_figure(families, AVAILABLE), total)
        derived[AVAILABLE_RATIO] = {(): available}
        derived[USED_RATIO] = {(): 1.0 - available}
    if total > 0.0 and _CACHE[1] in families:
        # Shared memory stands under Cached but cannot be given up.
        cache = sum(_figure(families, name) for name in _CACHE) - _figure(families, _SHARED)
        derived[CACHE_RATIO] = {(): _share(cache, total)}
    swap = _figure(families, SWAP_TOTAL)
    if swap > 0.0 and SWAP_FREE in families:
        derived[SWAP_USED_RATIO] = {(): 1.0 - _share(_figure(families, SWAP_FREE), swap)}
    return derived


def _figure(families: Families, name: str) -> float:
    family = families.get(name)
    return family.get((), 0.0) if family else 0.0


def _share(part: float, whole: float) -> float:
    """Within 0 and 1: the kernel does not count all of it at the same moment."""
    return min(max(part / whole, 0.0), 1.0)
