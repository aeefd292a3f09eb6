"""The `Rule` a `[[rules]]` table becomes; `alerts.rules` calls `rule_of`.

Whatever is wrong is a `Wrong` with the field's path, the problem and the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from sysmon_tui.alerts import figures
from sysmon_tui.alerts.comparing import bounds_of, duration, figure, levels_of, metric_name
from sysmon_tui.alerts.conditions import find
from sysmon_tui.alerts.tables import SEVERITIES, RuleTable, Written, Wrong
from sysmon_tui.model.metric import labels
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.model.summary import FIELDS, UNITS, unknown_fields
from sysmon_tui.model.text import clean
from sysmon_tui.promql import PromqlError, parse

_RESOURCES = ("cpu", "memory", "io")
_SEVERITY_FORM = f"Write one of {', '.join(SEVERITIES)}"


def rule_of(written: Written) -> Rule:
    """Raises `Wrong`."""
    table = written.table
    op, levels = _filter(table) if _filters(table) else levels_of(table)
    _check_words(table)
    rule = Rule(
        name=table.name,
        metric=_metric(table),
        match=labels(**table.match),
        excluded=tuple(
            (name, frozenset((values,) if isinstance(values, str) else values))
            for name, values in table.excluded.items()
        ),
        of=metric_name(table.of, "of") if table.of else "",
        op=op,
        levels=levels,
        floor=figure(table.floor, "floor"),
        toward=figure(table.toward, "toward"),
        expr=_expression(table.expr),
        labels=labels(**{name: clean(value) for name, value in table.labels.items()}),
        keep_firing=duration(table.keep_firing_for, "keep_firing_for"),
        latch=table.latch,
        summary=clean(table.summary),
        runbook=clean(table.runbook),
        resource=table.resource,
        inhibits=table.inhibits,
        notify=table.notify,
        unit=table.unit,
        **_measure(written.measures),
    )
    _check_kind(rule)
    return rule


def _metric(table: RuleTable) -> str:
    if not table.expr:
        return metric_name(table.metric, "metric")
    for field in ("metric", "match", "excluded", "of"):
        if getattr(table, field):
            word = "except" if field == "excluded" else field
            raise Wrong(word, "stands beside expr", "Say it in the expression, or leave expr out")
    return ""


def _expression(text: str) -> str:
    if not text:
        return ""
    try:
        parse(text)
    except PromqlError as error:
        raise Wrong("expr", error.problem, error.remedy) from None
    return text.strip()


def _filters(table: RuleTable) -> bool:
    """The expression says by itself when it holds."""
    return bool(table.expr) and not (table.info or table.warning or table.critical)


def _filter(table: RuleTable) -> tuple[Op, tuple[Level, ...]]:
    severity = SEVERITIES.get(table.severity)
    if severity is None:
        problem = f'"{clean(table.severity, 40)}" is none' if table.severity else "is missing"
        raise Wrong("severity", problem, f"{_SEVERITY_FORM}, or give it levels")
    bounds = tuple(bounds_of(table))
    return Op.GE, (Level(severity, -inf, -inf, duration(table.hold, "for"), bounds),)


def _measure(measures: Mapping[str, Any]) -> dict[str, Any]:
    if not measures:
        return {}
    if len(measures) > 1:
        first, second, *_ = measures
        raise Wrong(second, f"stands beside {first}", "Keep one of them")
    ((word, given),) = measures.items()
    if not find(word).window:
        if given is not True:
            raise Wrong(word, "takes no duration", f"Write {word} = true")
        return {"measure": word}
    if not isinstance(given, str):
        raise Wrong(word, "is no duration", figures.DURATION_FORM)
    over = duration(given, word)
    if over < 1.0:
        raise Wrong(word, "is shorter than a second", figures.DURATION_FORM)
    return {"measure": word, "over": over}


def _check_kind(rule: Rule) -> None:
    if rule.expr and rule.measure:
        raise Wrong(rule.measure, "stands beside expr", "Say it in the expression")
    if rule.kind == "ratio" and not rule.of:
        raise Wrong("of", "is missing", "Name the counter whose growth is the whole")
    if rule.kind == "forecast" and rule.op.upward:
        raise Wrong("forecast", "counts the seconds that are left", "Compare with below or at_most")


def _check_words(table: RuleTable) -> None:
    if table.resource and table.resource not in _RESOURCES:
        raise Wrong("resource", f'"{clean(table.resource, 40)}" is not known', _one_of(_RESOURCES))
    if table.unit not in UNITS:
        raise Wrong("unit", f'"{clean(table.unit, 40)}" is not known', _one_of(tuple(UNITS)))
    if unknown := unknown_fields(table.summary):
        raise Wrong("summary", f"{clean(unknown[0], 40)} is not known", _one_of(FIELDS))


def _one_of(words: tuple[str, ...]) -> str:
    return f"Allowed are: {', '.join(words)}"
