"""The Factory: `create("cpu")` makes the processor that derives a collector's figures.

A processor is a class with `feed(batch) -> Families`, registered under the name of the collector
whose batches it understands. State (the previous batch) lives in the instance, so live, replay
and a test each create their own. What each figure is made of is told beside it, so that whoever
looks back reads no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Protocol, TypeVar

from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import ByColumns, Metrics
from sysmon_tui.model.sample import NOTHING, Batch


class Processor(Protocol):
    def feed(self, batch: Batch) -> Families:
        """What this batch tells beyond its raw figures; nothing on the first of a counter."""


class PassThrough:
    """For collectors whose raw figures are what people read."""

    def feed(self, batch: Batch) -> Families:
        return NOTHING


P = TypeVar("P", bound=Processor)
_factories: dict[str, Callable[[], Processor]] = {}
_made: dict[str, frozenset[str]] = {}
_sources: dict[str, frozenset[str]] = {}
_columns: dict[str, ByColumns] = {}
_MODULES = (
    "cpu",
    "memory",
    "pressure",
    "disk",
    "filesystem",
    "network",
    "netstat",
    "clock",
    "cgroup",
    "self_cost",
)


def derives(
    collector: str,
    sources: Mapping[str, Iterable[str]],
    columns: Mapping[str, ByColumns] | None = None,
) -> Callable[[type[P]], type[P]]:
    """Register the decorated class as what derives figures from `collector`'s batches.

    `sources` are the metrics it makes, each with the raw ones that it is made of; `columns` make
    those of which history is asked for thousands of moments at once.
    """

    def register(cls: type[P]) -> type[P]:
        _factories[collector] = cls
        _made[collector] = frozenset(sources)
        _sources.update({name: frozenset(raw) for name, raw in sources.items()})
        _columns.update(columns or {})
        return cls

    return register


def create(collector: str, metrics: Metrics = None) -> Processor:
    """A fresh processor for a collector's batches; one that adds nothing where none is needed,
    also not for these `metrics`."""
    _load()
    if metrics is not None and not metrics & _made.get(collector, frozenset()):
        return PassThrough()
    return _factories.get(collector, PassThrough)()


def sources(metrics: Iterable[str]) -> frozenset[str]:
    """The raw metrics that are needed for these: their own, where nothing derives them."""
    _load()
    return frozenset(raw for name in metrics for raw in _sources.get(name, (name,)))


def _load() -> None:
    if not _factories:
        for module in _MODULES:
            import_module(f"sysmon_tui.processors.{module}")


class _Derive:
    """All of this in the form in which stores take it (`model.ports.Derive`)."""

    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        return create(collector).feed

    def sources(self, metric: str) -> frozenset[str]:
        return sources((metric,))

    def columns(self, metric: str) -> ByColumns | None:
        _load()
        return _columns.get(metric)


derive = _Derive()
