"""What decoding cannot know about settings: whether the names in them name anything.

`config check` asks the parts that own the names: collectors, rules, themes, actions. Only a
setting that is not at its default costs the import.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sysmon_tui.model.errors import SettingsError, StoreError
from sysmon_tui.model.text import clean
from sysmon_tui.settings.decode import dotted
from sysmon_tui.settings.fields import nearest
from sysmon_tui.settings.store import Loaded, place_of


class Audit(NamedTuple):
    errors: tuple[SettingsError, ...]
    warnings: tuple[SettingsError, ...]


def audit(loaded: Loaded) -> Audit:
    errors = (
        *loaded.errors,
        *_collectors(loaded),
        *_theme(loaded),
        *_keys(loaded),
        *_history(loaded),
        *_rules(loaded),
    )
    warnings = tuple(problem for problem in loaded.problems if problem not in loaded.errors)
    return Audit(errors, warnings)


def _collectors(loaded: Loaded) -> Iterator[SettingsError]:
    from sysmon_tui.collectors.registry import COLLECTORS

    collection = loaded.settings.collection
    for name, asked in (("disabled", collection.disabled), ("intervals", collection.intervals)):
        yield from _unknown(loaded, ("collection", name), asked, COLLECTORS, "collector")


def _theme(loaded: Loaded) -> Iterator[SettingsError]:
    theme = loaded.settings.screen.theme
    if theme == "auto":
        return
    from textual.theme import BUILTIN_THEMES

    from sysmon_tui.ui.themes import THEMES

    yield from _unknown(loaded, ("screen", "theme"), [theme], [*THEMES, *BUILTIN_THEMES], "theme")


def _keys(loaded: Loaded) -> Iterator[SettingsError]:
    keys = loaded.settings.screen.keys
    if not keys:
        return
    from sysmon_tui.ui.actions import ACTIONS

    known = [action.name for action in ACTIONS]
    yield from _unknown(loaded, ("screen", "keys"), keys, known, "action")


def _history(loaded: Loaded) -> Iterator[SettingsError]:
    from sysmon_tui.storage import open_ledger

    field = ("storage", "url")
    try:
        open_ledger(loaded.settings.storage.url, state=loaded.path.parent)
    except StoreError as error:
        yield SettingsError(place_of(loaded, field), dotted(field), error.problem, error.remedy)


def _rules(loaded: Loaded) -> tuple[SettingsError, ...]:
    from sysmon_tui.cli.rules_read import rules_of

    return rules_of(loaded).problems


def _unknown(
    loaded: Loaded,
    field: tuple[str, str],
    asked: Iterable[str],
    known: Collection[str],
    kind: str,
) -> Iterator[SettingsError]:
    for name in asked:
        if name not in known:
            remedy = nearest(name, known) or f"There are: {', '.join(known)}"
            yield SettingsError(
                place_of(loaded, (*field, name)),
                dotted(field),
                f"there is no {kind} {clean(name, 60)}",
                remedy,
            )
