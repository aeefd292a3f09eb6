"""Batches with a moment, for processors to derive from."""

from __future__ import annotations

from sysmon_tui.model.metric import Families
from sysmon_tui.model.sample import Batch


def batch(mono: float, families: Families) -> Batch:
    return Batch(collector="test", wall=1_700_000_000.0 + mono, mono=mono, families=families)
