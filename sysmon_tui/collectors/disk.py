"""What each disk read, wrote and how long it was busy.

/proc/diskstats (Documentation/admin-guide/iostats.rst); psutil elsewhere. Whole devices only:
a partition's figures are in those of its disk. Layers (dm, md) are kept: they are what people
name, and their latency is what programs feel.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.figures import counter
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

SECTOR = 512.0
"""Bytes; the kernel's unit in this file whatever the device's own sectors are."""
_MS = 1e-3

_COLUMNS = (
    (3, 1.0, "node_disk_reads_completed_total"),
    (5, SECTOR, "node_disk_read_bytes_total"),
    (6, _MS, "node_disk_read_time_seconds_total"),
    (7, 1.0, "node_disk_writes_completed_total"),
    (9, SECTOR, "node_disk_written_bytes_total"),
    (10, _MS, "node_disk_write_time_seconds_total"),
    (11, 1.0, "node_disk_io_now"),
    (12, _MS, "node_disk_io_time_seconds_total"),
    (13, _MS, "node_disk_io_time_weighted_seconds_total"),
)
"""(field from 0, factor to base units, metric)"""
_READS, _WRITES = 3, 7

METRICS = (
    Metric("node_disk_reads_completed_total", Kind.COUNTER, Unit.COUNT, "Reads done"),
    Metric("node_disk_read_bytes_total", Kind.COUNTER, Unit.BYTES, "Bytes read"),
    Metric("node_disk_read_time_seconds_total", Kind.COUNTER, Unit.SECONDS, "Time reads took"),
    Metric("node_disk_writes_completed_total", Kind.COUNTER, Unit.COUNT, "Writes done"),
    Metric("node_disk_written_bytes_total", Kind.COUNTER, Unit.BYTES, "Bytes written"),
    Metric("node_disk_write_time_seconds_total", Kind.COUNTER, Unit.SECONDS, "Time writes took"),
    Metric("node_disk_io_now", Kind.GAUGE, Unit.COUNT, "Requests under way"),
    Metric("node_disk_io_time_seconds_total", Kind.COUNTER, Unit.SECONDS, "Time the disk was busy"),
    Metric(
        "node_disk_io_time_weighted_seconds_total",
        Kind.COUNTER,
        Unit.SECONDS,
        "Time the disk was busy, times the requests under way",
    ),
)

_VIRTUAL = re.compile(r"(?:loop|z?ram|fd|sr)\d+$")
_PARTITION = re.compile(r"(?:(?:[hsv]|xv)d[a-z]+\d+|(?:nvme\d+n|mmcblk|nbd|md|pmem)\d+p\d+)$")

Values = dict[str, dict[Labels, float]]


class LinuxDisk:
    name: ClassVar[str] = "disk"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        self._stats = KernelFile(roots.proc / "diskstats")
        self._block = roots.sys / "class" / "block"
        self._keys: dict[bytes, Labels | None] = {}

    def collect(self) -> Reading:
        lines = self._stats.read().splitlines()
        if len(self._keys) > 2 * len(lines) + 64:
            self._keys.clear()  # devices come and go under new names
        families: Values = {name: {} for _, _, name in _COLUMNS}
        named = False
        for line in lines:
            fields = line.split(None, 14)
            if len(fields) < 14:
                continue
            named = True
            key = self._key(fields[2])
            # A device that never did anything is a slot, not a disk.
            if key and not fields[_READS] == fields[_WRITES] == b"0":
                _take(fields, key, families)
        if not named:
            raise Unsupported(f"{self._stats.path} names no disk")
        return Reading(families)

    def _key(self, name: bytes) -> Labels | None:
        """The labels of a whole device; None for what is not shown."""
        try:
            return self._keys[name]
        except KeyError:
            shown = is_whole_disk(name, self._block)
            key = self._keys[name] = labels(device=clean_name(name)) if shown else None
            return key

    def close(self) -> None:
        self._stats.close()


def is_whole_disk(name: bytes, block: Path) -> bool:
    """Whether a device is a disk: by sysfs where it knows the device, else by its name."""
    text = name.decode("utf-8", "replace")
    if _VIRTUAL.match(text):
        return False
    # In sysfs a slash in a device name (`cciss/c0d0`) stands as an exclamation mark.
    device = block / text.replace("/", "!")
    try:
        if device.exists():
            return not (device / "partition").exists()
    except (OSError, ValueError):
        pass
    return not _PARTITION.match(text)


def _take(fields: list[bytes], key: Labels, families: Values) -> None:
    try:
        values = [counter(fields[index]) * factor for index, factor, _ in _COLUMNS]
    except ValueError:
        return
    for (_, _, name), value in zip(_COLUMNS, values, strict=True):
        families[name][key] = value


class PortableDisk:
    """Any platform psutil knows; busy time where the platform counts it."""

    name: ClassVar[str] = "disk"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False
    _FIELDS: ClassVar[tuple[tuple[str, float, str], ...]] = (
        ("read_count", 1.0, "node_disk_reads_completed_total"),
        ("read_bytes", 1.0, "node_disk_read_bytes_total"),
        ("read_time", _MS, "node_disk_read_time_seconds_total"),
        ("write_count", 1.0, "node_disk_writes_completed_total"),
        ("write_bytes", 1.0, "node_disk_written_bytes_total"),
        ("write_time", _MS, "node_disk_write_time_seconds_total"),
        ("busy_time", _MS, "node_disk_io_time_seconds_total"),
    )

    def collect(self) -> Reading:
        import psutil

        counters = psutil.disk_io_counters(perdisk=True)
        if not counters:
            raise Unsupported("This system counts no disk activity")
        families: Values = {}
        for device, counts in counters.items():
            key = labels(device=clean_name(device))
            for field, factor, name in self._FIELDS:
                if hasattr(counts, field):
                    families.setdefault(name, {})[key] = getattr(counts, field) * factor
        return Reading(families)

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxDisk(roots) if (roots.proc / "stat").exists() else PortableDisk()
