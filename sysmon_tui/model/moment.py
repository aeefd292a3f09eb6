"""What was known at a moment of the past: the stuff a recorded `Tick` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from sysmon_tui.model.process import NO_PROCESSES, ProcessTable
from sysmon_tui.model.sample import Batch

HORIZON = 300.0
"""Seconds: what is older at a moment is no longer known then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    at: float
    """Seconds since the epoch, as it was asked for."""
    batches: tuple[Batch, ...] = ()
    """In the order recorded. Of every collector the newest at or before `at` and the good one
    before it, so that processors fed with them yield the rates of that moment; nothing older than
    `HORIZON`. Empty where nothing was recorded then: a gap."""
    processes: ProcessTable = NO_PROCESSES
    """The newest recorded at or before `at`; its `lives` reach back to the one before."""
    processes_at: float = nan
    """When it was read; NaN where there is none within `HORIZON`."""
