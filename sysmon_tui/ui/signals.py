"""The figures with a history on the screen: what each reads from a tick, and its scale.

Gauges, sparklines and charts name signals; `Trends` keeps their last minutes. A new one is a row
in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

from sysmon_tui.model.metric import Labels, Unit, labels
from sysmon_tui.model.tick import Tick

CPU = "sysmon_cpu_ratio"
MEMORY = "sysmon_memory_used_ratio"
CACHE = "sysmon_memory_cache_ratio"
SWAP = "sysmon_swap_used_ratio"
LOAD = "sysmon_load_per_core"
PRESSURE = "sysmon_pressure_avg_ratio"
DISK_BUSY = "sysmon_disk_utilization_ratio"
DISK_READ = "sysmon_disk_read_bytes_per_second"
DISK_WRITE = "sysmon_disk_write_bytes_per_second"
FILESYSTEM = "sysmon_filesystem_used_ratio"
RECEIVE = "sysmon_network_receive_bytes_per_second"
TRANSMIT = "sysmon_network_transmit_bytes_per_second"

LOOPBACK = labels(device="lo")


@dataclass(frozen=True, slots=True)
class Signal:
    """A figure that is drawn over time."""

    name: str
    title: str
    unit: Unit
    metrics: tuple[str, ...]
    """What it is read from."""
    read: Callable[[Tick], float]
    """NaN while it is not known."""
    top: float = nan
    """The fixed end of its scale; NaN scales to what was seen."""


def pressure(resource: str, kind: str) -> Labels:
    return labels(resource=resource, kind=kind, window="10s")


def worst(family: Mapping[Labels, float]) -> tuple[Labels, float]:
    """The series with the highest value; no labels and NaN for an empty family."""
    if not family:
        return (), nan
    return max(family.items(), key=lambda item: item[1])


def traffic(tick: Tick) -> dict[Labels, float]:
    """Bytes a second in both directions by interface, loopback left out."""
    sent = tick.family(TRANSMIT)
    return {
        key: value + sent.get(key, 0.0)
        for key, value in tick.family(RECEIVE).items()
        if key != LOOPBACK
    }


def _value(name: str, key: Labels = ()) -> Callable[[Tick], float]:
    return lambda tick: tick.value(name, key)


def _highest(name: str) -> Callable[[Tick], float]:
    return lambda tick: worst(tick.family(name))[1]


def _total(name: str) -> Callable[[Tick], float]:
    return lambda tick: _sum([value for key, value in tick.family(name).items() if key != LOOPBACK])


def _sum(values: Sequence[float]) -> float:
    return sum(values) if values else nan


def _busiest(tick: Tick) -> float:
    return worst(traffic(tick))[1]


def _stalled(resource: str, kind: str) -> Callable[[Tick], float]:
    return _value(PRESSURE, pressure(resource, kind))


def _mode(mode: str) -> Callable[[Tick], float]:
    return _value(CPU, labels(mode=mode))


_RATIO, _RATE = Unit.RATIO, Unit.BYTES

SIGNALS: Mapping[str, Signal] = {
    signal.name: signal
    for signal in (
        Signal("cpu", "busy", _RATIO, (CPU,), _mode("busy"), 1.0),
        Signal("cpu.iowait", "iowait", _RATIO, (CPU,), _mode("iowait"), 1.0),
        Signal("cpu.steal", "steal", _RATIO, (CPU,), _mode("steal"), 1.0),
        Signal("memory", "used", _RATIO, (MEMORY,), _value(MEMORY), 1.0),
        Signal("swap", "swap", _RATIO, (SWAP,), _value(SWAP), 1.0),
        Signal("load", "load", Unit.COUNT, (LOAD,), _value(LOAD, labels(window="1m"))),
        Signal("pressure.cpu", "cpu", _RATIO, (PRESSURE,), _stalled("cpu", "some"), 1.0),
        Signal("pressure.memory", "mem", _RATIO, (PRESSURE,), _stalled("memory", "full"), 1.0),
        Signal("pressure.io", "io", _RATIO, (PRESSURE,), _stalled("io", "full"), 1.0),
        Signal("disk", "busiest", _RATIO, (DISK_BUSY,), _highest(DISK_BUSY), 1.0),
        Signal("disk.read", "read", _RATE, (DISK_READ,), _total(DISK_READ)),
        Signal("disk.write", "write", _RATE, (DISK_WRITE,), _total(DISK_WRITE)),
        Signal("filesystem", "fullest", _RATIO, (FILESYSTEM,), _highest(FILESYSTEM), 1.0),
        Signal("network", "busiest", _RATE, (RECEIVE, TRANSMIT), _busiest),
        Signal("network.receive", "received", _RATE, (RECEIVE,), _total(RECEIVE)),
        Signal("network.transmit", "sent", _RATE, (TRANSMIT,), _total(TRANSMIT)),
    )
}

METRICS = frozenset(name for signal in SIGNALS.values() for name in signal.metrics)
"""What all of them are read from."""
