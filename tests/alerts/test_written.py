"""A tuned rule as the table that puts it in force."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.alerts.tuning import tuned
from sysmon_tui.alerts.written import checked, table_of
from sysmon_tui.alerts.written import written as spelled
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.rule import Rule

PACK = load_rules((), "pack").rules


def written(rule: Rule, user: Sequence[Mapping[str, Any]] = ()) -> str:
    return spelled(table_of(rule, user))


def read(text: str) -> Rule:
    table = tomllib.loads(text)["rules"]
    loaded = load_rules(table, "user")
    assert not loaded.problems
    return next(rule for rule in loaded.rules if rule.name == table[0]["name"])


@pytest.mark.parametrize("rule", PACK, ids=lambda rule: rule.name)
def test_every_rule_of_the_pack_is_itself_again(rule: Rule) -> None:
    assert read(written(rule)) == rule


@pytest.mark.parametrize("rule", PACK, ids=lambda rule: rule.name)
def test_a_change_comes_through_and_nothing_else(rule: Rule) -> None:
    changed = tuned(rule, hold=77.0)
    assert changed != rule
    assert read(written(changed)) == changed


def test_figures_are_spelled_as_people_write_them() -> None:
    memory = next(rule for rule in PACK if rule.name == "MemoryAvailable")
    text = written(tuned(memory, Severity.WARNING, threshold=0.125, hold=90.0))
    assert 'warning = { below = "12.5%", clear = "15%", for = "1m30s" }' in text


def test_the_users_own_table_is_what_is_changed() -> None:
    table: dict[str, Any] = {
        "name": "Mine",
        "metric": "m",
        "unit": "count",
        "latch": True,
        "summary": "é \x7f {value}\n",
        "match": {"a b": "c"},
        "inhibits": ["Other"],
        "warning": {"above": 3, "and": [{"metric": "n", "below": 1}], "for": "60s"},
    }
    rule = next(rule for rule in load_rules([table], "user").rules if rule.name == "Mine")
    text = written(tuned(rule, threshold=4.0), [table])
    assert 'for = "60s"' in text, "as it was spelled"
    found = tomllib.loads(text)["rules"][0]
    assert found == table | {"warning": table["warning"] | {"above": 4.0, "clear": 3.0}}, (
        "where it ended stays"
    )


def test_a_rule_that_stands_nowhere_has_its_levels_at_least() -> None:
    rule = Rule(name="Gone", metric="m", levels=PACK[0].levels)
    assert "warning = { above" in written(rule)


def test_a_table_is_proven_before_it_is_saved() -> None:
    memory = next(rule for rule in PACK if rule.name == "MemoryAvailable")
    changed = tuned(memory, hold=77.0)
    broken = {"name": "Broken", "nonsense": 3}
    assert read(spelled(checked(changed, [broken], "settings.toml"))) == changed
    with pytest.raises(SettingsError, match="Elsewhere: cannot be written as a table of its own"):
        checked(replace(memory, name="Elsewhere"), [], "settings.toml")
