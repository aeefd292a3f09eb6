"""What `sysmon-tui rules check` finds: every rule that cannot be used, with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sysmon_tui.alerts.rulefiles import lacking
from sysmon_tui.alerts.rules import Rules, load_rules
from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.cli.rules_import import unprovided
from sysmon_tui.cli.rules_read import labels_of, rules_of
from sysmon_tui.cli.start import open_settings
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import Labels
from sysmon_tui.settings.dirs import settings_path
from sysmon_tui.settings.source import Untrusted, read_source
from sysmon_tui.settings.store import not_toml
from sysmon_tui.settings.toml import line_of

_PLACE = re.compile(r"(.*?):(\d+)", re.DOTALL)


class Checked(NamedTuple):
    path: Path
    there: bool
    """There is a file at all; without one the pack alone is in force."""
    rules: Rules
    problems: tuple[SettingsError, ...]
    warnings: tuple[SettingsError, ...]


def check_file(file: str | None) -> Checked:
    """The rules of a TOML file, by default of the settings."""
    path = Path(file) if file else settings_path(chosen_dirs())
    source = read_source(path)
    warnings: tuple[SettingsError, ...] = tuple(
        problem for problem in source.problems if isinstance(problem, Untrusted)
    )
    problems = [problem for problem in source.problems if problem not in warnings]
    text = source.text or ""
    tables = _tables(path, text, problems)
    if file:
        rules = load_rules(tables, str(path), text)
    else:
        settings = open_settings()[0]
        rules = rules_of(settings)
        warnings += tuple(_remarks(rules, labels_of(settings.settings)))
    return Checked(path, source.text is not None, rules, (*problems, *rules.problems), warnings)


def _remarks(rules: Rules, external: Labels) -> Iterator[SettingsError]:
    """What is to be said of the alerts of Prometheus rule files."""
    for one in rules.unjudged:
        yield SettingsError(one.where, f"alert {one.name}", f"is not judged here: {one.reason}")
    for rule in rules.rules:
        if not rule.origin:
            continue
        for name in unprovided(rule):
            problem = f"no collector here provides {name}, so it may never fire"
            yield SettingsError(rule.origin, f"alert {rule.name}", problem)
        for matcher in lacking(rule, external):
            problem = f"no series here has {matcher}, so it never fires"
            remedy = "Say in prometheus.labels what a scrape would add"
            yield SettingsError(rule.origin, f"alert {rule.name}", problem, remedy)


def _tables(path: Path, text: str, problems: list[SettingsError]) -> list[dict[str, Any]]:
    try:
        rules = tomllib.loads(text).get("rules", [])
    except tomllib.TOMLDecodeError as error:
        problems.append(not_toml(path, text, str(error)))
        return []
    except RecursionError:
        problems.append(SettingsError(str(path), "", "is nested too deeply to be read"))
        return []
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        where = f"{path}:{line_of(text, ('rules',))}"
        problems.append(
            SettingsError(where, "rules", "is no list of tables", "Head each rule [[rules]]")
        )
        return []
    return rules


def report(checked: Checked) -> Iterator[str]:
    for problem in checked.problems:
        yield f"error: {problem}"
    for problem in checked.warnings:
        yield f"warning: {problem}"
    if checked.problems:
        return
    if not checked.there:
        yield f"{checked.path}: does not exist; the rules of the pack are in force"
        return
    own = len(checked.rules.own)
    files = sum(bool(rule.origin) for rule in checked.rules.rules)
    off = f", {len(checked.rules.off)} switched off" if checked.rules.off else ""
    imported = f", {files} of Prometheus rule files" if files else ""
    yield f"{checked.path}: fine, {own} {'rule' if own == 1 else 'rules'}{off}{imported}"


def as_object(checked: Checked) -> dict[str, Any]:
    """The same as plain values, for `--json`."""
    return {
        "file": str(checked.path),
        "rules": sorted(checked.rules.own),
        "off": list(checked.rules.off),
        "problems": [_problem(problem) for problem in checked.problems],
        "warnings": [_problem(problem) for problem in checked.warnings],
    }


def _problem(problem: SettingsError) -> dict[str, Any]:
    found = _PLACE.fullmatch(problem.where)
    prefix = f"{problem.where}: {problem.field}: " if problem.field else f"{problem.where}: "
    return {
        "file": found[1] if found else problem.where,
        "line": int(found[2]) if found else None,
        "field": problem.field,
        "problem": problem.problem.removeprefix(prefix),
        "remedy": problem.remedy,
    }
