"""What `sysmon-tui rules list` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from sysmon_tui.alerts.expression import selector, span
from sysmon_tui.alerts.rules import Rules
from sysmon_tui.model import units
from sysmon_tui.model.rule import Bound, Level, Rule
from sysmon_tui.model.summary import UNITS

_HEADS = ("RULE", "FROM", "LEVELS", "LOOKS AT")


def table(rules: Rules) -> Iterator[str]:
    """A line for each rule, in columns; switched off ones last."""
    rows = [_HEADS, *(_row(rule, rules) for rule in rules.rules)]
    rows += [(name, "pack", "switched off", "") for name in rules.off]
    rows += [(one.name, one.where, "not judged here", one.reason) for one in rules.unjudged]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _row(rule: Rule, rules: Rules) -> tuple[str, ...]:
    return rule.name, source(rule, rules), "; ".join(levels(rule)), measured(rule)


def source(rule: Rule, rules: Rules) -> str:
    """Where a rule comes from: `pack`, `user` or the line of a Prometheus rule file."""
    return rule.origin or ("user" if rule.name in rules.own else "pack")


def levels(rule: Rule) -> Iterator[str]:
    """`warning > 85% (75%) for 10m`."""
    for level in rule.levels:
        yield f"{level.severity.word} {spelled(rule, level)}"


def spelled(rule: Rule, level: Level) -> str:
    """`> 85% (75%) for 10m`: the comparison, where it ends, how long it must last."""
    if rule.filtering:
        return f"for {span(level.hold)}" if level.hold else "at once"
    spell = UNITS.get(rule.unit, units.number)
    clear = f" ({spell(level.clear)})" if level.clear != level.threshold else ""
    hold = f" for {span(level.hold)}" if level.hold else ""
    return f"{rule.op} {spell(level.threshold)}{clear}{hold}"


def measured(rule: Rule) -> str:
    """What a rule holds against its thresholds, in words."""
    if rule.expr:
        return " ".join(rule.expr.split())
    series = selector(rule)
    if rule.measure:
        over = f" {span(rule.over)}" if rule.over else ""
        series = f"{rule.measure}{over} of {series}"
    return f"{series} / {rule.of}" if rule.of else series


def as_objects(rules: Rules) -> list[dict[str, Any]]:
    """The same as plain values, for `--json`; times in seconds."""
    listed = [_object(rule, source(rule, rules)) for rule in rules.rules]
    listed += ({"name": name, "enabled": False} for name in rules.off)
    listed += (
        {"name": one.name, "enabled": False, "source": one.where, "reason": one.reason}
        for one in rules.unjudged
    )
    return listed


def _object(rule: Rule, origin: str) -> dict[str, Any]:
    return {
        "name": rule.name,
        "enabled": True,
        "source": origin,
        "metric": rule.metric,
        "match": dict(rule.match),
        "except": {name: sorted(values) for name, values in rule.excluded},
        "of": rule.of,
        "measure": rule.measure,
        "over": rule.over,
        "floor": rule.floor,
        "toward": rule.toward,
        "expr": rule.expr,
        "labels": dict(rule.labels),
        "op": rule.op.value,
        "levels": [_level(level) for level in rule.levels],
        "keep_firing_for": rule.keep_firing,
        "latch": rule.latch,
        "summary": rule.summary,
        "runbook": rule.runbook,
        "resource": rule.resource,
        "unit": rule.unit,
        "inhibits": list(rule.inhibits),
        "notify": list(rule.notify),
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "severity": level.severity.word,
        "threshold": _finite(level.threshold),
        "clear": _finite(level.clear),
        "for": level.hold,
        "and": list(_bounds(level.bounds)),
    }


def _finite(figure: float) -> float | None:
    """None where an expression says by itself when it holds."""
    return figure if isfinite(figure) else None


def _bounds(bounds: Iterable[Bound]) -> Iterator[dict[str, Any]]:
    for bound in bounds:
        yield {
            "metric": bound.metric,
            "op": bound.op.value,
            "threshold": bound.threshold,
            "clear": bound.clear,
        }
