"""A tuned rule as the `[[rules]]` table that puts it in force; the screen's tuning shows and
saves it.

The table is the one the rule came from, the user's own or the pack's, with the levels changed: a
table in the settings replaces the rule of its name as a whole.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sysmon_tui.alerts.expression import span
from sysmon_tui.alerts.figures import duration, figure
from sysmon_tui.alerts.rules import PACK, load_rules
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.rule import Level, Op, Rule

_WORDS = {Op.GT: "above", Op.GE: "at_least", Op.LT: "below", Op.LE: "at_most"}


def table_of(rule: Rule, user: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """`user` are the tables of the settings."""
    table = dict(_origin(rule.name, user))
    for level in rule.levels:
        word = level.severity.word
        table[word] = _level(rule, level, table.get(word, {}))
    return table


def checked(rule: Rule, user: Sequence[Mapping[str, Any]], where: str) -> dict[str, Any]:
    """Its table, proven: read beside the others it gives this rule.

    Raises `SettingsError` where it does not, as for a rule that another program's file holds.
    """
    table = table_of(rule, user)
    others = [one for one in user if one.get("name") != rule.name]
    if rule not in load_rules([*others, table], where).rules:
        problem = "cannot be written as a table of its own"
        raise SettingsError(where, rule.name, problem, "Change it where it is written")
    return table


def written(table: Mapping[str, Any]) -> str:
    """TOML, ready to be pasted."""
    lines = (f"{name} = {_value(value)}" for name, value in table.items())
    return "\n".join(("[[rules]]", *lines, ""))


def _origin(name: str, user: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    pack = tomllib.loads(PACK.read_text("utf-8"))["rules"]
    tables = (table for table in (*user, *pack) if table.get("name") == name)
    return next(tables, {"name": name})


def _level(rule: Rule, level: Level, before: Mapping[str, Any]) -> dict[str, Any]:
    """The level's table in the usual order; what has not changed stays as it was spelled."""
    word = _WORDS[rule.op]
    table = {word: _figure(level.threshold, rule.unit, before.get(word))}
    if level.clear != level.threshold:
        table["clear"] = _figure(level.clear, rule.unit, before.get("clear"))
    if level.hold:
        spelled = before.get("for", "")
        table["for"] = spelled if duration(spelled) == level.hold else span(level.hold)
    changed = {"above", "at_least", "below", "at_most", "clear", "for"}
    return table | {name: value for name, value in before.items() if name not in changed}


def _figure(value: float, unit: str, before: Any) -> float | str:
    if isinstance(before, int | float | str) and figure(before) == value:
        return before
    percent = f"{value * 100.0:.10g}%"
    return percent if unit == "ratio" and figure(percent) == value else value


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's strings, numbers and booleans are TOML's.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)
