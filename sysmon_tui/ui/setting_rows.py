"""The settings as rows for the screen that changes them: value, meaning, origin. Pure.

Values are spelled as they are typed, which is how the environment spells them too. A receiver
shows its name and kind only: its URL may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.settings.document import field_docs
from sysmon_tui.settings.fields import (
    AT_START,
    FIELDS,
    RULES,
    Field,
    Source,
    allowed,
    choices,
    is_tables,
    value_of,
)
from sysmon_tui.settings.save import value_of_text
from sysmon_tui.settings.store import Loaded


@dataclass(frozen=True, slots=True)
class SettingRow:
    path: str
    value: str
    source: Source
    meaning: str
    takes: str
    """What it may be, in words."""
    choices: tuple[str, ...] = ()
    """All it may be, where that is a few words."""
    editable: bool = True

    @property
    def section(self) -> str:
        return self.path.partition(".")[0]

    @property
    def remark(self) -> str:
        """What changing it means, beyond its meaning."""
        if not self.editable:
            return "Edit the file to change it"
        if self.source in (Source.ENVIRONMENT, Source.FLAG):
            return f"The {_WINNER[self.source]} wins over what is saved"
        return "In force after a restart" if self.section in AT_START else ""

    def wrong(self, text: str) -> str:
        """What speaks against `text` as its value; empty where nothing does."""
        try:
            value_of_text(self.path, text)
        except SettingsError as error:
            return clean(f"{error.problem.partition(': ')[2].partition(': ')[2]}")
        return ""

    def matches(self, wanted: str) -> bool:
        """Whether every word is in its name, value, origin or meaning."""
        text = f"{self.path} {self.value} {self.source} {self.meaning}".casefold()
        return all(word in text for word in wanted.casefold().split())

    def next_choice(self) -> str:
        """The word after the present one; empty where there are no words to choose from."""
        if not self.choices:
            return ""
        at = self.choices.index(self.value) if self.value in self.choices else -1
        return self.choices[(at + 1) % len(self.choices)]


_WINNER: Mapping[Source, str] = {Source.ENVIRONMENT: "environment", Source.FLAG: "command line"}


def setting_rows(loaded: Loaded) -> list[SettingRow]:
    """Every setting in the order of the schema, then the user's rules. Reads a source file."""
    docs = field_docs()
    rows = []
    for path, field in FIELDS.items():
        value = value_of(loaded.settings, path)
        source = loaded.provenance.get(path, Source.DEFAULT)
        if is_tables(field.type):
            names = ", ".join(f"{one.name} ({one.kind})" for one in value) or "none"
            rows.append(SettingRow(path, clean(names), source, docs[path], "", (), False))
        else:
            rows.append(_row(path, field, value, source, docs[path]))
    names = ", ".join(str(rule.get("name", "?")) for rule in loaded.settings.rules) or "none"
    source = loaded.provenance.get(RULES, Source.DEFAULT)
    meaning = "Alert rules of your own, each a table headed [[rules]]."
    return [*rows, SettingRow(RULES, clean(names), source, meaning, "", (), False)]


def _row(path: str, field: Field, value: Any, source: Source, meaning: str) -> SettingRow:
    words = ("true", "false") if field.type is bool else choices(field.type)
    return SettingRow(path, clean(typed(value)), source, meaning, allowed(field.type), words)


def typed(value: Any) -> str:
    """A value as one would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={typed(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(typed, value))
    return str(value)
