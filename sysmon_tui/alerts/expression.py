"""A rule's condition as PromQL, for `alerts.export`; it means the same where PromQL can say it.

- An unknown bound agrees (`model.rule.Bound`), so a bound becomes `unless` with the comparison
  turned round, which takes nothing away where the other metric is missing. `and` would.
- A whole that is nothing judges nothing, so a divisor is `> 0`.
- Nobody tells us which labels another metric has. Metrics of one subsystem, which is the second
  word of a name (`node_hwmon_temp_celsius`, `sysmon_filesystem_used_ratio`), are taken to carry the
  same labels; one of another subsystem to be of the whole machine, and is joined by what a scrape
  adds (`instance`, `job`), or by nothing where nothing was added.
- `clear` and `latch` have no counterpart: alerts end at their threshold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sysmon_tui.alerts.conditions import find
from sysmon_tui.model.rule import Bound, Level, Op, Rule, peer_of

JOINED = "on(instance, job)"
"""How a metric of the whole machine finds those of its parts."""

SCRAPES = 60.0
"""Seconds in which Prometheus has some samples: of ten it may have none."""

_OPPOSITE = {Op.GT: Op.LE, Op.GE: Op.LT, Op.LT: Op.GE, Op.LE: Op.GT}
_SPECIAL = frozenset(r"\.+?()|[]{}^$")
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def expression(rule: Rule, level: Level) -> str:
    """What holds while `level` of `rule` does."""
    return "".join((_condition(rule, level), *(_doubt(rule, bound) for bound in level.bounds)))


def _condition(rule: Rule, level: Level) -> str:
    if rule.expr:
        value = f"({rule.expr})" if level.bounds or not rule.filtering else rule.expr
        return value if rule.filtering else f"{value} {rule.op} {number(level.threshold)}"
    kind = find(rule.kind)
    value = kind.promql.format(
        series=selector(rule),
        over=span(rule.over),
        wide=span(max(rule.over, SCRAPES)),
        seconds=number(rule.over),
        toward=number(rule.toward),
        whole=selector(rule, rule.of),
        floor=f">= {number(rule.floor)}" if rule.floor else "> 0",
        threshold=span(level.threshold),
    )
    if "{threshold}" in kind.promql:
        return value
    if rule.of and not kind.whole:
        join = "" if _alike(rule.metric, rule.of) else f" {JOINED} group_left()"
        value = f"{value} /{join} ({rule.of} > 0)"
    return f"{value} {rule.op} {number(level.threshold)}"


def selector(rule: Rule, metric: str = "") -> str:
    """The series a rule looks at, or those of another metric that are of the same things."""
    matchers = [_wanted(name, value) for name, value in rule.match]
    matchers += [_excluded(name, values) for name, values in rule.excluded if values]
    name = metric or rule.metric
    return f"{name}{{{', '.join(matchers)}}}" if matchers else name


def _wanted(name: str, value: str) -> str:
    return f"{name}=~{quoted(_literal(value))}" if "*" in value else f"{name}={quoted(value)}"


def _excluded(name: str, values: Iterable[str]) -> str:
    first, *rest = sorted(values)
    if not rest and "*" not in first:
        return f"{name}!={quoted(first)}"
    return f"{name}!~{quoted('|'.join(map(_literal, (first, *rest))))}"


def _literal(text: str) -> str:
    """A pattern that matches just this text, in RE2; a star matches any text."""
    return "".join(
        ".*" if sign == "*" else f"\\{sign}" if sign in _SPECIAL else sign for sign in text
    )


def _doubt(rule: Rule, bound: Bound) -> str:
    if peer := peer_of(bound.metric):
        word = "and" if bound.op is Op.GE else "unless"
        return f' {word} {JOINED} ALERTS{{alertname={quoted(peer)}, alertstate="firing"}}'
    join = " " if _alike(rule.metric, bound.metric) else f" {JOINED} "
    return f" unless{join}({bound.metric} {_OPPOSITE[bound.op]} {number(bound.threshold)})"


def _alike(metric: str, other: str) -> bool:
    """Whether two metrics are of the same things and so carry the same labels."""
    return metric.split("_")[1:2] == other.split("_")[1:2]


def number(value: float) -> str:
    """As it was written: 95 % is 0.95, though 95 * 0.01 is a hair more."""
    return f"{value:.15g}"


def span(seconds: float) -> str:
    """A duration as Prometheus writes it: 1h30m."""
    left = round(seconds * 1000.0)
    text = ""
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count:
            text += f"{count}{unit}"
    return text or "0s"


def quoted(text: str) -> str:
    """A string that YAML, PromQL and Go's templates all read alike, in printable characters."""
    return "".join(map(_printable, json.dumps(text, ensure_ascii=False)))


def _printable(sign: str) -> str:
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
