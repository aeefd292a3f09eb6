"""What `sysmon-tui rules check` finds: every rule that cannot be used, with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sysmon_tui.alerts.rules import Rules, load_rules
from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.model.errors import SettingsError
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
    warnings = tuple(problem for problem in source.problems if isinstance(problem, Untrusted))
    problems = [problem for problem in source.problems if problem not in warnings]
    text = source.text or ""
    tables = _tables(path, text, problems)
    rules = load_rules(tables, str(path), text)
    return Checked(path, source.text is not None, rules, (*problems, *rules.problems), warnings)


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
    off = f", {len(checked.rules.off)} switched off" if checked.rules.off else ""
    yield f"{checked.path}: fine, {own} {'rule' if own == 1 else 'rules'}{off}"


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
