"""How a machine stands at a moment, as far as somebody who comes back wants to compare.

`monitor.looked` keeps one for each user at the end of a look, so that what changed can be told
even where nobody recorded meanwhile; `model.brief` compares two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from types import MappingProxyType
from typing import NamedTuple

from sysmon_tui.model.metric import Families, Labels, label

OOM_KILLS = "node_vmstat_oom_kill"
UNIT_STATE = "node_systemd_unit_state"
UNIT_RESTARTS = "node_systemd_service_restart_total"
UNITS_RUNNING = "node_systemd_system_running"
_SIZE = "node_filesystem_size_bytes"
_FREE = "node_filesystem_free_bytes"
_AVAILABLE = "node_filesystem_avail_bytes"

_NO_FAMILY: Mapping[Labels, float] = MappingProxyType({})


class Port(NamedTuple):
    """A socket that waits for whoever calls."""

    protocol: str
    """`tcp` or `udp`."""
    address: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol} {host}:{self.port}"


class Space(NamedTuple):
    """Bytes of a file system, as df(1) counts them: root's reserve is neither used nor free."""

    used: float
    whole: float

    @property
    def share(self) -> float:
        return self.used / self.whole if self.whole else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    at: float
    """Seconds since the epoch."""
    boot_time: float
    oom_kills: float = nan
    """Since boot; NaN where not known."""
    failed: tuple[str, ...] | None = None
    """Names of failed units; None where not known."""
    restarts: Mapping[str, float] = field(default_factory=dict)
    """Service to how often systemd started it again, since it was loaded."""
    spaces: Mapping[str, Space] = field(default_factory=dict)
    """By mount point."""
    ports: tuple[Port, ...] | None = None
    """None where not known."""


def standing(
    families: Families, *, at: float, boot_time: float, ports: Iterable[Port] | None = None
) -> Standing:
    """What the newest figures of a moment say; raw ones are enough."""
    states = families.get(UNIT_STATE, _NO_FAMILY)
    failed = (
        tuple(sorted(label(key, "name") for key, value in states.items() if value))
        if UNITS_RUNNING in families
        else None
    )
    restarts = families.get(UNIT_RESTARTS, _NO_FAMILY).items()
    return Standing(
        at=at,
        boot_time=boot_time,
        oom_kills=families.get(OOM_KILLS, _NO_FAMILY).get((), nan),
        failed=failed,
        restarts={label(key, "name"): count for key, count in restarts if isfinite(count)},
        spaces=dict(_spaces(families)),
        ports=None if ports is None else tuple(sorted(ports)),
    )


def _spaces(families: Families) -> Iterator[tuple[str, Space]]:
    free, available = families.get(_FREE, _NO_FAMILY), families.get(_AVAILABLE, _NO_FAMILY)
    for key, size in families.get(_SIZE, _NO_FAMILY).items():
        used = max(0.0, size - free.get(key, nan))
        whole = used + max(0.0, available.get(key, nan))
        if isfinite(whole) and whole > 0.0:
            yield label(key, "mountpoint"), Space(used, whole)
