"""A stretch of history on its way out: chained generators, one batch in memory at a time.

`sysmon-tui export` chains them and hands the end to `storage.exchange`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import groupby
from math import inf

from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import Derive, Past
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch, Status


def with_derived(batches: Iterable[Batch], derive: Derive) -> Iterator[Batch]:
    """What processors say beside the raw figures."""
    feeds: dict[str, Callable[[Batch], Families]] = {}
    for batch in batches:
        if batch.status is not Status.OK:
            yield batch
            continue
        if batch.collector not in feeds:
            feeds[batch.collector] = derive(batch.collector)
        yield replace(batch, families={**feeds[batch.collector](batch), **batch.families})


def selected(batches: Iterable[Batch], patterns: Iterable[str]) -> Iterator[Batch]:
    """Of the metrics that match one of the shell patterns; batches with nothing left are left out.

    Without a pattern everything.
    """
    chosen = tuple(patterns)
    known: dict[str, bool] = {}

    def wanted(name: str) -> bool:
        if name not in known:
            known[name] = not chosen or any(fnmatchcase(name, each) for each in chosen)
        return known[name]

    for batch in batches:
        families = {name: family for name, family in batch.families.items() if wanted(name)}
        if families or not chosen:
            yield replace(batch, families=families)


def with_processes(
    batches: Iterable[Batch], tables: Iterator[tuple[float, ProcessTable]]
) -> Iterator[Batch]:
    """Process tables in the batches they were read with; one whose batch is gone is left out."""
    wall, table = next(tables, (inf, None))
    for batch in batches:
        while wall < batch.wall:
            wall, table = next(tables, (inf, None))
        if batch.collector == "process" and wall == batch.wall:
            yield replace(batch, processes=table)
        else:
            yield batch


def newest(past: Past, collectors: frozenset[str], latest: float) -> float:
    """The time of the newest batch before `latest`, to a millisecond; minus infinity if none.

    Asks whether there is one after a moment, with ever better moments.
    """
    if not _any(past, collectors, 0.0, latest):
        return -inf
    before, after = 0.0, latest
    while after - before > 0.001:
        middle = (before + after) / 2.0
        if _any(past, collectors, middle, latest):
            before = middle
        else:
            after = middle
    return after


def _any(past: Past, collectors: frozenset[str], start: float, end: float) -> bool:
    return next(iter(past.read(start, end, collectors=collectors)), None) is not None


def whole_moments(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Batches of one time together: what is written whole or not at all."""
    for _, together in groupby(batches, key=lambda batch: batch.wall):
        yield list(together)
