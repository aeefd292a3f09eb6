"""The shape of a `[[rules]]` table, and the `Rule` it becomes.

`alerts.rules` decodes the pack and the user's tables through this. Whatever is wrong is a `Wrong`
with the field's path, the problem and the remedy; the caller adds file and rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from sysmon_tui.alerts import figures
from sysmon_tui.model.alert import Bound, Level, Op, Rule, Severity
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.summary import FIELDS, UNITS, unknown_fields
from sysmon_tui.model.text import clean

Figure = float | str

_OPS = {"above": Op.GT, "at_least": Op.GE, "below": Op.LT, "at_most": Op.LE}
_SEVERITIES = {
    "info": Severity.INFO,
    "warning": Severity.WARNING,
    "critical": Severity.CRITICAL,
}
_WINDOWS = ("average", "total", "increase")
_RESOURCES = ("cpu", "memory", "io")
_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of four comparisons, and where it ends."""

    above: Figure | None = None
    at_least: Figure | None = None
    below: Figure | None = None
    at_most: Figure | None = None
    clear: Figure | None = None


class BoundTable(Comparison, frozen=True, forbid_unknown_fields=True, kw_only=True):
    metric: str


class LevelTable(Comparison, frozen=True, forbid_unknown_fields=True, kw_only=True):
    hold: str = msgspec.field(default="0s", name="for")
    bounds: tuple[BoundTable, ...] = msgspec.field(default=(), name="and")


class RuleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    enabled: bool = True
    metric: str = ""
    match: dict[str, str] = {}
    unless: dict[str, str | tuple[str, ...]] = {}
    of: str = ""
    average: str = ""
    total: str = ""
    increase: str = ""
    info: LevelTable | None = None
    warning: LevelTable | None = None
    critical: LevelTable | None = None
    bounds: tuple[BoundTable, ...] = msgspec.field(default=(), name="and")
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


def decode(table: Mapping[str, Any]) -> RuleTable:
    """The table with every field of the right type. Raises `Wrong`."""
    try:
        return msgspec.convert(table, RuleTable)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None


def rule_of(table: RuleTable) -> Rule:
    """Raises `Wrong`."""
    levels = _levels(table)
    _check_words(table)
    return Rule(
        name=table.name,
        metric=_metric(table.metric, "metric"),
        match=_match(table.match),
        unless=tuple(
            (name, frozenset((values,) if isinstance(values, str) else values))
            for name, values in table.unless.items()
        ),
        of=_metric(table.of, "of") if table.of else "",
        op=levels[0][0],
        levels=tuple(level for _, level in levels),
        keep_firing=_duration(table.keep_firing_for, "keep_firing_for"),
        latch=table.latch,
        summary=clean(table.summary),
        runbook=clean(table.runbook),
        resource=table.resource,
        inhibits=table.inhibits,
        notify=table.notify,
        unit=table.unit,
        **_windows(table),
    )


def _explained(message: str) -> Wrong:
    """What msgspec says, with the field's path and what would be allowed there."""
    problem, _, path = clean(message, 200).partition(" - at `")
    field = path.removesuffix("`").removeprefix("$").removeprefix(".")
    if "unknown field" in problem:
        return Wrong(field, problem, f"Allowed are: {', '.join(_allowed(field))}")
    if field.endswith((*_OPS, "clear")):
        return Wrong(field, problem, figures.FIGURE_FORM)
    if field.endswith((*_WINDOWS, "for")):
        return Wrong(field, problem, figures.DURATION_FORM)
    return Wrong(field, problem, "Correct the field, or leave it out for its default")


def _allowed(path: str) -> tuple[str, ...]:
    if re.search(r"\band(\[|$)", path):
        return _names(BoundTable)
    return _names(LevelTable if path in _SEVERITIES else RuleTable)


def _names(table: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(table))


