"""Which rules are in force: the default pack, with the user's over it.

`monitor.assemble`, `config check` and `rules` call `load_rules`. One bad rule is a problem to show
and never stops the others; where it was to replace a rule of the pack, that one stays in force.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sysmon_tui.alerts.building import rule_of
from sysmon_tui.alerts.tables import Wrong, decode
from sysmon_tui.model.alert import Rule
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.settings.toml import KeyPath, line_of

PACK = Path(__file__).with_name("pack.toml")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,63}")
_STEP = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class Rules:
    rules: tuple[Rule, ...]
    problems: tuple[SettingsError, ...] = ()
    own: frozenset[str] = frozenset()
    """Names of the rules that are the user's, not the pack's."""
    off: tuple[str, ...] = ()
    """Names of the rules that are switched off."""


def load_rules(user: Sequence[Mapping[str, Any]], where: str, text: str = "") -> Rules:
    """The pack with the user's `[[rules]]` tables over it; `where` names the user's file.

    A table of a name the pack has replaces that rule as a whole; `enabled = false` with nothing
    but the name switches it off. With the `text` of the file, problems name their line.
    """
    pack = tomllib.loads(PACK.read_text("utf-8"))["rules"]
    problems: list[SettingsError] = []
    rules = _read(pack, PACK.name, "", (), problems)
    own = _read(user, where, text, rules, problems)
    merged = rules | own
    return Rules(
        tuple(rule for rule in merged.values() if rule is not None),
        tuple(problems),
        own=frozenset(name for name, rule in own.items() if rule is not None),
        off=tuple(name for name, rule in merged.items() if rule is None),
    )


def place(where: str, text: str, number: int, field: str = "") -> str:
    """`FILE:LINE` of a field of the `number`-th rule; `FILE` where the text does not tell."""
    path: KeyPath = ("rules", number - 1)
    for step in _STEP.findall(field):
        path = (*path, int(step) if step.isdigit() else step)
    line = line_of(text, path) if text else 0
    return f"{where}:{line}" if line else where


def _read(
    tables: Iterable[Mapping[str, Any]],
    where: str,
    text: str,
    known: Iterable[str],
    problems: list[SettingsError],
) -> dict[str, Rule | None]:
    """Rules by name; None where one is switched off."""
    known = frozenset(known)
    read: dict[str, Rule | None] = {}
    for number, table in enumerate(tables, 1):
        try:
            name, rule = _rule(table, known)
            if name in read:
                raise Wrong("name", "is taken by a rule above", "Rename one, or remove it")
            read[name] = rule
        except Wrong as wrong:
            field = f"rule {_called(table, number)}"
            if wrong.field:
                field += f": {wrong.field}"
            at = place(where, text, number, wrong.field)
            problems.append(SettingsError(at, field, wrong.problem, wrong.remedy))
    return read


def _rule(table: Mapping[str, Any], known: frozenset[str]) -> tuple[str, Rule | None]:
    written = decode(table)
    decoded = written.table
    name = decoded.name
    if not _NAME.fullmatch(name):
        raise Wrong(
            "name",
            "is no name for a rule",
            "Begin with a letter; then letters, digits, blanks, dots, - and _, at most 64",
        )
    if decoded.enabled:
        return name, rule_of(written)
    if name not in known and not (decoded.metric or decoded.expr):
        raise Wrong("enabled", "no rule of this name is there to switch off", _similar(name, known))
    return name, None


def _called(table: Mapping[str, Any], number: int) -> str:
    """How a person finds the table: by its name, else by its place in the file."""
    name = table.get("name")
    return f'"{clean(name, 64)}"' if isinstance(name, str) and name else f"number {number}"


def _similar(name: str, known: frozenset[str]) -> str:
    from difflib import get_close_matches  # only where somebody mistyped

    near = get_close_matches(name, sorted(known), n=3, cutoff=0.5) or sorted(known)
    return f"Known are: {', '.join(near)}"
