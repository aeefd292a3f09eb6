"""The rules in force, for the `rules` commands."""

from __future__ import annotations

from platform import node

from sysmon_tui.alerts.rules import Rules, external_labels, load_rules
from sysmon_tui.cli.start import open_settings, warn
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import clean, clean_name
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.source import read_source
from sysmon_tui.settings.store import Loaded


def read_rules() -> Rules:
    """The pack with the user's over it; what is wrong is told on stderr."""
    loaded, _ = open_settings()
    rules = rules_of(loaded)
    warn((*loaded.problems, *rules.problems, *rules.left_out))
    return rules


def rules_of(loaded: Loaded) -> Rules:
    """The rules of settings that were read, with the lines of their problems."""
    settings = loaded.settings
    return load_rules(
        settings.rules,
        str(loaded.path),
        read_source(loaded.path).text or "",
        files=settings.prometheus.rule_files,
        external=labels_of(settings),
        receivers=[receiver.name for receiver in settings.notify.to],
    )


def labels_of(settings: Settings) -> Labels:
    """What a scrape of this machine would add to its series."""
    return external_labels(settings.prometheus, clean_name(node()))


def named(rules: Rules, name: str) -> Rule:
    """Raises `SysmonError` where there is none, with those of a similar name."""
    for rule in rules.rules:
        if rule.name == name:
            return rule
    if name in rules.off:
        raise SysmonError(f"the rule {name} is switched off", "Remove its `enabled = false`")
    from difflib import get_close_matches

    known = {rule.name.lower(): rule.name for rule in rules.rules}
    near = get_close_matches(name.lower(), known, n=3)
    remedy = f"Did you mean {' or '.join(known[one] for one in near)}?" if near else ""
    raise SysmonError(
        f"there is no rule {clean(name, 64)}", remedy or "`sysmon-tui rules list` names them"
    )
