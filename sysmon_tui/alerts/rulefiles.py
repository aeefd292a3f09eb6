"""Prometheus rule files that are judged live: each alert they have becomes a rule of ours.

`alerts.rules` calls `read_files` with the paths of the settings. What cannot be judged here is
handed back by name, with its place and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from glob import glob
from math import inf
from pathlib import Path
from typing import NamedTuple

from sysmon_tui.alerts.promrules import ImportedRule, read_rule_file
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.gotemplate import rendered
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.model.text import clean
from sysmon_tui.promql import parse, selectors
from sysmon_tui.settings.source import read_source

_LABEL = re.compile(r"\{\{-?\s*\$labels\.([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}")


class Unjudged(NamedTuple):
    """An alert of a rule file that cannot be judged here."""

    name: str
    where: str
    """`FILE:LINE`."""
    reason: str


class FileRules(NamedTuple):
    rules: tuple[Rule, ...]
    unjudged: tuple[Unjudged, ...]
    problems: tuple[SettingsError, ...]


def read_files(patterns: Iterable[str], external: Labels, taken: Collection[str]) -> FileRules:
    """The alerts of every file; `taken` are names that other rules have.

    Recording rules are passed over: rules that need what they record say so by its name.
    """
    names = set(taken)
    rules: list[Rule] = []
    unjudged: list[Unjudged] = []
    problems: list[SettingsError] = []
    for path in _paths(patterns, problems):
        source = read_source(Path(path))
        problems += source.problems
        file = read_rule_file(source.text, path) if source.text is not None else None
        if file is None:
            continue
        problems += file.problems
        unjudged += (
            Unjudged(one.name, f"{path}:{one.line}", one.reason)
            for one in file.refused
            if one.kind == "alert"
        )
        for imported in file.rules:
            rule = _rule(imported, path, external, names)
            names.add(rule.name)
            rules.append(rule)
    return FileRules(tuple(rules), tuple(unjudged), tuple(problems))


def _paths(patterns: Iterable[str], problems: list[SettingsError]) -> Iterator[str]:
    for pattern in patterns:
        found = sorted(glob(pattern))
        if not found:
            problem = SettingsError(
                clean(pattern), "", "there is no such rule file", "Correct prometheus.rule_files"
            )
            problems.append(problem)
        yield from found


def _rule(imported: ImportedRule, path: str, external: Labels, names: Collection[str]) -> Rule:
    severity = imported.severity
    return Rule(
        name=_free(imported.name, severity.word, names),
        expr=imported.text,
        op=Op.GE,
        levels=(Level(severity, -inf, -inf, imported.hold),),
        keep_firing=imported.keep_firing,
        labels=labels(
            **{
                name: clean(value)
                for name, value in imported.labels
                if name not in ("severity", "alertname")
            }
        ),
        summary=_summary(imported, external),
        runbook=imported.runbook,
        unit=imported.unit,
        origin=f"{path}:{imported.line}",
    )


def _free(name: str, severity: str, names: Collection[str]) -> str:
    """The name, or one like it: there may be an alert of a name for each severity."""
    tries = [name, f"{name} {severity}"]
    tries += (f"{name} {number}" for number in range(2, len(names) + 3))
    return next(one for one in tries if one not in names)


def _summary(imported: ImportedRule, external: Labels) -> str:
    """The template with what a scrape would have added filled in; our words for it, or none."""
    known = dict(external)

    def fill(found: re.Match[str]) -> str:
        return known.get(found[1], found[0])

    text = clean(_LABEL.sub(fill, imported.template))
    return text if rendered(text, (), 1.0) is not None else imported.summary


def lacking(rule: Rule, external: Labels) -> Iterator[str]:
    """Matchers that no series here can meet, because a scrape would add other labels."""
    added = dict(external)
    for matcher in {one for each in selectors(parse(rule.expr)) for one in each.matchers}:
        if matcher.name in ("job", "instance") and not matcher.agrees(added.get(matcher.name, "")):
            yield str(matcher)
