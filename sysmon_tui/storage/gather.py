"""What is read, as what `Past` promises: curves from samples and spans, pairs from batches.

Every store uses this; those without rollups make everything out of batches with it.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import floor, inf

from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import Families, Labels, SeriesKey, label
from sysmon_tui.model.ports import ByColumns, Derive, Metrics
from sysmon_tui.model.process import ProcessLife, ProcessTable
from sysmon_tui.model.sample import NOTHING, Batch, Status
from sysmon_tui.model.silence import Matcher
from sysmon_tui.storage.meter import Counter, Gauge, meter

ROWS = 200
"""Batches looked at before their samples are counted, however wide a bucket is."""


class _NoDerive:
    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        return lambda _batch: NOTHING

    def sources(self, metric: str) -> frozenset[str]:
        return frozenset((metric,))

    def columns(self, metric: str) -> ByColumns | None:
        return None


no_derive: Derive = _NoDerive()
"""For whoever has use for raw figures only."""


def only(families: Families, metrics: Metrics) -> Families:
    """Those of some metrics."""
    if metrics is None:
        return families
    return {name: family for name, family in families.items() if name in metrics}


def agree(labels: Labels, matchers: Sequence[Matcher]) -> bool:
    """Whether labels match; one that is absent is empty, as Prometheus has it."""
    return all(matcher.agrees(label(labels, matcher.name)) for matcher in matchers)


class Gather:
    """The curves of one metric, filled from wherever its past is found, in the order of time."""

    def __init__(
        self, name: str, matchers: Sequence[Matcher], start: float, end: float, buckets: int
    ) -> None:
        self.name = name
        self.step = (end - start) / buckets
        self._matchers = matchers
        self._start = start
        self._buckets = buckets
        self._curves: dict[Labels, Curve | None] = {}
        """None is a series that was not asked for."""
        self._meters: dict[Labels, Gauge | Counter] = {}

    def found(self) -> dict[SeriesKey, Curve]:
        """Those with a sample, sorted."""
        return {
            SeriesKey(self.name, labels): curve
            for labels, curve in sorted(self._curves.items(), key=lambda pair: pair[0])
            if curve is not None and any(last == last for last in curve.last)
        }

    def spans(
        self, labels: Labels, starts: Sequence[float], columns: Sequence[Sequence[float]]
    ) -> None:
        """Rollups of one series in their order, in columns as `Stats` has them."""
        if (curve := self._curve(labels)) is not None:
            curve.add_all(starts, columns)

    def columns(
        self,
        walls: Sequence[float],
        monos: Sequence[float],
        series: Iterable[tuple[Labels, Sequence[float]]],
        lead: int = 0,
    ) -> None:
        """Samples of some series, in the order recorded, all of them read at the same moments.

        The first `lead` of them are counted already: they only show what a counter grew from.
        """
        runs: list[tuple[int, int]] = []
        for labels, values in series:
            curve = self._curve(labels)
            if curve is None:
                continue
            samples = self._meters.get(labels)
            if samples is None:
                samples = self._meters[labels] = meter(self.name)
            if lead:
                samples.take(monos[:lead], values[:lead])
            # Every curve has the same buckets.
            runs = runs or list(_runs(map(curve.at, walls[lead:]), lead))
            for begin, end in runs:
                curve.add(walls[begin], samples.take(monos[begin:end], values[begin:end]))

    def batches(self, batches: Iterable[Batch], derive: Derive, start: float = -inf) -> None:
        """Samples out of batches; derived ones where the raw have none.

        Batches from before `start` are counted already, and only there for pairs.
        """
        feeds: dict[str, Callable[[Batch], Families]] = {}
        waiting: dict[Labels, tuple[array[float], array[float], array[float]]] = {}
        bucket, rows = None, 0
        for batch in batches:
            if batch.status is not Status.OK:
                continue
            rows += 1
            now = (batch.wall - self._start) // self.step
            if now != bucket or rows > ROWS:
                self._columns(waiting)
                bucket, rows = now, 0
            if batch.collector not in feeds:
                feeds[batch.collector] = derive(batch.collector)
            derived = feeds[batch.collector](batch)
            if batch.wall < start:
                continue
            family = batch.families.get(self.name) or derived.get(self.name) or {}
            for labels, value in family.items():
                columns = waiting.get(labels)
                if columns is None:
                    columns = waiting[labels] = (array("d"), array("d"), array("d"))
                walls, monos, values = columns
                walls.append(batch.wall)
                monos.append(batch.mono)
                values.append(value)
        self._columns(waiting)

    def _columns(
        self, waiting: dict[Labels, tuple[array[float], array[float], array[float]]]
    ) -> None:
        for labels, (walls, monos, values) in waiting.items():
            self.columns(walls, monos, [(labels, values)])
        waiting.clear()

    def wants(self, labels: Labels) -> bool:
        return self._curve(labels) is not None

    def _curve(self, labels: Labels) -> Curve | None:
        if labels not in self._curves:
            wanted = agree(labels, self._matchers)
            curve = Curve(self._start, self.step, self._buckets) if wanted else None
            self._curves[labels] = curve
        return self._curves[labels]


def newest_pairs(batches: Iterable[Batch]) -> tuple[Batch, ...]:
    """What `Moment.batches` promises, out of everything up to that moment."""
    good: dict[str, deque[tuple[int, Batch]]] = {}
    ailing: dict[str, tuple[int, Batch]] = {}
    for number, batch in enumerate(batches):
        if batch.status is Status.OK:
            good.setdefault(batch.collector, deque(maxlen=2)).append((number, batch))
            ailing.pop(batch.collector, None)
        else:
            ailing[batch.collector] = (number, batch)
    found = [*ailing.values(), *(pair for pairs in good.values() for pair in pairs)]
    return tuple(batch for _, batch in sorted(found, key=lambda pair: pair[0]))


def thinned(
    tables: Iterable[tuple[float, ProcessTable]], step: float
) -> Iterator[tuple[float, ProcessTable]]:
    """One table in `step` seconds, with the lives of those left out before it."""
    due = -inf
    lives: tuple[ProcessLife, ...] = ()
    for wall, table in tables:
        lives += table.lives
        if wall < due:
            continue
        yield wall, replace(table, lives=lives)
        lives = ()
        if step:
            due = (floor(wall / step) + 1) * step


def known_in(batches: Iterable[Batch], derive: Derive) -> tuple[SeriesKey, ...]:
    """Every series that batches have or yield, sorted."""
    feeds: dict[str, Callable[[Batch], Families]] = {}
    found: dict[SeriesKey, None] = {}
    for batch in batches:
        if batch.collector not in feeds:
            feeds[batch.collector] = derive(batch.collector)
        for families in (batch.families, feeds[batch.collector](batch)):
            for name, family in families.items():
                found.update(dict.fromkeys(SeriesKey(name, key) for key in family))
    return tuple(sorted(found))


def _runs(buckets: Iterable[int], begin: int) -> Iterator[tuple[int, int]]:
    """Where stretches of the same bucket begin and end, counted from `begin` on."""
    for _, run in groupby(buckets):
        end = begin + sum(1 for _ in run)
        yield begin, end
        begin = end
