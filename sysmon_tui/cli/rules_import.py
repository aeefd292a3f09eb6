"""What `sysmon-tui rules import` says of a Prometheus rule file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.expression import span
from sysmon_tui.alerts.promrules import ImportedRule, RuleFile, read_rule_file
from sysmon_tui.collectors.registry import COLLECTORS
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.rule import Rule
from sysmon_tui.promql import selectors
from sysmon_tui.settings.source import Untrusted, read_source

OURS = "sysmon_"
"""What begins so is derived by processors, which declare nothing."""


class Imported(NamedTuple):
    path: str
    file: RuleFile
    lacking: tuple[tuple[str, ...], ...]
    """For each usable rule the metrics that nothing here provides."""


def read(path: str) -> Imported:
    """Raises `SettingsError` where the file cannot be read."""
    file = read_rule_file(_text(path), path)
    provided = _provided()
    lacking = (tuple(sorted(_metrics(rule) - provided)) for rule in file.rules)
    return Imported(path, file, tuple(lacking))


def _text(path: str) -> str:
    source = read_source(Path(path))
    for problem in source.problems:
        if not isinstance(problem, Untrusted):
            raise problem
    return source.text or ""


def _metrics(rule: ImportedRule) -> set[str]:
    return {one.name for one in selectors(rule.expr) if not one.name.startswith(OURS)}


def _provided() -> frozenset[str]:
    """Every metric a collector declares, whether this machine has it or not."""
    modules = (import_module(f"sysmon_tui.collectors.{name}") for name in _declaring())
    return frozenset(metric.name for module in modules for metric in module.METRICS)


def unprovided(rule: Rule) -> tuple[str, ...]:
    """Metrics a rule asks for that nothing here provides."""
    asked = {name for name in metrics(rule) if not name.startswith(OURS)}
    return tuple(sorted(asked - _provided()))


def _declaring() -> Iterator[str]:
    for name in COLLECTORS:
        yield "process_metrics" if name == "process" else name


def report(of: Imported) -> Iterator[str]:
    for problem in of.file.problems:
        yield f"error: {problem}"
    yield f"usable: {len(of.file.rules)}"
    for rule, lacking in zip(of.file.rules, of.lacking, strict=True):
        hold = f" for {span(rule.hold)}" if rule.hold else ""
        notes = [f"no collector here provides {name}" for name in lacking]
        said = "; ".join((f"{rule.severity.word}{hold}", *notes, *rule.notes))
        yield f"  {of.path}:{rule.line}: {rule.name}: {said}"
    yield f"not usable: {len(of.file.refused)}"
    for refused in of.file.refused:
        yield f"  {of.path}:{refused.line}: {refused.kind} {refused.name}: {refused.reason}"


def as_object(of: Imported) -> dict[str, Any]:
    """The same as plain values, for `--json`; times in seconds."""
    return {
        "file": of.path,
        "usable": [
            {
                "name": rule.name,
                "line": rule.line,
                "expr": rule.text,
                "severity": rule.severity.word,
                "for": rule.hold,
                "keep_firing_for": rule.keep_firing,
                "summary": rule.summary,
                "runbook": rule.runbook,
                "lacking": list(lacking),
                "notes": list(rule.notes),
            }
            for rule, lacking in zip(of.file.rules, of.lacking, strict=True)
        ],
        "refused": [refused._asdict() for refused in of.file.refused],
        "problems": [_problem(problem) for problem in of.file.problems],
    }


def _problem(problem: SettingsError) -> dict[str, str]:
    return {"problem": problem.problem, "remedy": problem.remedy}
