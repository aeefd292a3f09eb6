"""Which rules are in force: the default pack and Prometheus's, with the user's over them.

`monitor.assemble`, `config check` and `rules` call `load_rules`. One bad rule is a problem to show
and never stops the others; where it was to replace a rule of the pack, that one stays in force.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sysmon_tui.alerts.building import rule_of
from sysmon_tui.alerts.tables import Wrong, decode
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Rule, peer_of
from sysmon_tui.model.text import clean
from sysmon_tui.settings.fields import nearest
from sysmon_tui.settings.schema import Prometheus
from sysmon_tui.settings.toml import KeyPath, line_of

if TYPE_CHECKING:
    # Loaded only where there are rule files.
    from sysmon_tui.alerts.rulefiles import Unjudged

PACK = Path(__file__).with_name("pack.toml")

NAMED = 5
"""Alerts named in a sentence; all of them are in the lists."""

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
    unjudged: tuple[Unjudged, ...] = ()
    """Alerts of Prometheus rule files that cannot be judged here."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """The same in a sentence, if there are any."""
        if not self.unjudged:
            return ()
        first = ", ".join(one.name for one in self.unjudged[:NAMED])
        more = len(self.unjudged) - NAMED
        names = f"{first} and {more} more" if more > 0 else first
        return (f"Not judged here: {names}. `sysmon-tui rules check` says why",)


def external_labels(prometheus: Prometheus, host: str) -> Labels:
    """What a scrape of this machine would add to its series."""
    return labels(**{"job": "node", "instance": host, **prometheus.labels})


def load_rules(
    user: Sequence[Mapping[str, Any]],
    where: str,
    text: str = "",
    *,
    files: Sequence[str] = (),
    external: Labels = (),
    receivers: Collection[str] | None = None,
) -> Rules:
    """The pack, the alerts of Prometheus rule `files`, and the user's `[[rules]]` tables over it.

    `where` names the user's file; with its `text`, problems name their line. A table of a name
    that is there replaces that rule as a whole; `enabled = false` with nothing but the name
    switches it off. `external` are the labels a scrape would add, `receivers` the names a rule
    may notify; None does not check them.
    """
    pack = tomllib.loads(PACK.read_text("utf-8"))["rules"]
    problems: list[SettingsError] = []
    rules = _read(pack, PACK.name, "", (), problems)
    unjudged: tuple[Unjudged, ...] = ()
    if files:
        from sysmon_tui.alerts.rulefiles import read_files  # loads YAML

        found = read_files(files, external, rules)
        rules |= {rule.name: rule for rule in found.rules}
        unjudged = found.unjudged
        problems += found.problems
    there = (*rules, *(one.name for one in unjudged))
    own = _read(user, where, text, there, problems)
    merged = rules | own
    problems += _strangers(user, where, text, own, merged, receivers)
    return Rules(
        tuple(rule for rule in merged.values() if rule is not None),
        tuple(problems),
        own=frozenset(name for name, rule in own.items() if rule is not None),
        off=tuple(name for name, rule in merged.items() if rule is None),
        unjudged=tuple(one for one in unjudged if one.name not in own),
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


def _strangers(
    user: Sequence[Mapping[str, Any]],
    where: str,
    text: str,
    own: Mapping[str, Rule | None],
    rules: Collection[str],
    receivers: Collection[str] | None,
) -> Iterator[SettingsError]:
    """Names in the user's rules that name nothing. The rules do without them."""
    for number, table in enumerate(user, 1):
        rule = own.get(str(table.get("name")))
        if rule is None:
            continue
        called = f"rule {_called(table, number)}"
        for field, name, known, kind in _named(rule, rules, receivers):
            if name not in known:
                yield SettingsError(
                    place(where, text, number, field),
                    f"{called}: {field}" if field else called,
                    f"there is no {kind} {clean(name, 60)}",
                    nearest(name, known) or f"There is {', '.join(known) or 'none at all'}",
                )


def _named(
    rule: Rule, rules: Collection[str], receivers: Collection[str] | None
) -> Iterator[tuple[str, str, Collection[str], str]]:
    """What a rule names: (field, name, known names, what they are names of)."""
    for name in rule.inhibits:
        yield "inhibits", name, rules, "rule"
    peers = {peer_of(bound.metric) for level in rule.levels for bound in level.bounds}
    for name in sorted(peers - {""}):
        yield "", name, rules, "rule"
    for name in rule.notify if receivers is not None else ():
        yield "notify", name, receivers or (), "receiver"


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
