"""A rule's figures, moved by keys."""

from __future__ import annotations

import pytest

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.ui.draft import Draft, Field, spelled

RULES = {rule.name: rule for rule in load_rules((), "pack").rules}
MEMORY = RULES["MemoryAvailable"]


def of(unit: str, threshold: float, hold: float = 0.0) -> Draft:
    level = Level(Severity.WARNING, threshold, threshold, hold)
    return Draft.of(Rule(name="r", metric="m", levels=(level,), unit=unit))


@pytest.mark.parametrize(
    ("unit", "threshold", "up", "down"),
    [
        ("ratio", 0.85, 0.86, 0.84),
        ("ratio", 0.05, 0.051, 0.049),
        ("ratio", 2.0, 2.01, 1.99),
        ("ratio", 0.0, 0.01, -0.01),
        ("count", 2.0, 2.1, 1.9),
        ("count", 0.0, 1.0, -1.0),
        ("bytes", 2.0**32, 2.0**32 + 2.0**29, 2.0**32 - 2.0**29),
        ("bytes", 0.0, 1.0, -1.0),
    ],
)
def test_a_step_is_round_and_about_a_hundredth(
    unit: str, threshold: float, up: float, down: float
) -> None:
    draft = of(unit, threshold)
    assert draft.stepped(1).rule.levels[0].threshold == pytest.approx(up)
    assert draft.stepped(-1).rule.levels[0].threshold == pytest.approx(down)


def test_for_goes_through_times_people_use() -> None:
    draft = of("ratio", 0.5, 60.0).moved(2)
    assert draft.stepped(1).rule.levels[0].hold == 90.0
    assert draft.stepped(-1).rule.levels[0].hold == 45.0
    assert of("ratio", 0.5, 0.0).moved(2).stepped(-1).rule.levels[0].hold == 0.0
    assert of("ratio", 0.5, 86_400.0).moved(2).stepped(1).rule.levels[0].hold == 86_400.0


def test_the_choice_goes_round_over_all_levels() -> None:
    draft = Draft.of(MEMORY)
    assert len(draft.figures) == 6
    assert draft.moved(-1).figures[draft.moved(-1).chosen] == (MEMORY.levels[1], Field.HOLD)
    assert draft.moved(6) == draft


def test_what_cannot_be_says_why_and_changes_nothing() -> None:
    draft = Draft.of(MEMORY).typed("1%")
    assert "would be reached before" in draft.problem
    assert not draft.changed
    assert draft.moved(1).problem == ""


def test_what_is_typed() -> None:
    draft = Draft.of(MEMORY)
    assert draft.wrong("much").startswith("Write a number")
    assert draft.wrong("12.5%") == ""
    typed = draft.typed("12.5%")
    assert spelled(typed.rule, typed.rule.levels[0], Field.THRESHOLD) == "< 12.5%"
    assert typed.changed
    assert typed.reset().rule == MEMORY
    hold = draft.moved(2)
    assert hold.wrong("soon").startswith("Write a duration")
    assert spelled(hold.typed("90s").rule, hold.typed("90s").rule.levels[0], Field.HOLD) == "1m30s"
    assert draft.typed("much") == draft


def test_large_figures_are_spelled_in_their_unit() -> None:
    draft = of("bytes", 5 * 2.0**30)
    assert spelled(draft.rule, draft.rule.levels[0], Field.CLEAR) == "5.0G"
