"""Which collectors there are. A new one is a module with `create(roots)` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import cast

from sysmon_tui.collectors.base import Collector, Roots

COLLECTORS = (
    "cpu",
    "memory",
    "pressure",
    "disk",
    "network",
    "process",
    "filesystem",
    "sensors",
    "netstat",
    "clock",
    "cgroup",
    "unit",
    "self_cost",
)
"""Module names in this package, in the order in which a beat runs them."""


def create_collectors(roots: Roots, disabled: Collection[str] = ()) -> tuple[Collector, ...]:
    """Every collector the settings leave on, in the platform's best variant."""
    return tuple(_create(name, roots) for name in COLLECTORS if name not in disabled)


def _create(name: str, roots: Roots) -> Collector:
    module = import_module(f"sysmon_tui.collectors.{name}")
    create = cast("Callable[[Roots], Collector]", module.create)
    return create(roots)