def _levels(table: RuleTable) -> list[tuple[Op, Level]]:
    """Mildest first, each with its comparison, which is the same for all."""
    found = [
        (word, severity, given)
        for word, severity in _SEVERITIES.items()
        if (given := getattr(table, word)) is not None
    ]
    if not found:
        raise Wrong(
            "", "has no level", 'Give it one, such as warning = { above = "85%", clear = "75%" }'
        )
    levels = [_level(word, severity, given, table.bounds) for word, severity, given in found]
    for (milder_op, milder), (op, level), (word, _, _) in zip(
        levels, levels[1:], found[1:], strict=False
    ):
        if op is not milder_op:
            raise Wrong(word, "compares another way than the milder level", "Use the same word")
        if op.holds(milder.threshold, level.threshold) and milder.threshold != level.threshold:
            raise Wrong(
                word,
                f"{level.threshold:g} is reached before the milder level's {milder.threshold:g}",
                "Let the severer level have the severer threshold",
            )
    return levels


def _level(
    word: str, severity: Severity, table: LevelTable, shared: tuple[BoundTable, ...]
) -> tuple[Op, Level]:
    compared = _compared(table, word)
    bounds = tuple(
        Bound(_metric(bound.metric, f"{where}.metric"), *_compared(bound, where))
        for where, bound in (
            *((f"and[{index}]", bound) for index, bound in enumerate(shared)),
            *((f"{word}.and[{index}]", bound) for index, bound in enumerate(table.bounds)),
        )
    )
    hold = _duration(table.hold, f"{word}.for")
    return compared.op, Level(severity, compared.threshold, compared.clear, hold, bounds)


class _Compared(NamedTuple):
    op: Op
    threshold: float
    clear: float


def _compared(table: Comparison, where: str) -> _Compared:
    given = [word for word in _OPS if getattr(table, word) is not None]
    if len(given) != 1:
        raise Wrong(
            where,
            f"has {' and '.join(given) or 'no threshold'}",
            f"Give it exactly one of {', '.join(_OPS)}",
        )
    op = _OPS[given[0]]
    threshold = _figure(getattr(table, given[0]), f"{where}.{given[0]}")
    clear = threshold if table.clear is None else _figure(table.clear, f"{where}.clear")
    if op.holds(clear, threshold) and clear != threshold:
        side = "at most" if op.upward else "at least"
        raise Wrong(
            f"{where}.clear",
            f"{clear:g} is on the wrong side of the threshold {threshold:g}: it would never fire "
            "steadily",
            f"Make it {side} {threshold:g}",
        )
    return _Compared(op, threshold, clear)


def _windows(table: RuleTable) -> dict[str, float]:
    given = [word for word in _WINDOWS if getattr(table, word)]
    if len(given) > 1:
        raise Wrong(given[1], f"stands beside {given[0]}", "Keep one of them")
    lengths = {word: _duration(getattr(table, word), word) for word in given}
    for word, length in lengths.items():
        if length < 1.0:
            raise Wrong(word, "is shorter than a second", figures.DURATION_FORM)
    return lengths


def _check_words(table: RuleTable) -> None:
    if table.resource and table.resource not in _RESOURCES:
        raise Wrong("resource", f'"{clean(table.resource, 40)}" is not known', _one_of(_RESOURCES))
    if table.unit not in UNITS:
        raise Wrong("unit", f'"{clean(table.unit, 40)}" is not known', _one_of(tuple(UNITS)))
    if unknown := unknown_fields(table.summary):
        raise Wrong("summary", f"{clean(unknown[0], 40)} is not known", _one_of(FIELDS))


def _one_of(words: tuple[str, ...]) -> str:
    return f"Allowed are: {', '.join(words)}"


def _match(pairs: Mapping[str, str]) -> Labels:
    return labels(**pairs)


def _metric(name: str, where: str) -> str:
    if not _METRIC.fullmatch(name):
        problem = f'"{clean(name, 40)}" is no metric name' if name else "is missing"
        raise Wrong(where, problem, "Name a metric, such as sysmon_memory_used_ratio")
    return name


def _duration(text: str, where: str) -> float:
    seconds = figures.duration(text)
    if seconds is None:
        raise Wrong(where, f'"{clean(text, 40)}" is no duration', figures.DURATION_FORM)
    return seconds


def _figure(written: Figure, where: str) -> float:
    value = figures.figure(written)
    if value is None:
        raise Wrong(where, f"{clean(str(written), 40)} is no figure", figures.FIGURE_FORM)
    return value
