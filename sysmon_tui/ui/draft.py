"""A rule while it is tuned: which figure is chosen, and what becomes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from math import floor, log2, log10

from sysmon_tui.alerts.expression import span
from sysmon_tui.alerts.figures import DURATION_FORM, FIGURE_FORM, duration, figure
from sysmon_tui.alerts.tuning import tuned
from sysmon_tui.model import units
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.summary import UNITS

HOLDS = (
    *(0, 5, 10, 15, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 2700),
    *(3600, 7200, 10_800, 21_600, 43_200, 86_400),
)
"""Seconds through which `for` goes up and down."""


class Field(StrEnum):
    THRESHOLD = "threshold"
    CLEAR = "clear"
    HOLD = "for"


@dataclass(frozen=True, slots=True)
class Draft:
    origin: Rule
    rule: Rule
    chosen: int = 0
    """Of the figures, level by level."""
    problem: str = ""
    """Why the last change was not made."""

    @classmethod
    def of(cls, rule: Rule) -> Draft:
        return cls(rule, rule)

    @property
    def figures(self) -> list[tuple[Level, Field]]:
        return list(product(self.rule.levels, Field))

    @property
    def changed(self) -> bool:
        return self.rule != self.origin

    def moved(self, step: int) -> Draft:
        count = len(self.figures)
        return replace(self, chosen=(self.chosen + step) % count, problem="")

    def stepped(self, step: int) -> Draft:
        """The chosen figure one step up or down."""
        level, field = self.figures[self.chosen]
        if field is Field.HOLD:
            return self._with(_next_hold(level.hold, step))
        value = level.threshold if field is Field.THRESHOLD else level.clear
        return self._with(_stepped(value, self.rule.unit, step))

    def typed(self, text: str) -> Draft:
        """The chosen figure as somebody wrote it; `wrong` has nothing against it."""
        _, field = self.figures[self.chosen]
        value = duration(text) if field is Field.HOLD else figure(text.strip())
        return self if value is None else self._with(value)

    def wrong(self, text: str) -> str:
        """What speaks against a text as the chosen figure; empty where nothing does."""
        _, field = self.figures[self.chosen]
        if field is Field.HOLD:
            return "" if duration(text) is not None else DURATION_FORM
        return "" if figure(text.strip()) is not None else FIGURE_FORM

    def reset(self) -> Draft:
        return replace(self, rule=self.origin, problem="")

    def _with(self, value: float) -> Draft:
        level, field = self.figures[self.chosen]
        name = "hold" if field is Field.HOLD else field.value
        try:
            rule = tuned(self.rule, level.severity, **{name: value})
        except SysmonError as error:
            return replace(self, problem=str(error))
        return replace(self, rule=rule, problem="")


def spelled(rule: Rule, level: Level, field: Field) -> str:
    if field is Field.HOLD:
        return span(level.hold)
    if field is Field.CLEAR:
        return exact(level.clear, rule.unit)
    return f"{rule.op} {exact(level.threshold, rule.unit)}"


def exact(value: float, unit: str) -> str:
    """The figure with every step visible: `85.5%`, where a column elsewhere rounds to `86%`."""
    if unit == "ratio":
        return f"{value * 100.0:.4g}%"
    return UNITS.get(unit, units.number)(value) if abs(value) >= 1000 else f"{value:.4g}"


def _stepped(value: float, unit: str, step: int) -> float:
    """About a hundredth of the figure's magnitude, on a round number."""
    size = abs(value)
    if unit.startswith("bytes"):
        width = 2.0 ** (floor(log2(size)) - 3) if size else 1.0
    else:
        width = 10.0 ** (floor(log10(size)) - 1) if size else 0.01 if unit == "ratio" else 1.0
    if unit == "ratio":
        width = min(width, 0.01)
    return round((round(value / width) + step) * width, 12)


def _next_hold(hold: float, step: int) -> float:
    steps: Iterator[int] = (
        (each for each in HOLDS if each > hold)
        if step > 0
        else (each for each in reversed(HOLDS) if each < hold)
    )
    return float(next(steps, hold))
