"""What sysstat recorded: the JSON that `sadf -j FILE -- -A` prints, one moment in memory.

sysstat keeps averages over its interval and no counters, so what it has as a rate comes in as the
figure we derive (`sysmon_cpu_ratio`), under the collector that has it. Loads, memory and swap are
read as they are; sizes there are in KiB. Times must be UTC, as they are without -t or -T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean_name
from sysmon_tui.storage.exchange.elements import elements
from sysmon_tui.storage.exchange.errors import FormatError

_KIB = 1024.0
_CPU_MODES = {
    "usr": "user", "user": "user", "nice": "nice", "sys": "system", "system": "system",
    "iowait": "iowait", "steal": "steal", "irq": "irq", "soft": "softirq", "idle": "idle",
}  # fmt: skip
"""`-u ALL` and `-u` name them differently."""
_LOADS = {"ldavg-1": "node_load1", "ldavg-5": "node_load5", "ldavg-15": "node_load15"}
_MEMORY = {
    "memfree": "node_memory_MemFree_bytes",
    "avail": "node_memory_MemAvailable_bytes",
    "buffers": "node_memory_Buffers_bytes",
    "cached": "node_memory_Cached_bytes",
    "dirty": "node_memory_Dirty_bytes",
    "slab": "node_memory_Slab_bytes",
}
_REST = ("memfree", "memused", "buffers", "cached", "slab")

Values = dict[str, dict[Labels, float]]


def read(texts: Iterable[str], file: str) -> Iterator[Batch]:
    """Batches in the order of the file. Raises `FormatError`."""
    number = 0
    for number, moment in enumerate(elements(texts, "statistics", file), 1):
        where = f"{file}: moment {number}"
        if not isinstance(moment, dict):
            raise FormatError(where, "is no table of figures")
        wall = _time(moment, where)
        for collector, families in _figures(moment).items():
            yield Batch(collector=collector, wall=wall, mono=wall, families=families)
    if not number:
        raise FormatError(file, "is no output of sadf -j", "Make it with: sadf -j FILE -- -A")


def _time(moment: Mapping[str, Any], where: str) -> float:
    stamp = moment.get("timestamp")
    if not isinstance(stamp, dict):
        raise FormatError(where, "has no timestamp")
    if stamp.get("utc") not in (1, True):
        raise FormatError(where, "its time is not UTC", "Run sadf without -t and -T")
    try:
        text = f"{stamp['date']} {stamp['time']}"
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except (KeyError, ValueError, OverflowError):
        raise FormatError(where, "its timestamp is no date and time") from None


def _figures(moment: Mapping[str, Any]) -> dict[str, Families]:
    """By collector, none of them empty."""
    found: dict[str, Values] = {}
    for section, (collector, figures) in _SECTIONS.items():
        for name, family in figures(_at(moment, section)).items():
            if family:
                found.setdefault(collector, {}).setdefault(name, {}).update(family)
    return {collector: dict(families) for collector, families in found.items()}


def _at(moment: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The tables at a dotted path: one or a list of them, none where there is nothing."""
    found: Any = moment
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    tables = found if isinstance(found, list) else [found]
    return [table for table in tables if isinstance(table, dict)]


def _number(table: Mapping[str, Any], name: str) -> float | None:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _cpu(tables: list[dict[str, Any]]) -> Values:
    ratios: dict[Labels, float] = {}
    cores: dict[Labels, float] = {}
    for table in tables:
        idle = [_number(table, name) for name in ("idle", "iowait")]
        if table.get("cpu") == "all":
            for field, mode in _CPU_MODES.items():
                if (share := _number(table, field)) is not None:
                    ratios[labels(mode=mode)] = share / 100.0
            if None not in idle:
                ratios[labels(mode="busy")] = _busy(idle)
        elif None not in idle:
            cores[labels(cpu=_name(table, "cpu"))] = _busy(idle)
    return {"sysmon_cpu_ratio": ratios, "sysmon_cpu_core_ratio": cores}


def _busy(idle: list[float | None]) -> float:
    return min(1.0, max(0.0, 1.0 - sum(share or 0.0 for share in idle) / 100.0))


def _name(table: Mapping[str, Any], field: str) -> str:
    return clean_name(str(table.get(field, "")))


