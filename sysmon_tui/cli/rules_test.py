"""The files of `sysmon-tui rules test`: each with the rule files it names."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sysmon_tui.alerts.judges import OwnJudge, PromJudge
from sysmon_tui.alerts.promrules import ImportedRule, Refused, read_rule_file, read_yaml
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.alerts.ruletest import Broken, Judge, Outcome, run
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import clean
from sysmon_tui.settings.source import Untrusted, read_source
from sysmon_tui.settings.store import not_toml


class RuleSet(NamedTuple):
    """Everything the rule files of a test file have."""

    prom: list[ImportedRule]
    own: list[Rule]
    refused: list[Refused]

    def judges(self) -> Sequence[Judge]:
        made: list[Judge] = [PromJudge(rule) for rule in self.prom]
        return [*made, OwnJudge(self.own)] if self.own else made


def run_file(path: str) -> Outcome:
    """Raises `SettingsError` where the file or one of its rule files cannot be used."""
    document = read_yaml(_text(Path(path)), path)
    named = document.get("rule_files") if isinstance(document, dict) else None
    rules = RuleSet([], [], [])
    for pattern in named if isinstance(named, list) else ():
        _load(Path(path).parent, str(pattern), path, rules)
    try:
        return run(document, rules.judges, rules.refused)
    except Broken as error:
        raise SettingsError(path, "", clean(str(error)), "Write it as promtool wants it") from None


def _load(folder: Path, pattern: str, where: str, into: RuleSet) -> None:
    """Raises `SettingsError`."""
    from glob import glob  # only for rule files

    for found in sorted(glob(str(folder / pattern))) or [str(folder / pattern)]:
        if not Path(found).exists():
            raise SettingsError(where, "rule_files", f"there is no {clean(found)}", "Correct it")
        text = _text(Path(found))
        if found.endswith(".toml"):
            into.own.extend(_own(Path(found), text))
            continue
        file = read_rule_file(text, found)
        for problem in file.problems:
            raise problem
        into.prom.extend(file.rules)
        into.refused.extend(file.refused)


def _own(path: Path, text: str) -> list[Rule]:
    try:
        tables: Any = tomllib.loads(text).get("rules", [])
    except tomllib.TOMLDecodeError as error:
        raise not_toml(path, text, str(error)) from None
    loaded = load_rules(tables, str(path), text)
    for problem in loaded.problems:
        raise problem
    return [rule for rule in loaded.rules if rule.name in loaded.own]


def _text(path: Path) -> str:
    source = read_source(path)
    for problem in source.problems:
        if not isinstance(problem, Untrusted):
            raise problem
    return source.text or ""
