"""A past made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sysmon_tui.analysis.query import Reading
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import open_store

WALL = 1_700_000_000.0
ALL = frozenset({"cpu", "memory", "filesystem"})
A, B = labels(of="a"), labels(of="b")


def batch(second: float, families: Families, collector: str = "cpu") -> Batch:
    return Batch(collector=collector, wall=WALL + second, mono=1000.0 + second, families=families)


def reading_of(batches: Iterable[Batch], scheme: str = "memory:") -> Reading:
    store = open_store(scheme, state=Path("/"), retention=1e9, quota=1 << 30, derive=derive)
    store.append(batches)
    store.flush()
    return Reading(store, ALL, derive)
