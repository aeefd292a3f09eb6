"""One collector's pass: raw counters and gauges with the moment they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from sysmon_tui.model.metric import Families
from sysmon_tui.model.process import ProcessTable

NOTHING: Families = MappingProxyType({})


class Status(StrEnum):
    """How far a collector's figures can be trusted."""

    OK = "ok"
    STALE = "stale"
    """The last pass is late; its figures are old."""
    TIMEOUT = "timeout"
    """A pass is under way longer than its deadline: a hung mount or device."""
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Reading:
    """What `Collector.collect` returns: figures only, no time (the caller's clock stamps it)."""

    families: Families = field(default_factory=lambda: NOTHING)
    processes: ProcessTable | None = None
    note: str = ""
    """What is missing from an otherwise good reading and the remedy, one clean sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A reading with its time. Raw: rates come from two batches, so replay equals live."""

    collector: str
    wall: float
    """Seconds since the epoch, UTC."""
    mono: float
    """Seconds on a clock that never steps; differences only."""
    families: Families = field(default_factory=lambda: NOTHING)
    processes: ProcessTable | None = None
    status: Status = Status.OK
    note: str = ""
    cost: float = 0.0
    """CPU seconds the pass took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorState:
    """How a collector fares, for `doctor`, the panels and the stale rule."""

    name: str
    status: Status
    interval: float
    """Seconds between passes now; grows when a pass costs more than its share."""
    age: float
    """Seconds since the last good pass."""
    cost: float = 0.0
    """CPU seconds of the last pass."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What does not change while we look."""

    hostname: str
    system: str
    """Distribution or system name and version."""
    kernel: str
    cores: int
    boot_time: float
    """Seconds since the epoch."""
    vantage: str
    """From where we look: `host`, `container`, `host through /host/proc` ..."""
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Of a container: `cpu` in cores, `memory` in bytes; absent where unlimited."""
    remote: str = ""
    """The SSH client's address where the session came over SSH, else empty."""
