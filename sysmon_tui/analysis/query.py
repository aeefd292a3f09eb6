"""An expression over recorded history: its value at a moment, or at every step of a range.

`sysmon-tui query` calls it. Expressions mean what they mean to Prometheus (`promql`). Samples
stream past and only those in reach of the expression are kept, so memory does not grow with the
range. A range of more than `SHORT`, asked for in steps of a minute or more, is answered from the
last value of each step, which the store has in rollups: there, peaks between two steps go unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import ceil, inf

from sysmon_tui.analysis.samples import Sample, samples_at_ends, samples_of
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import Derive, Past
from sysmon_tui.model.sample import Batch
from sysmon_tui.promql import Expr, Recorded, evaluate
from sysmon_tui.promql.ast import Range, Selector, selected
from sysmon_tui.promql.source import LOOKBACK

STEPS = 11_000
"""Most moments an expression is worked out for, as in Prometheus."""
BUCKETS = 50_000
SHORT = 6 * 3600.0
"""Seconds up to which every sample is read."""
FINEST = 60.0
"""Seconds: the width of the finest rollup."""
COARSEST = 240.0
"""Seconds between two samples, so that each is found within LOOKBACK."""
POINTS = 12
"""Samples in a range that still tell its rate well."""
WARM_UP = 65.0
"""Seconds read before what is needed: a derived rate needs a pair of readings."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where samples come from."""

    past: Past
    collectors: frozenset[str]
    derive: Derive


def at_moment(expr: Expr, reading: Reading, at: float) -> Mapping[Labels, float] | float:
    """The value at a moment. Raises `PromqlError`, `StoreError`."""
    (found,) = over(expr, reading, at, at, 1.0)
    return found[1]


def raw_samples(
    expr: Range, reading: Reading, at: float
) -> Mapping[Labels, list[tuple[float, float]]]:
    """What a range selector selects at a moment."""
    recorded = Recorded()
    end = at - expr.selector.offset
    _feed(recorded, _fine(_Reach(expr), reading, end - expr.seconds, end))
    return recorded.window(expr.selector.name, expr.selector.matchers, end - expr.seconds, end)


def over(
    expr: Expr, reading: Reading, start: float, end: float, step: float
) -> Iterator[tuple[float, Mapping[Labels, float] | float]]:
    """Times from `start` to `end`, both included, `step` seconds apart, and the value at each.

    Raises `SysmonError` for a range that makes no sense, `PromqlError`, `StoreError`.
    """
    count = _steps(start, end, step)
    reach = _Reach(expr)
    begin, until = start - reach.back, end + reach.ahead
    samples = _samples(reach, reading, begin, until, step if count > 1 else 0.0)
    recorded, waiting = Recorded(), next(samples, None)
    forgotten = begin
    for number in range(count):
        at = start + number * step
        while waiting is not None and waiting.at <= at + reach.ahead:
            recorded.add(waiting.name, waiting.labels, waiting.at, waiting.value)
            waiting = next(samples, None)
        if at - reach.back - forgotten > reach.back:
            forgotten = at - reach.back
            recorded.forget(forgotten)
        yield at, evaluate(expr, recorded, at)


def _steps(start: float, end: float, step: float) -> int:
    if not start <= end:
        raise SysmonError("the range ends before it begins", "Give an --end after its --start")
    count = int((end - start) / step + 1e-9) + 1
    if count > STEPS:
        raise SysmonError(
            f"{count} steps are more than {STEPS}", "Give a longer --step or a shorter range"
        )
    return count


class _Reach:
    """How far around a moment an expression looks."""

    def __init__(self, expr: Expr) -> None:
        pairs = list(selected(expr))
        self.selectors: dict[Selector, None] = dict.fromkeys(selector for selector, _ in pairs)
        self.names = frozenset(selector.name for selector, _ in pairs)
        self.back = max((_span(*pair) for pair in pairs), default=0.0)
        self.ahead = max((-selector.offset for selector, _ in pairs), default=0.0)
        self.ahead = max(0.0, self.ahead)
        self.shortest = min((seconds for _, seconds in pairs if seconds), default=inf)
        self.shifted = any(selector.offset for selector, _ in pairs)

    def width(self, step: float) -> float:
        """Seconds between two samples that are enough for steps of this length."""
        if self.shortest < inf or self.shifted:
            return min(step, self.shortest / POINTS, COARSEST)
        return step


def _span(selector: Selector, seconds: float) -> float:
    return (seconds or LOOKBACK) + max(0.0, selector.offset)


def _samples(
    reach: _Reach, reading: Reading, begin: float, until: float, step: float
) -> Iterator[Sample]:
    width = reach.width(step) if step else 0.0
    if until - begin <= SHORT or width < FINEST:
        return _fine(reach, reading, begin, until)
    # The last bucket ends at the last step, so that every step has a sample of just before it.
    buckets = ceil((until - begin) / width)
    if buckets > BUCKETS:
        raise SysmonError(f"that takes {buckets} points of each series", "Give a shorter range")
    curves = (
        reading.past.series(
            selector.name, until - buckets * width, until, buckets, matchers=selector.matchers
        )
        for selector in reach.selectors
    )
    # Two selectors may find the same series.
    found = dict(chain.from_iterable(each.items() for each in curves))
    return samples_at_ends(found.items())


def _fine(reach: _Reach, reading: Reading, begin: float, until: float) -> Iterator[Sample]:
    """Every sample. The range of a store is half open, that of an expression is not."""
    past = reading.past
    collectors = _providers(reach.names, reading, until)
    batches = past.read(begin - WARM_UP, until + 0.001, collectors=collectors)
    return (
        sample
        for sample in samples_of(batches, reading.derive, reach.names)
        if begin <= sample.at <= until
    )


def _providers(names: frozenset[str], reading: Reading, at: float) -> frozenset[str]:
    """The collectors that have these metrics, by what they had at the end; all if in doubt."""
    feeds: dict[str, Callable[[Batch], Families]] = {}
    having: set[str] = set()
    found: set[str] = set()
    for batch in reading.past.moment(at).batches:
        if batch.collector not in feeds:
            feeds[batch.collector] = reading.derive(batch.collector)
        here = names & (batch.families.keys() | feeds[batch.collector](batch).keys())
        if here:
            having.add(batch.collector)
            found.update(here)
    return reading.collectors & having if found == names else reading.collectors


def _feed(recorded: Recorded, samples: Iterable[Sample]) -> None:
    for sample in samples:
        recorded.add(sample.name, sample.labels, sample.at, sample.value)
