"""The one thing that flows: a frozen `Tick`, the same from live, history or another host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from types import MappingProxyType

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.process import NO_PROCESSES, ProcessTable
from sysmon_tui.model.sample import NOTHING, Batch, CollectorState
from sysmon_tui.model.silence import Silence

_NO_SERIES: Mapping[Labels, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Everything known at one moment. Widgets, storage and alerts take it and ask nobody."""

    number: int
    wall: float
    mono: float
    batches: tuple[Batch, ...] = ()
    """What was read on this beat, raw: this is what storage keeps."""
    families: Families = field(default_factory=lambda: NOTHING)
    """The newest figure of every series, raw and derived."""
    processes: ProcessTable = NO_PROCESSES
    alerts: tuple[Alert, ...] = ()
    """Pending, firing and lately resolved; worst first."""
    events: tuple[AlertEvent, ...] = ()
    """What changed about alerts since the previous tick."""
    silences: tuple[Silence, ...] = ()
    """Those in force or still to come."""
    collectors: tuple[CollectorState, ...] = ()

    def family(self, name: str) -> Mapping[Labels, float]:
        return self.families.get(name, _NO_SERIES)

    def value(self, name: str, labels: Labels = ()) -> float:
        """One figure; NaN where it is not known."""
        return self.families.get(name, _NO_SERIES).get(labels, nan)
