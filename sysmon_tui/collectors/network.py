"""What each interface carried, lost, and how fast its link is.

/proc/net/dev (proc_net(5)) and /sys/class/net; psutil elsewhere. Counters are those of one
network namespace: ours, or that of the watched machine's process 1 where its /proc is mounted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.figures import counter, read_integer, read_small
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

UP = "node_network_up"
SPEED = "node_network_speed_bytes"
MEGABIT = 125_000.0
"""Bytes in a megabit."""

_COLUMNS = (
    (0, "node_network_receive_bytes_total"),
    (1, "node_network_receive_packets_total"),
    (2, "node_network_receive_errs_total"),
    (3, "node_network_receive_drop_total"),
    (8, "node_network_transmit_bytes_total"),
    (9, "node_network_transmit_packets_total"),
    (10, "node_network_transmit_errs_total"),
    (11, "node_network_transmit_drop_total"),
)
"""(figure from 0 after the name, metric)"""

METRICS = (
    Metric("node_network_receive_bytes_total", Kind.COUNTER, Unit.BYTES, "Bytes received"),
    Metric("node_network_receive_packets_total", Kind.COUNTER, Unit.COUNT, "Packets received"),
    Metric("node_network_receive_errs_total", Kind.COUNTER, Unit.COUNT, "Errors in receiving"),
    Metric("node_network_receive_drop_total", Kind.COUNTER, Unit.COUNT, "Received, not delivered"),
    Metric("node_network_transmit_bytes_total", Kind.COUNTER, Unit.BYTES, "Bytes sent"),
    Metric("node_network_transmit_packets_total", Kind.COUNTER, Unit.COUNT, "Packets sent"),
    Metric("node_network_transmit_errs_total", Kind.COUNTER, Unit.COUNT, "Errors in sending"),
    Metric("node_network_transmit_drop_total", Kind.COUNTER, Unit.COUNT, "Dropped before sending"),
    Metric(UP, Kind.GAUGE, Unit.COUNT, "1 if the link is up"),
    Metric(SPEED, Kind.GAUGE, Unit.BYTES, "Bytes a second the link could carry"),
)

STATE_PASSES = 5
"""Passes between two looks at an interface's state."""
SPEED_PASSES = 30
"""Passes between two looks at a link's speed: some drivers ask their hardware each time."""
OWN_SYS = Roots().sys

Values = dict[str, dict[Labels, float]]


class _Link:
    """An interface and what /sys last said about it."""

    __slots__ = ("directory", "key", "seen", "speed", "up")

    def __init__(self, name: bytes, directory: str) -> None:
        self.key = labels(device=clean_name(name))
        self.directory = directory
        self.up: float | None = None
        self.speed: float | None = None
        self.seen = 0

    def look(self) -> None:
        """Read what is due on this pass; without descriptors it stays as it was until the next."""
        with suppress(OSError):
            self._read()

    def _read(self) -> None:
        if self.seen % STATE_PASSES == 0:
            state = read_small(f"{self.directory}/operstate")
            self.up = float(state == b"up") if state else None
        if self.seen % SPEED_PASSES == 0:
            # -1 stands for an unknown speed; a link that is down raises EINVAL.
            megabits = read_integer(f"{self.directory}/speed")
            self.speed = megabits * MEGABIT if megabits and megabits > 0 else None
        self.seen += 1


class LinuxNetwork:
    name: ClassVar[str] = "network"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        # `net` is a link to `self/net`, and in a foreign /proc `self` is not the host's.
        path = roots.proc / "1" / "net" / "dev" if roots.foreign else roots.proc / "net" / "dev"
        self._dev = KernelFile(path)
        # Our own /sys shows our own interfaces, which may bear the names of the host's.
        own_sys = roots.foreign and roots.sys == OWN_SYS
        self._classes = os.devnull if own_sys else str(roots.sys / "class" / "net")
        self._links: dict[bytes, _Link] = {}

    def collect(self) -> Reading:
        families: Values = {name: {} for _, name in _COLUMNS}
        up: dict[Labels, float] = {}
        speed: dict[Labels, float] = {}
        links: dict[bytes, _Link] = {}
        for line in self._dev.read().splitlines():
            name, colon, rest = line.rpartition(b":")
            if not colon:
                continue
            link = self._link(name.strip())
            if link is None or not _take(rest.split(), link.key, families):
                continue
            links[name.strip()] = link
            link.look()
            if link.up is not None:
                up[link.key] = link.up
            if link.speed is not None:
                speed[link.key] = link.speed
        if not links:
            raise Unsupported(f"{self._dev.path} names no interface")
        self._links = links
        families |= {name: values for name, values in ((UP, up), (SPEED, speed)) if values}
        return Reading(families)

    def _link(self, name: bytes) -> _Link | None:
        """None for what cannot be an interface's name: it becomes part of a path."""
        link = self._links.get(name)
        if link is None and name and b"/" not in name and b"\0" not in name and name != b"..":
            link = _Link(name, f"{self._classes}/{name.decode('utf-8', 'surrogateescape')}")
        return link

    def close(self) -> None:
        self._dev.close()


def _take(fields: list[bytes], key: Labels, families: Values) -> bool:
    if len(fields) < 12:
        return False
    try:
        values = [counter(fields[index]) for index, _ in _COLUMNS]
    except ValueError:
        return False
    for (_, name), value in zip(_COLUMNS, values, strict=True):
        families[name][key] = value
    return True


class PortableNetwork:
    """Any platform psutil knows."""

    name: ClassVar[str] = "network"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False
    _FIELDS: ClassVar[dict[str, str]] = {
        "bytes_recv": "node_network_receive_bytes_total",
        "packets_recv": "node_network_receive_packets_total",
        "errin": "node_network_receive_errs_total",
        "dropin": "node_network_receive_drop_total",
        "bytes_sent": "node_network_transmit_bytes_total",
        "packets_sent": "node_network_transmit_packets_total",
        "errout": "node_network_transmit_errs_total",
        "dropout": "node_network_transmit_drop_total",
    }

    def __init__(self) -> None:
        self._passes = 0
        self._links: Values = {}

    def collect(self) -> Reading:
        import psutil

        counters = psutil.net_io_counters(pernic=True)
        if not counters:
            raise Unsupported("This system counts no network traffic")
        families: Values = {
            name: {
                labels(device=clean_name(device)): float(getattr(counts, field))
                for device, counts in counters.items()
            }
            for field, name in self._FIELDS.items()
        }
        if self._passes % STATE_PASSES == 0:
            self._links = _portable_links()
        self._passes += 1
        return Reading(families | self._links)

    def close(self) -> None:
        """Nothing is held open."""


def _portable_links() -> Values:
    import psutil

    links = {
        labels(device=clean_name(device)): found for device, found in psutil.net_if_stats().items()
    }
    return {
        UP: {key: float(found.isup) for key, found in links.items()},
        SPEED: {key: found.speed * MEGABIT for key, found in links.items() if found.speed > 0},
    }


def create(roots: Roots) -> Collector:
    return LinuxNetwork(roots) if (roots.proc / "stat").exists() else PortableNetwork()
