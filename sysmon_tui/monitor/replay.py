"""Stored batches as ticks: the same processors, another source. The screen fills its charts so."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import Metrics
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.processors import registry
from sysmon_tui.processors.registry import Processor

KEEP = 30.0
"""Seconds a slow collector's figures stand for later moments."""


def replay(batches: Iterable[Batch], step: float, metrics: Metrics = None) -> Iterator[Tick]:
    """A tick for every `step` seconds in which something was recorded, oldest first; `metrics`
    are all that anybody looks at."""
    past = _Past(metrics)
    current: list[Batch] = []
    for batch in batches:
        if current and batch.wall >= current[0].wall + 0.5 * step:
            yield past.tick(current)
            current = []
        current.append(batch)
    if current:
        yield past.tick(current)


def newest_before(batches: Iterable[Batch], start: float) -> Iterator[Batch]:
    """Batches from `start` on, and of those before it all that processors remember: the newest
    two of each collector. Deriving is what takes time."""
    before: dict[str, deque[tuple[int, Batch]]] = {}
    waiting = True
    for number, batch in enumerate(batches):
        if waiting and batch.wall < start:
            if batch.status is Status.OK:
                before.setdefault(batch.collector, deque(maxlen=2)).append((number, batch))
            continue
        if waiting:
            waiting = False
            yield from (old for _, old in sorted(chain(*before.values()), key=itemgetter(0)))
        yield batch


class _Past:
    """What is known at a moment of the past, built up as the live engine does it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._processors: dict[str, Processor] = {}
        self._latest: dict[str, tuple[float, Families]] = {}
        self._number = 0

    def tick(self, batches: list[Batch]) -> Tick:
        for batch in batches:
            if batch.status is Status.OK:
                self._take(batch)
        first = batches[0]
        self._number += 1
        return Tick(
            number=self._number,
            wall=first.wall,
            mono=first.mono,
            batches=tuple(batches),
            families=self._merge(first.mono),
        )

    def _take(self, batch: Batch) -> None:
        processor = self._processors.get(batch.collector)
        if processor is None:
            processor = registry.create(batch.collector, self._metrics)
            self._processors[batch.collector] = processor
        derived = processor.feed(batch)
        self._latest[batch.collector] = (batch.mono, {**batch.families, **derived})

    def _merge(self, mono: float) -> Families:
        merged: dict[str, Mapping[Labels, float]] = {}
        for read, families in self._latest.values():
            if mono - read <= KEEP:
                merged.update(families)
        return merged
