"""From parsed TOML to checked values, one by one, so that a mistake costs one setting and not all.

Called by `store` for the file. Every problem is reported, each with its place, what was found
and what is allowed; what is good is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.settings.fields import (
    FIELDS,
    RULES,
    SECTIONS,
    Field,
    allowed,
    choices,
    found,
    is_table,
    is_tables,
    item_type,
    nearest,
)
from sysmon_tui.settings.receivers import Unusable, receiver_of
from sysmon_tui.settings.schema import Receiver, Settings
from sysmon_tui.settings.toml import KeyPath, key

Locate = Callable[[KeyPath], str]
"""Where a key stands, as the user finds it: `settings.toml:12`."""


class Decoder:
    """Collects the good values by dotted path, and the problems in the order they are met."""

    def __init__(self, locate: Locate) -> None:
        self.values: dict[str, Any] = {}
        self.problems: list[SettingsError] = []
        self._locate = locate

    def document(self, tables: Mapping[str, Any]) -> None:
        for name, table in tables.items():
            if name == RULES:
                self._rules(table)
            elif name not in SECTIONS:
                self._unknown((name,), [*SECTIONS, RULES], _owners(name))
            elif not isinstance(table, dict):
                self._wrong((name,), table, "a table")
            else:
                self._section(name, table)

    def field(self, field: Field, value: Any) -> None:
        """Check one value of the right origin; `value` is as TOML or the command line has it."""
        if is_table(field.type) and isinstance(value, dict):
            self._table(field, value)
            return
        if is_tables(field.type) and isinstance(value, list | tuple):
            self._tables(field, value)
            return
        try:
            self.values[field.path] = msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            self._wrong(
                (field.section, field.name), value, allowed(field.type), choices(field.type)
            )

    def _section(self, section: str, table: Mapping[str, Any]) -> None:
        names = [field.name for field in FIELDS.values() if field.section == section]
        for name, value in table.items():
            if field := FIELDS.get(f"{section}.{name}"):
                self.field(field, value)
            else:
                self._unknown((section, name), names, _owners(name))

    def _table(self, field: Field, table: Mapping[str, Any]) -> None:
        """Entry by entry: the good ones of a table stay when one is bad."""
        kind = item_type(field.type)
        good: dict[str, Any] = {}
        for name, value in table.items():
            try:
                good[name] = msgspec.convert(value, kind)
            except msgspec.ValidationError:
                self._wrong((field.section, field.name, name), value, allowed(kind))
        self.values[field.path] = good

    def _tables(self, field: Field, tables: Sequence[Any]) -> None:
        """Receivers: the good ones stay when one is bad."""
        good: list[Receiver] = []
        for index, table in enumerate(tables):
            try:
                good.append(receiver_of(table, [other.name for other in good]))
            except Unusable as unusable:
                keys = (field.section, field.name, index, *unusable.keys)
                self._problem(keys, unusable.problem, unusable.remedy)
        self.values[field.path] = tuple(good)

    def _rules(self, rules: Any) -> None:
        """Only that they are tables; what is in them is for `alerts.rules`."""
        if not isinstance(rules, list):
            self._wrong((RULES,), rules, "a list of tables, each headed [[rules]]")
            return
        for index, rule in enumerate(rules):
            if not isinstance(rule, dict):
                self._wrong((RULES, index), rule, "a table")
        self.values[RULES] = tuple(rule for rule in rules if isinstance(rule, dict))

    def _wrong(self, path: KeyPath, value: Any, wanted: str, words: tuple[str, ...] = ()) -> None:
        remedy = nearest(value, words) if isinstance(value, str) else ""
        self._problem(path, f"expected {wanted}, found {found(value)}", remedy)

    def _unknown(self, path: KeyPath, known: list[str], owners: list[str]) -> None:
        remedy = nearest(str(path[-1]), known)
        if not remedy and owners:
            remedy = f"Did you mean {' or '.join(owners)}?"
        self._problem(path, "unknown setting", remedy or f"Known here: {', '.join(known)}")

    def _problem(self, path: KeyPath, problem: str, remedy: str) -> None:
        self.problems.append(
            SettingsError(self._locate(path), dotted(path), clean(problem), clean(remedy))
        )


def dotted(path: KeyPath) -> str:
    """`screen.theme`, `rules[2]`: positions count from 1, as people do."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{key(part)}" if text else key(part)
    return clean(text, 120)


def _owners(name: str) -> list[str]:
    """The settings of that name in any section."""
    return [path for path, field in FIELDS.items() if field.name == name]


def build(values: Mapping[str, Any]) -> Settings:
    """The configuration of checked values by dotted path; what is absent has its default."""
    sections: dict[str, Any] = {}
    for section, struct in SECTIONS.items():
        given = {
            field.name: values[path]
            for path, field in FIELDS.items()
            if field.section == section and path in values
        }
        sections[section] = struct(**given)
    return Settings(**sections, rules=values.get(RULES, ()))
