"""Samples of wanted series out of recorded batches, in the order of time.

`analysis.query` works expressions out over them and `storage` knows nothing of PromQL. A series
that is missing from its collector's next batch ends there, as one that is missing from a scrape
does for Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import Families, Labels, SeriesKey
from sysmon_tui.model.ports import Derive
from sysmon_tui.model.sample import Batch, Status

MILLISECOND = 0.001


class Sample(NamedTuple):
    at: float
    """Seconds since the epoch."""
    name: str
    labels: Labels
    value: float | None
    """None says that the series ends here."""


class _Lane:
    """One collector's batches."""

    def __init__(self, feed: Callable[[Batch], Families], names: Collection[str]) -> None:
        self._feed = feed
        self._names = names
        self._newest = float("-inf")
        self._alive: dict[str, set[Labels]] = {}

    def samples(self, batch: Batch) -> Iterator[Sample]:
        derived = self._feed(batch)
        if batch.wall <= self._newest:
            # The clock was set back: what is known of this time already stands.
            return
        self._newest = batch.wall
        for name in self._names:
            family = batch.families.get(name) or derived.get(name)
            if family is not None or name in self._alive:
                yield from self._family(batch.wall, name, family or {})

    def _family(self, at: float, name: str, family: Mapping[Labels, float]) -> Iterator[Sample]:
        here = {_carried(labels): value for labels, value in family.items()}
        for labels in self._alive.get(name, set()) - here.keys():
            yield Sample(at, name, labels, None)
        self._alive[name] = set(here)
        for labels, value in here.items():
            yield Sample(at, name, labels, value)


def samples_of(
    batches: Iterable[Batch], derive: Derive, names: Collection[str]
) -> Iterator[Sample]:
    """Samples of the metrics `names`, raw ones and where there are none derived ones."""
    lanes: dict[str, _Lane] = {}
    for batch in batches:
        if batch.status is Status.OK:
            if batch.collector not in lanes:
                lanes[batch.collector] = _Lane(derive(batch.collector), names)
            yield from lanes[batch.collector].samples(batch)


def samples_at_ends(curves: Iterable[tuple[SeriesKey, Curve]]) -> Iterator[Sample]:
    """The last value of every bucket, at its end; all curves have the same buckets."""
    held = [(SeriesKey(key.name, _carried(key.labels)), curve) for key, curve in curves]
    for bucket in range(max((len(curve) for _, curve in held), default=0)):
        for key, curve in held:
            value = curve.last[bucket]
            if value == value:
                at = curve.start + (bucket + 1) * curve.step - MILLISECOND
                yield Sample(at, key.name, key.labels, value)


def _carried(labels: Labels) -> Labels:
    """As PromQL has them: an empty label is none."""
    return tuple(pair for pair in labels if pair[1])
