"""Our rules as a Prometheus rule file; `sysmon-tui rules export` prints it.

Each level of a rule is an alert of its own with the same name and another `severity`. Both fire
where the severer holds, as usual there: Alertmanager's inhibition keeps the milder one quiet. What
Prometheus cannot say stands in annotations (`clear`, `latch`) or, where a rule cannot be said at
all, in a comment that names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sysmon_tui.alerts.conditions import find
from sysmon_tui.alerts.expression import expression, number, quoted, span
from sysmon_tui.model.rule import Level, Rule

GROUP = "sysmon-tui"

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"\{(value|worst|rule|label:[A-Za-z_][A-Za-z0-9_]*)\}")
_VALUES = {
    "ratio": "{{ $value | humanizePercentage }}",
    "bytes": "{{ $value | humanize1024 }}B",
    "bytes_per_second": "{{ $value | humanize1024 }}B/s",
    "seconds": "{{ $value | humanizeDuration }}",
    "duration": "{{ $value | humanizeDuration }}",
    "celsius": '{{ $value | printf "%.1f" }} °C',
    "count": "{{ $value | humanize }}",
    "per_second": "{{ $value | humanize }}/s",
}
"""A rule's unit as a template spells it."""


class Exported(NamedTuple):
    text: str
    """The rule file: YAML."""
    omitted: tuple[tuple[str, str], ...]
    """Rules that cannot be said in PromQL, and why."""


def export(rules: Iterable[Rule]) -> Exported:
    lines = ["groups:", f"  - name: {quoted(GROUP)}", "    rules:"]
    omitted: list[tuple[str, str]] = []
    written = 0
    for rule in rules:
        if reason := inexpressible(rule):
            omitted.append((rule.name, reason))
            continue
        for level in rule.levels:
            lines += _alert(rule, level)
            written += 1
    if not written:
        lines[-1] += " []"
    comments = [f"# Not exported: {name}: {reason}" for name, reason in omitted]
    return Exported("\n".join((*comments, *lines, "")), tuple(omitted))


def inexpressible(rule: Rule) -> str:
    """Why a rule cannot be said in PromQL; empty where it can."""
    if not rule.expr and not find(rule.kind).promql:
        return f"PromQL has nothing for {rule.kind}"
    for name in (*dict(rule.match), *dict(rule.excluded), *dict(rule.labels)):
        if not _LABEL.fullmatch(name):
            return f"{name} is no name for a label there"
    return ""


def _alert(rule: Rule, level: Level) -> Iterator[str]:
    yield f"      - alert: {quoted(rule.name)}"
    yield f"        expr: {quoted(expression(rule, level))}"
    if level.hold:
        yield f"        for: {quoted(span(level.hold))}"
    if rule.keep_firing:
        yield f"        keep_firing_for: {quoted(span(rule.keep_firing))}"
    yield "        labels:"
    for name, value in (*rule.labels, ("severity", level.severity.word)):
        yield f"          {name}: {quoted(value)}"
    yield "        annotations:"
    for name, text in _annotations(rule, level):
        yield f"          {name}: {quoted(text)}"


def _annotations(rule: Rule, level: Level) -> Iterator[tuple[str, str]]:
    yield "summary", template(rule.summary or "{rule}", rule)
    if rule.runbook:
        yield "runbook", _verbatim(rule.runbook)
    if level.clear != level.threshold:
        yield "clear", number(level.clear)
    if rule.latch:
        yield "latch", "true"


def template(summary: str, rule: Rule) -> str:
    """Our template in Go's words. `{worst}` becomes the value: nobody there remembers the worst."""
    pieces = _FIELD.split(summary)
    fields = [*pieces[1::2], ""]
    return "".join(
        _verbatim(literal) + _field(field, rule)
        for literal, field in zip(pieces[::2], fields, strict=True)
    )


def _field(field: str, rule: Rule) -> str:
    if field in ("value", "worst"):
        return _VALUES.get(rule.unit, "{{ $value | humanize }}")
    if field == "rule":
        return rule.name
    return f"{{{{ $labels.{field.removeprefix('label:')} }}}}" if field else ""


def _verbatim(text: str) -> str:
    """Text in which no template begins."""
    return text.replace("{{", '{{ "{{" }}')
