"""Batches as a machine would yield them, without a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch, Status

WALL, MONO = 1_700_000_000.0, 1000.0
ALL = frozenset({"cpu", "memory", "disk"})


def batch(at: float, collector: str = "cpu", **figures: float) -> Batch:
    """What `collector` read `at` seconds after the beginning of time."""
    families = {name: {labels(core="0"): value} for name, value in figures.items()}
    return Batch(collector=collector, wall=WALL + at, mono=MONO + at, families=families)


def stream(count: int, collector: str = "cpu", begin: float = 0.0) -> list[Batch]:
    """One batch a second: a counter of clock ticks and a noisy gauge."""
    return [
        batch(begin + n, collector, ticks=n * 37 * 0.01, noise=((n * 7919) % 104729) / 104729)
        for n in range(count)
    ]


def shown(batches: Iterator[Batch]) -> list[tuple[float, str]]:
    """(seconds after the beginning, collector), in order."""
    return [(batch.wall - WALL, batch.collector) for batch in batches]


def kept(batch: Batch) -> Batch:
    """What a store promises to give back."""
    return replace(batch, processes=None, cost=0.0)


def ailing(at: float, status: Status, note: str) -> Batch:
    return replace(batch(at), families={}, status=status, note=note)
