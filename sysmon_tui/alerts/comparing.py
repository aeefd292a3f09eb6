"""Levels and bounds of a `[[rules]]` table: figures, comparisons, and where they end.

For `alerts.building`. Whatever is wrong is a `Wrong`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sysmon_tui.alerts import figures
from sysmon_tui.alerts.tables import (
    OPS,
    SEVERITIES,
    BoundTable,
    Comparison,
    Figure,
    LevelTable,
    RuleTable,
    Wrong,
)
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Bound, Level, Op, peer_bound
from sysmon_tui.model.text import clean

_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_OPPOSITE = {Op.GT: Op.LE, Op.GE: Op.LT, Op.LT: Op.GE, Op.LE: Op.GT}


def levels_of(table: RuleTable) -> tuple[Op, tuple[Level, ...]]:
    """The comparison, which is the same for all, and the levels, mildest first."""
    found = [
        (word, severity, given)
        for word, severity in SEVERITIES.items()
        if (given := getattr(table, word)) is not None
    ]
    if not found:
        raise Wrong(
            "", "has no level", 'Give it one, such as warning = { above = "85%", clear = "75%" }'
        )
    for field, given in (("severity", table.severity), ("for", table.hold != "0s")):
        if given:
            raise Wrong(field, "stands beside levels", "Each level has its own; leave it out")
    shared = tuple(bounds_of(table))
    levels = [_level(word, severity, given, shared) for word, severity, given in found]
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
    return levels[0][0], tuple(level for _, level in levels)


def _level(
    word: str, severity: Severity, table: LevelTable, shared: tuple[Bound, ...]
) -> tuple[Op, Level]:
    op, threshold, clear = _compared(table, word)
    bounds = (*shared, *bounds_of(table, f"{word}."))
    return op, Level(severity, threshold, clear, duration(table.hold, f"{word}.for"), bounds)


def bounds_of(table: RuleTable | LevelTable, within: str = "") -> Iterator[Bound]:
    """What `and` and `unless` of a table ask for; `within` is the path to it."""
    for index, bound in enumerate(table.bounds):
        yield _bound(bound, f"{within}and[{index}]", agrees=True)
    for index, bound in enumerate(table.exempt):
        yield _bound(bound, f"{within}unless[{index}]", agrees=False)


def _bound(table: BoundTable, where: str, *, agrees: bool) -> Bound:
    if table.rule:
        given = [word for word in ("metric", *OPS, "clear") if getattr(table, word)]
        if given:
            raise Wrong(f"{where}.{given[0]}", "stands beside rule", "A rule fires or does not")
        return peer_bound(table.rule, fires=agrees)
    metric = metric_name(table.metric, f"{where}.metric")
    op, threshold, clear = _compared(table, where)
    if agrees:
        return Bound(metric, op, threshold, clear)
    return Bound(metric, _OPPOSITE[op], clear, threshold)


class _Compared(NamedTuple):
    op: Op
    threshold: float
    clear: float


def _compared(table: Comparison, where: str) -> _Compared:
    given = [word for word in OPS if getattr(table, word) is not None]
    if len(given) != 1:
        raise Wrong(
            where,
            f"has {' and '.join(given) or 'no threshold'}",
            f"Give it exactly one of {', '.join(OPS)}",
        )
    op = OPS[given[0]]
    threshold = figure(getattr(table, given[0]), f"{where}.{given[0]}")
    clear = threshold if table.clear is None else figure(table.clear, f"{where}.clear")
    if op.holds(clear, threshold) and clear != threshold:
        side = "at most" if op.upward else "at least"
        raise Wrong(
            f"{where}.clear",
            f"{clear:g} is on the wrong side of the threshold {threshold:g}: it would never fire "
            "steadily",
            f"Make it {side} {threshold:g}",
        )
    return _Compared(op, threshold, clear)


def metric_name(name: str, where: str) -> str:
    if not _METRIC.fullmatch(name):
        problem = f'"{clean(name, 40)}" is no metric name' if name else "is missing"
        raise Wrong(where, problem, "Name a metric, such as sysmon_memory_used_ratio")
    return name


def duration(text: str, where: str) -> float:
    """Seconds."""
    seconds = figures.duration(text)
    if seconds is None:
        raise Wrong(where, f'"{clean(text, 40)}" is no duration', figures.DURATION_FORM)
    return seconds


def figure(written: Figure, where: str) -> float:
    """In base units. Besides figures it takes a duration, for values that are seconds."""
    value = figures.figure(written)
    if value is None and isinstance(written, str):
        value = figures.duration(written)
    if value is None:
        raise Wrong(where, f"{clean(str(written), 40)} is no figure", figures.FIGURE_FORM)
    return value
