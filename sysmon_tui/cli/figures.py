"""The figures a person asks for first, picked from a `Tick`: for `check` and the line mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan, nan
from operator import attrgetter
from typing import NamedTuple

from sysmon_tui.model import units
from sysmon_tui.model.metric import Labels, label, labels
from sysmon_tui.model.tick import Tick

PRESSURES = (("cpu", "some"), ("memory", "full"), ("io", "full"))
"""Of each resource the kind that means lost time; all of cpu stalls only for cgroups."""
_WINDOW = "10s"
_LOOPBACK = "lo"
_RECEIVED = "sysmon_network_receive_bytes_per_second"
_SENT = "sysmon_network_transmit_bytes_per_second"

_SCALARS: tuple[tuple[str, str, Labels], ...] = (
    ("cpu", "sysmon_cpu_ratio", labels(mode="busy")),
    ("memory", "sysmon_memory_used_ratio", ()),
    ("swap", "sysmon_swap_used_ratio", ()),
    *(
        (
            f"pressure_{resource}",
            "sysmon_pressure_avg_ratio",
            labels(resource=resource, kind=kind, window=_WINDOW),
        )
        for resource, kind in PRESSURES
    ),
)
_LABELLED = (
    ("disk", "sysmon_disk_utilization_ratio", "device"),
    ("filesystem", "sysmon_filesystem_used_ratio", "mountpoint"),
)


class Figure(NamedTuple):
    name: str
    value: float
    subject: str = ""
    """Which disk, filesystem or resource."""

    @property
    def text(self) -> str:
        spelled = units.number(self.value) if self.name == "load" else units.percent(self.value)
        return " ".join(part for part in (self.name, self.subject, spelled) if part)


def ratios(tick: Tick) -> Iterator[Figure]:
    """Every share of the machine that is known: of the whole, of each disk and filesystem."""
    for name, metric, key in _SCALARS:
        value = tick.value(metric, key)
        if not isnan(value):
            yield Figure(name, value)
    for name, metric, by in _LABELLED:
        for key, value in sorted(tick.family(metric).items()):
            if not isnan(value):
                yield Figure(name, value, label(key, by))


def headline(tick: Tick) -> tuple[Figure, ...]:
    """CPU, memory, swap and load, then the worst of what there are several of."""
    known = tuple(ratios(tick))
    chosen = [figure for figure in known if figure.name in ("cpu", "memory", "swap")]
    load = tick.value("node_load1")
    if not isnan(load):
        chosen.append(Figure("load", load))
    pressures = [
        Figure("pressure", figure.value, figure.name.removeprefix("pressure_"))
        for figure in known
        if figure.name.startswith("pressure_")
    ]
    groups = [pressures, *([f for f in known if f.name == name] for name, _, _ in _LABELLED)]
    return (*chosen, *(max(group, key=attrgetter("value")) for group in groups if group))


def busiest_interface(tick: Tick) -> str:
    """`net eth0 2.4M/s in 9.8M/s out`; empty where nothing moves but on loopback."""
    received, sent = tick.family(_RECEIVED), tick.family(_SENT)
    traffic = {
        key: _known(received, key) + _known(sent, key)
        for key in received
        if label(key, "device") != _LOOPBACK
    }
    key = max(traffic, key=traffic.__getitem__, default=())
    if not traffic.get(key):
        return ""
    incoming, outgoing = received.get(key, nan), sent.get(key, nan)
    return f"net {label(key, 'device')} {units.rate(incoming)} in {units.rate(outgoing)} out"


def _known(family: Mapping[Labels, float], key: Labels) -> float:
    value = family.get(key, 0.0)
    return 0.0 if isnan(value) else value
