"""Memory and swap in use, and what the kernel counts about paging.

/proc/meminfo (proc_meminfo(5)) and /proc/vmstat; psutil elsewhere. Names are node_exporter's:
the kernel's own, with `_bytes`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.figures import counter, read_small
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit
from sysmon_tui.model.sample import Reading

TOTAL = "node_memory_MemTotal_bytes"
AVAILABLE = "node_memory_MemAvailable_bytes"

_SIZES = {
    "MemTotal": "Memory the kernel can use",
    "MemFree": "Memory that holds nothing",
    "MemAvailable": "Memory programs could get without swapping",
    "Buffers": "Cache of raw block devices",
    "Cached": "Cache of files, shared memory included",
    "SwapCached": "Memory that also stands in swap",
    "Active": "Memory used lately",
    "Inactive": "Memory not used lately",
    "SwapTotal": "Swap space",
    "SwapFree": "Swap space that holds nothing",
    "Dirty": "File contents that wait to be written",
    "Writeback": "File contents being written",
    "AnonPages": "Memory of programs that no file backs",
    "Mapped": "Files mapped by programs",
    "Shmem": "Shared memory and tmpfs",
    "Slab": "Memory of kernel objects",
    "SReclaimable": "Kernel objects that can be given up",
    "SUnreclaim": "Kernel objects that cannot be given up",
    "KernelStack": "Stacks of threads inside the kernel",
    "PageTables": "Page tables of processes",
    "CommitLimit": "Memory the kernel would promise at most",
    "Committed_AS": "Memory the kernel has promised",
}
_EVENTS = {
    "pgfault": "Page faults",
    "pgmajfault": "Page faults that had to read from storage",
    "pswpin": "Pages read from swap",
    "pswpout": "Pages written to swap",
    "oom_kill": "Processes killed for lack of memory",
}

METRICS = (
    *(
        Metric(f"node_memory_{field}_bytes", Kind.GAUGE, Unit.BYTES, text)
        for field, text in _SIZES.items()
    ),
    *(
        Metric(f"node_vmstat_{field}", Kind.COUNTER, Unit.COUNT, text)
        for field, text in _EVENTS.items()
    ),
)

_NAMES = {field.encode(): f"node_memory_{field}_bytes" for field in _SIZES}
_EVENT_LINES = tuple((f"\n{field} ".encode(), f"node_vmstat_{field}") for field in _EVENTS)
_SIZE_LINE = re.compile(rb"^(\w+):[ \t]+(\d{1,16}) kB", re.MULTILINE)
_LOW_WATERMARK = re.compile(rb"^ +low +(\d{1,16})$", re.MULTILINE)
_FILE_PAGES = re.compile(rb"^(?:In)?[Aa]ctive\(file\):[ \t]+(\d{1,16}) kB", re.MULTILINE)

Values = dict[str, dict[Labels, float]]


class LinuxMemory:
    name: ClassVar[str] = "memory"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        self._meminfo = KernelFile(roots.proc / "meminfo", 4096)
        self._vmstat = KernelFile(roots.proc / "vmstat", 16384)
        self._zoneinfo = roots.proc / "zoneinfo"
        self._reserve: float | None = None

    def collect(self) -> Reading:
        text = self._meminfo.read()
        families: Values = {
            _NAMES[field]: {(): float(kib) * 1024.0}
            for field, kib in _SIZE_LINE.findall(text)
            if field in _NAMES
        }
        if not families.get(TOTAL, {}).get(()):
            raise Unsupported(f"{self._meminfo.path} states no MemTotal")
        if AVAILABLE not in families:
            families[AVAILABLE] = {(): self._estimate(text, families)}
        families |= self._events()
        return Reading(families)

    def _events(self) -> Values:
        """Lines of /proc/vmstat, found rather than parsed: it has two hundred of them."""
        try:
            text = b"\n" + self._vmstat.read()
        except (Unsupported, Denied):
            return {}
        found: Values = {}
        for line, name in _EVENT_LINES:
            start = text.find(line)
            if start >= 0:
                start += len(line)
                try:
                    found[name] = {(): counter(text[start : text.find(b"\n", start)])}
                except ValueError:
                    continue
        return found

    def _estimate(self, text: bytes, families: Values) -> float:
        """MemAvailable for kernels before 3.14, as commit 34e431b0ae39 introduced it.

        Free memory above the low watermarks, and of page cache and reclaimable kernel objects
        all but what would have to stay: half of each, or the watermark if that is less.
        """
        if self._reserve is None:
            # Set at boot and by the administrator; once is enough for a file this large.
            zones = read_small(self._zoneinfo, 1 << 20)
            pages = sum(map(float, _LOW_WATERMARK.findall(zones)))
            self._reserve = pages * os.sysconf("SC_PAGE_SIZE")
        reserve = self._reserve
        cache = sum(map(float, _FILE_PAGES.findall(text))) * 1024.0
        objects = _value(families, "SReclaimable")
        free = _value(families, "MemFree") - reserve
        free += cache - min(cache / 2.0, reserve) + objects - min(objects / 2.0, reserve)
        return min(max(free, 0.0), _value(families, "MemTotal"))

    def close(self) -> None:
        self._meminfo.close()
        self._vmstat.close()


def _value(families: Mapping[str, Mapping[Labels, float]], field: str) -> float:
    return families.get(f"node_memory_{field}_bytes", {}).get((), 0.0)


PORTABLE_PAGE = 4096
"""psutil counts swapped bytes, the kernel pages; processors.memory assumes this size."""


class PortableMemory:
    """Any platform psutil knows; sizes a platform lacks are left out."""

    name: ClassVar[str] = "memory"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False
    _FIELDS: ClassVar[dict[str, str]] = {
        "total": TOTAL,
        "available": AVAILABLE,
        "free": "node_memory_MemFree_bytes",
        "buffers": "node_memory_Buffers_bytes",
        "cached": "node_memory_Cached_bytes",
        "active": "node_memory_Active_bytes",
        "inactive": "node_memory_Inactive_bytes",
    }

    def collect(self) -> Reading:
        import psutil

        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        families: Values = {
            name: {(): float(getattr(memory, field))}
            for field, name in self._FIELDS.items()
            if hasattr(memory, field)
        }
        families["node_memory_SwapTotal_bytes"] = {(): float(swap.total)}
        families["node_memory_SwapFree_bytes"] = {(): float(swap.free)}
        families["node_vmstat_pswpin"] = {(): swap.sin / PORTABLE_PAGE}
        families["node_vmstat_pswpout"] = {(): swap.sout / PORTABLE_PAGE}
        return Reading(families)

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxMemory(roots) if (roots.proc / "meminfo").exists() else PortableMemory()
