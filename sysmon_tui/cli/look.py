"""One short look at the machine: the few beats that rates and slow mounts need.

For the commands that look once (`check`, `doctor`). What they see is kept nowhere and disturbs no
other sysmon-tui: history and alerts stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import CollectorState, HostFacts, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.settings.schema import Settings

MIN_INTERVAL = 0.3
"""Seconds between two beats: a collector's second pass is due a quarter after its first."""
PATIENCE = 5.0
"""Seconds a collector that has not answered yet gets, beyond the interval."""
_STEP = 0.25


class Observed(Protocol):
    """What a look needs of a `Monitor`."""

    host: HostFacts
    rules: tuple[Rule, ...]

    @property
    def notices(self) -> tuple[str, ...]: ...
    def beat(self) -> Tick: ...
    def stop(self) -> None: ...


def in_memory(settings: Settings) -> Settings:
    """The settings for a look that leaves no trace."""
    storage = msgspec.structs.replace(settings.storage, url="memory:")
    return msgspec.structs.replace(settings, storage=storage)


def unanswered(tick: Tick) -> tuple[CollectorState, ...]:
    """Collectors that said neither what they see nor why they do not."""
    return tuple(
        state
        for state in tick.collectors
        if state.status is Status.OK and state.age == float("inf")
    )


def look(
    monitor: Observed, interval: float, pause: Callable[[float], None], beats: int = 2
) -> tuple[Tick, ...]:
    """That many beats, `interval` seconds apart; more while a collector is slow to answer."""
    ticks = [monitor.beat()]
    for _ in range(beats - 1):
        pause(interval)
        ticks.append(monitor.beat())
    waited = 0.0
    while unanswered(ticks[-1]) and waited < PATIENCE:
        pause(_STEP)
        waited += _STEP
        ticks.append(monitor.beat())
    return tuple(ticks)
