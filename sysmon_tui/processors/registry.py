"""The Factory: `create("cpu")` makes the processor that derives a collector's figures.

A processor is a class with `feed(batch) -> Families`, registered under the name of the collector
whose batches it understands. State (the previous batch) lives in the instance, so live, replay
and a test each create their own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeVar

from sysmon_tui.model.metric import Families
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


def derives(collector: str) -> Callable[[type[P]], type[P]]:
    """Register the decorated class as what derives figures from `collector`'s batches."""

    def register(cls: type[P]) -> type[P]:
        _factories[collector] = cls
        return cls

    return register


def create(collector: str) -> Processor:
    """A fresh processor for a collector's batches; one that adds nothing where none is needed."""
    if not _factories:
        for module in _MODULES:
            import_module(f"sysmon_tui.processors.{module}")
    return _factories.get(collector, PassThrough)()


def derive(collector: str) -> Callable[[Batch], Families]:
    """`create` in the form in which stores take it (`model.ports.Derive`)."""
    return create(collector).feed
