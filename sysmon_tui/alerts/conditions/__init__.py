"""The Factory of conditions: what turns the figures of a beat into the values a rule judges.

`alerts.watch` asks `create` for one condition for each rule. A new kind is one function with
`@kind` in a module of this package; rule files, lists and exports then know its word.
"""

from __future__ import annotations

from importlib import import_module

from sysmon_tui.alerts.conditions.registry import (
    Condition,
    Kind,
    Surroundings,
    create,
    find,
    kind,
    metrics,
    words,
)

__all__ = [
    "Condition",
    "Kind",
    "Surroundings",
    "create",
    "find",
    "kind",
    "metrics",
    "words",
]

_MODULES = (
    "value",
    "average",
    "growth",
    "ratio",
    "extreme",
    "change",
    "absence",
    "forecast",
    "anomaly",
    "expression",
)
"""Each registers its kinds when it is imported."""

for _module in _MODULES:
    import_module(f"{__name__}.{_module}")
