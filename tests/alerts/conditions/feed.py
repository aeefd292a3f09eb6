"""One condition fed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sysmon_tui.alerts.conditions import Surroundings, create
from sysmon_tui.alerts.conditions.registry import Usual
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Level, Rule

WALL = 1_700_000_000.0
LEVELS = (Level(Severity.WARNING, 1.0, 1.0),)


def rule(**fields: Any) -> Rule:
    return Rule(**{"name": "R", "metric": "m", "levels": LEVELS, **fields})


def course(
    of: Rule, beats: Iterable[tuple[float, Families]], usual: Usual | None = None
) -> Iterator[dict[Labels, float]]:
    """What the condition of a rule says to each (second, families)."""
    around = Surroundings((of,), usual)
    condition = create(of, around)
    for second, families in beats:
        around.feed(families, WALL + second)
        yield dict(condition.values(families, WALL + second, second))


def values(of: Rule, *fed: tuple[float, float]) -> list[float]:
    """The same for one series without labels."""
    beats: Iterator[tuple[float, Families]] = (
        (second, {"m": {(): value}}) for second, value in fed
    )
    return [said.get((), float("nan")) for said in course(of, beats)]
