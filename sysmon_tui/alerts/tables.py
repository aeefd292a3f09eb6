"""The shape of a `[[rules]]` table; `alerts.building` makes the `Rule` of it.

`alerts.rules` decodes the pack and the user's tables through this. Whatever is wrong is a `Wrong`
with the field's path, the problem and the remedy; the caller adds file and rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from sysmon_tui.alerts import figures
from sysmon_tui.alerts.conditions import words
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Op
from sysmon_tui.model.text import clean

Figure = float | str

OPS = {"above": Op.GT, "at_least": Op.GE, "below": Op.LT, "at_most": Op.LE}
SEVERITIES = {
    "info": Severity.INFO,
    "warning": Severity.WARNING,
    "critical": Severity.CRITICAL,
}


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of four comparisons, and where it ends."""

    above: Figure | None = None
    at_least: Figure | None = None
    below: Figure | None = None
    at_most: Figure | None = None
    clear: Figure | None = None


class BoundTable(Comparison, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another metric with a comparison, or another rule that fires."""

    metric: str = ""
    rule: str = ""


class LevelTable(Comparison, frozen=True, forbid_unknown_fields=True, kw_only=True):
    hold: str = msgspec.field(default="0s", name="for")
    bounds: tuple[BoundTable, ...] = msgspec.field(default=(), name="and")
    exempt: tuple[BoundTable, ...] = msgspec.field(default=(), name="unless")


class RuleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    enabled: bool = True
    metric: str = ""
    match: dict[str, str] = {}
    excluded: dict[str, str | tuple[str, ...]] = msgspec.field(default={}, name="except")
    of: str = ""
    floor: Figure = 0.0
    toward: Figure = 0.0
    expr: str = ""
    severity: str = ""
    hold: str = msgspec.field(default="0s", name="for")
    labels: dict[str, str] = {}
    info: LevelTable | None = None
    warning: LevelTable | None = None
    critical: LevelTable | None = None
    bounds: tuple[BoundTable, ...] = msgspec.field(default=(), name="and")
    exempt: tuple[BoundTable, ...] = msgspec.field(default=(), name="unless")
    keep_firing_for: str = "0s"
    latch: bool = False
    summary: str = ""
    runbook: str = ""
    resource: str = ""
    inhibits: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    unit: str = "ratio"


class Wrong(Exception):
    """A field that cannot be used."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem
        self.remedy = remedy


class Written(NamedTuple):
    """A table with every field of the right type."""

    table: RuleTable
    measures: Mapping[str, Any]
    """The kinds of conditions it names, as `average`, with what stands there."""


def decode(table: Mapping[str, Any]) -> Written:
    """Raises `Wrong`."""
    kinds = words()
    measures = {field: value for field, value in table.items() if field in kinds}
    rest = {field: value for field, value in table.items() if field not in measures}
    try:
        return Written(msgspec.convert(rest, RuleTable), measures)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None


def _explained(message: str) -> Wrong:
    """What msgspec says, with the field's path and what would be allowed there."""
    problem, _, path = clean(message, 200).partition(" - at `")
    field = path.removesuffix("`").removeprefix("$").removeprefix(".")
    if "unknown field" in problem:
        return Wrong(field, problem, f"Allowed are: {', '.join(_allowed(field))}")
    if field.endswith((*OPS, "clear", "floor", "toward")):
        return Wrong(field, problem, figures.FIGURE_FORM)
    if field.endswith("for"):
        return Wrong(field, problem, figures.DURATION_FORM)
    return Wrong(field, problem, "Correct the field, or leave it out for its default")


def _allowed(path: str) -> tuple[str, ...]:
    if re.search(r"\b(and|unless)(\[|$)", path):
        return _names(BoundTable)
    return _names(LevelTable) if path in SEVERITIES else (*_names(RuleTable), *words())


def _names(table: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(table))
