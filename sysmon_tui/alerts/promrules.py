"""Prometheus rule files: which of their alerts we can judge, and what keeps us from the others.

`sysmon-tui rules import` reports it, `rules test` runs them. Nothing in a file is dropped
silently: what is no rule of ours is in `RuleFile.refused`, with its name, its line and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sysmon_tui.alerts.gotext import translate
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.text import clean
from sysmon_tui.promql import Expr, PromqlError, parse

_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_SECONDS = (31_536_000.0, 604_800.0, 86_400.0, 3600.0, 60.0, 1.0, 0.001)
_SEVERITIES = {one.word: one for one in Severity if one}
_SUMMARIES = ("summary", "description", "message")
_RUNBOOKS = ("runbook", "runbook_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRule:
    """An alerting rule whose condition we can work out."""

    name: str
    expr: Expr
    text: str
    """The expression as it was written."""
    hold: float
    """Seconds, as is `keep_firing`."""
    keep_firing: float
    severity: Severity
    labels: Labels
    """What it adds to its alerts, `severity` included."""
    annotations: Mapping[str, str]
    """As they were written."""
    template: str
    """The annotation that says what is wrong, as it was written; empty where there is none."""
    summary: str
    """The same in our words; empty where that cannot be said."""
    runbook: str
    unit: str
    line: int
    notes: tuple[str, ...]
    """What is lost although the rule can be used."""


class Refused(NamedTuple):
    """A rule that cannot be used here."""

    kind: str
    """`alert` or `record`."""
    name: str
    line: int
    reason: str


class RuleFile(NamedTuple):
    rules: tuple[ImportedRule, ...]
    refused: tuple[Refused, ...]
    problems: tuple[SettingsError, ...]
    """The file is no rule file, or part of it is not."""


def read_rule_file(text: str, where: str) -> RuleFile:
    """The rules of a file; `where` names it in problems."""
    tables, problems = _tables(text, where)
    rules: list[ImportedRule] = []
    refused: list[Refused] = []
    for table, line in tables:
        kind = "record" if "record" in table else "alert"
        name = clean(str(table.get(kind, "")), 100)
        if not name:
            remedy = "Give it an `alert` or a `record`"
            problems.append(SettingsError(f"{where}:{line}", "", "is no rule", remedy))
        elif kind == "record":
            reason = "recording rules are not evaluated here; write the expression where it is used"
            refused.append(Refused(kind, name, line, reason))
        else:
            try:
                rules.append(_rule(table, name, line))
            except _Beyond as beyond:
                refused.append(Refused(kind, name, line, str(beyond)))
    return RuleFile(tuple(rules), tuple(refused), tuple(problems))


class _Beyond(Exception):
    """Why a rule cannot be used."""


def read_yaml(text: str, where: str) -> Any:
    """What a YAML text says. Raises `SettingsError` with the line."""
    import yaml  # only for files of Prometheus

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"{where}:{mark.line + 1}" if mark else where
        problem = clean(getattr(error, "problem", None) or "cannot be read", 200)
        raise SettingsError(at, "", f"not valid YAML: {problem}") from None
    except (RecursionError, ValueError) as error:
        raise SettingsError(where, "", f"not valid YAML: {clean(str(error), 200)}") from None


def _tables(
    text: str, where: str
) -> tuple[list[tuple[Mapping[str, Any], int]], list[SettingsError]]:
    """Every rule of every group with its line."""
    try:
        document = read_yaml(text, where)
    except SettingsError as error:
        return [], [error]
    groups = document.get("groups") if isinstance(document, dict) else None
    if not isinstance(groups, list):
        remedy = "A rule file has a list of groups, each with a list of rules"
        return [], [SettingsError(where, "groups", "is missing or no list", remedy)]
    found: list[tuple[Mapping[str, Any], int]] = []
    problems: list[SettingsError] = []
    lines = _lines(text)
    for number, group in enumerate(groups, 1):
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            field = f"group {number}"
            problems.append(SettingsError(where, field, "has no list of rules", "Add or remove it"))
            continue
        found += ((rule, lines.get((number - 1, index), 0)) for index, rule in enumerate(rules))
    return found, problems


def _lines(text: str) -> dict[tuple[int, int], int]:
    """The line of each rule, by the positions of its group and of itself."""
    import yaml

    def at(node: Any, name: str) -> list[Any]:
        return next((value.value for key, value in node.value if key.value == name), [])

    groups = at(yaml.compose(text, Loader=yaml.SafeLoader), "groups")
    return {
        (number, index): rule.start_mark.line + 1
        for number, group in enumerate(groups)
        if isinstance(group, yaml.MappingNode)
        for index, rule in enumerate(at(group, "rules"))
        if isinstance(rule, yaml.Node)
    }


def _rule(table: Mapping[str, Any], name: str, line: int) -> ImportedRule:
    """Raises `_Beyond`."""
    text = str(table.get("expr", ""))
    try:
        expr = parse(text)
    except PromqlError as error:
        raise _Beyond(f"expr: {error}") from None
    added = _texts(table, "labels")
    for label, value in added.items():
        if "{{" in value:
            raise _Beyond(
                f"its label {clean(label, 80)} is a template; only plain text can be added here"
            )
    severity, notes = _severity(added.get("severity", ""))
    annotations = _texts(table, "annotations")
    template, summary, unit = "", "", "count"
    for word in _SUMMARIES:
        if word in annotations and not summary:
            template = annotations[word]
            summary, unit, beyond = translate(template)
            notes += [f"its {word} uses {{{{ {clean(beyond, 80)} }}}}"] if beyond else []
    return ImportedRule(
        name=name,
        expr=expr,
        text=text.strip(),
        hold=_duration(table, "for"),
        keep_firing=_duration(table, "keep_firing_for"),
        severity=severity,
        labels=labels(**added),
        annotations=annotations,
        template=" ".join(template.split()),
        summary=clean(summary.strip()),
        runbook=clean(next((annotations[one] for one in _RUNBOOKS if one in annotations), "")),
        unit=unit,
        line=line,
        notes=tuple(notes),
    )


def _severity(word: str) -> tuple[Severity, list[str]]:
    """The severity, and what is to be said about it."""
    if word in _SEVERITIES:
        return _SEVERITIES[word], []
    said = f"its severity {clean(word, 40)} is" if word else "it has no severity and is"
    return Severity.WARNING, [f"{said} taken as warning"]


def _texts(table: Mapping[str, Any], field: str) -> dict[str, str]:
    given = table.get(field) or {}
    if not isinstance(given, dict):
        raise _Beyond(f"its {field} are no table")
    return {str(name): str(value) for name, value in given.items()}


def _duration(table: Mapping[str, Any], field: str) -> float:
    text = str(table.get(field) or "0")
    seconds = duration(text)
    if seconds is None:
        raise _Beyond(f"{field}: {clean(text, 40)} is no duration; write for instance 5m")
    return seconds


def duration(text: str) -> float | None:
    """Seconds of a duration as Prometheus writes it; None where it is none."""
    if text == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()) or len(text) > 40:
        return None
    counts: Iterator[float] = (float(count or 0) for count in match.groups())
    return sum(count * each for count, each in zip(counts, _SECONDS, strict=True))