def _queue(tables: list[dict[str, Any]]) -> Values:
    return {
        metric: {(): load}
        for table in tables
        for field, metric in _LOADS.items()
        if (load := _number(table, field)) is not None
    }


def _memory(tables: list[dict[str, Any]]) -> Values:
    found: Values = {}
    for table in tables:
        for field, metric in _MEMORY.items():
            if (size := _number(table, field)) is not None:
                found[metric] = {(): size * _KIB}
        if (total := _total(table)) is not None:
            found["node_memory_MemTotal_bytes"] = {(): total * _KIB}
        free, used = _number(table, "swpfree"), _number(table, "swpused")
        if free is not None and used is not None:
            found["node_memory_SwapFree_bytes"] = {(): free * _KIB}
            found["node_memory_SwapTotal_bytes"] = {(): (free + used) * _KIB}
    return found


def _total(table: Mapping[str, Any]) -> float | None:
    """All memory, which is not told: used counts buffers and caches up to sysstat 11, not since.

    Whichever sum agrees better with the percentage that is told.
    """
    parts = [_number(table, name) or 0.0 for name in _REST]
    used, share = _number(table, "memused"), _number(table, "memused-percent")
    if used is None or share is None:
        return None
    return min(
        (parts[0] + used, sum(parts)),
        key=lambda total: abs(100.0 * used / total - share) if total else 100.0,
    )


def _swap(tables: list[dict[str, Any]]) -> Values:
    # Pages of 4 KiB, as nearly every machine has them; sadf does not tell.
    return _each(
        tables, "", "", {"pswpin": ("sysmon_swap_in_bytes_per_second", 4096.0),
                         "pswpout": ("sysmon_swap_out_bytes_per_second", 4096.0)}
    )  # fmt: skip


def _faults(tables: list[dict[str, Any]]) -> Values:
    return _each(tables, "", "", {"majflt": ("sysmon_major_faults_per_second", 1.0)})


def _disk(tables: list[dict[str, Any]]) -> Values:
    return _each(
        tables, "disk-device", "device",
        {
            "rkB": ("sysmon_disk_read_bytes_per_second", _KIB),
            "wkB": ("sysmon_disk_write_bytes_per_second", _KIB),
            "util-percent": ("sysmon_disk_utilization_ratio", 0.01),
        },
    )  # fmt: skip


def _network(tables: list[dict[str, Any]]) -> Values:
    return _each(
        tables, "iface", "device",
        {
            "rxkB": ("sysmon_network_receive_bytes_per_second", _KIB),
            "txkB": ("sysmon_network_transmit_bytes_per_second", _KIB),
        },
    )  # fmt: skip


def _pressure(resource: str) -> Callable[[list[dict[str, Any]]], Values]:
    def read_tables(tables: list[dict[str, Any]]) -> Values:
        ratios = {
            labels(resource=resource, kind=kind): share / 100.0
            for table in tables
            for kind in ("some", "full")
            if (share := _number(table, f"{kind}_avg")) is not None
        }
        return {"sysmon_pressure_ratio": ratios}

    return read_tables


def _each(
    tables: list[dict[str, Any]], field: str, label: str, wanted: Mapping[str, tuple[str, float]]
) -> Values:
    """Fields of tables, each scaled to its metric, labelled with the table's own name."""
    found: Values = {}
    for table in tables:
        key = labels(**{label: _name(table, field)}) if label else ()
        for name, (metric, scale) in wanted.items():
            if (value := _number(table, name)) is not None:
                found.setdefault(metric, {})[key] = value * scale
    return found


_SECTIONS: Mapping[str, tuple[str, Callable[[list[dict[str, Any]]], Values]]] = {
    "cpu-load": ("cpu", _cpu),
    "cpu-load-all": ("cpu", _cpu),
    "queue": ("cpu", _queue),
    "memory": ("memory", _memory),
    "swap-pages": ("memory", _swap),
    "paging": ("memory", _faults),
    "disk": ("disk", _disk),
    "network.net-dev": ("network", _network),
    "psi.psi-cpu": ("pressure", _pressure("cpu")),
    "psi.psi-io": ("pressure", _pressure("io")),
    "psi.psi-mem": ("pressure", _pressure("memory")),
}
"""By place in a moment: the collector that has such figures, and how they are read."""
