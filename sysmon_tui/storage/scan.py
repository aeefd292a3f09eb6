"""Looking back where there are only batches in order: all of a range is read for an answer.

`memory` and `jsonl` are this. They answer the same as `sqlite` does, in a time that grows with the
range and, but for the curves themselves, in constant memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import floor, inf, nextafter

from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.moment import HORIZON, Moment
from sysmon_tui.model.ports import Derive, Metrics
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Matcher
from sysmon_tui.storage.gather import Gather, known_in, newest_pairs, only, thinned


class Scan:
    def __init__(self, batches: Callable[[float, float], Iterator[Batch]], derive: Derive) -> None:
        """`batches` gives those of a range in the order recorded, process tables included."""
        self._between = batches
        self._derive = derive

    def read(
        self,
        start: float,
        end: float,
        *,
        collectors: frozenset[str],
        step: float = 0.0,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        for batch in step_through(self._between(start, end), start, collectors, step):
            yield replace(batch, processes=None, families=only(batch.families, metrics))

    def known(self, start: float, end: float) -> tuple[SeriesKey, ...]:
        return known_in(self._between(start, end), self._derive)

    def series(
        self,
        name: str,
        start: float,
        end: float,
        buckets: int,
        *,
        matchers: Sequence[Matcher] = (),
    ) -> Mapping[SeriesKey, Curve]:
        gather = Gather(name, matchers, start, end, buckets)
        gather.batches(self._between(start, end), self._derive)
        return gather.found()

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        return {name: self.series(name, start, end, buckets) for name in names}

    def moment(self, at: float) -> Moment:
        tables: deque[tuple[float, ProcessTable]] = deque(maxlen=1)

        def figures() -> Iterator[Batch]:
            # The end of a range is not in it.
            for batch in self._between(at - HORIZON, nextafter(at, inf)):
                if batch.processes is not None:
                    tables.append((batch.wall, batch.processes))
                yield replace(batch, processes=None)

        batches = newest_pairs(figures())
        if not tables:
            return Moment(at=at, batches=batches)
        return Moment(at=at, batches=batches, processes=tables[0][1], processes_at=tables[0][0])

    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        return thinned(
            (
                (batch.wall, batch.processes)
                for batch in self._between(start, end)
                if batch.processes is not None
            ),
            step,
        )


def step_through(
    batches: Iterable[Batch], start: float, collectors: frozenset[str], step: float
) -> Iterator[Batch]:
    """Those of some collectors, at most one of each in `step` seconds."""
    wanted = dict.fromkeys(collectors, start)
    for batch in batches:
        if wanted.get(batch.collector, inf) <= batch.wall:
            if step:
                wanted[batch.collector] = (floor(batch.wall / step) + 1) * step
            yield batch
