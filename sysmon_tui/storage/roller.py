"""One collector's batches as rollups of 1 minute, 10 minutes and 1 hour, made while they come.

Derived figures are rolled up beside the raw ones: what people look at over ninety days is CPU
percent with its peaks, and a peak cannot be told from counters an hour apart. They come from the
same processors as live (`model.ports.Derive`), fed here once more.

A minute's samples are held as columns and summed up when the next minute begins; minutes are
merged into the running ten minutes, those into the running hour. What a crash takes from memory
is made again from the tier below (`sqlite_rollup`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import floor, nan
from typing import NamedTuple

from sysmon_tui.model.curve import Stats, merged
from sysmon_tui.model.metric import Families, Labels, SeriesKey
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage.meter import Counter, Gauge, meter

TIERS = (60.0, 600.0, 3600.0)
"""Seconds a rollup spans, by number of its tier; each is a multiple of the one before."""


class Span(NamedTuple):
    """One collector's rollups over one span of a tier."""

    tier: int
    start: float
    """Seconds since the epoch, a multiple of the tier's width."""
    stats: Mapping[SeriesKey, Stats]


class Roller:
    def __init__(self, derive: Callable[[Batch], Families]) -> None:
        self._derive = derive
        self._minute = nan
        self._monos = array("d")
        self._columns: dict[str, dict[Labels, array[float]]] = {}
        self._meters: dict[SeriesKey, Gauge | Counter] = {}
        self._wider = [_Wider(tier) for tier in range(1, len(TIERS))]

    def add(self, batch: Batch) -> Iterator[Span]:
        """Take the next batch; the spans that ended with it, narrow ones first."""
        minute = floor(batch.wall / TIERS[0]) * TIERS[0]
        if minute != self._minute:
            yield from self._close()
            self._minute = minute
        if batch.status is not Status.OK:
            return
        row = len(self._monos)
        self._monos.append(batch.mono)
        for name, family in chain(batch.families.items(), self._derive(batch).items()):
            columns = self._columns.setdefault(name, {})
            for key, value in family.items():
                column = columns.get(key)
                if column is None:
                    column = columns[key] = array("d")
                if len(column) != row:
                    column.extend(array("d", [nan]) * (row - len(column)))
                column.append(value)

    def resume(self, span: Span) -> Iterator[Span]:
        """Count in what was rolled up before a restart and is in no wider span yet; the wider
        spans that ended before it. Spans of a wide tier come before those of a narrow one."""
        return self._widen([span], self._wider[span.tier :])

    def _close(self) -> Iterator[Span]:
        if not self._monos:
            return
        span = Span(0, self._minute, self._summed())
        self._monos = array("d")
        self._columns.clear()
        yield span
        yield from self._widen([span], self._wider)

    def _widen(self, spans: list[Span], tiers: Sequence[_Wider]) -> Iterator[Span]:
        for wider in tiers:
            spans = [ended for span in spans for ended in wider.add(span)]
            yield from spans

    def _summed(self) -> dict[SeriesKey, Stats]:
        rows = len(self._monos)
        stats: dict[SeriesKey, Stats] = {}
        meters: dict[SeriesKey, Gauge | Counter] = {}
        for name, columns in self._columns.items():
            for labels, column in columns.items():
                if len(column) != rows:
                    column.extend(array("d", [nan]) * (rows - len(column)))
                key = SeriesKey(name, labels)
                # A series that is gone is forgotten with the minute.
                meters[key] = self._meters.get(key) or meter(name)
                stats[key] = meters[key].take(self._monos, column)
        self._meters = meters
        return stats


class _Wider:
    """The running span of one of the wider tiers."""

    def __init__(self, tier: int) -> None:
        self.tier = tier
        self._start = nan
        self._stats: dict[SeriesKey, Stats] = {}

    def add(self, span: Span) -> Iterator[Span]:
        start = floor(span.start / TIERS[self.tier]) * TIERS[self.tier]
        if start != self._start:
            if self._stats:
                yield Span(self.tier, self._start, self._stats)
            self._start, self._stats = start, {}
        for key, stats in span.stats.items():
            before = self._stats.get(key)
            self._stats[key] = stats if before is None else merged((before, stats))
