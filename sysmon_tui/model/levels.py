"""Which severities of a rule hold, since when, and which of them fire. Pure.

`model.transition` turns the answers into states and events.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from types import MappingProxyType
from typing import TypeAlias

from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.model.rule import COMPARE, Level, Rule

Onsets: TypeAlias = tuple[float | None, ...]
"""Since when each level of a rule holds, mildest first; None where it does not."""
Sides: TypeAlias = Mapping[str, float]
"""Values of the metrics that `Level.bounds` ask for, by name."""

NO_SIDES: Sides = MappingProxyType({})
SLACK = 1e-3
"""Seconds; a hold of 60 s is over on the sixtieth beat even if that comes a hair early."""


def fired_severity(alert: Alert | None) -> Severity:
    """The worst level that fires; milder ones then fire as well."""
    return alert.severity if alert is not None and alert.state is State.FIRING else Severity.OK


def _beyond(rule: Rule, level: Level, value: float, sides: Sides) -> bool:
    return COMPARE[rule.op](value, level.threshold) and (
        not level.bounds or _agreed(level, sides, fired=False)
    )


def _kept(rule: Rule, level: Level, value: float, fired: Severity, sides: Sides) -> bool:
    """The level fires and is not back at `clear`."""
    return (
        level.severity <= fired
        and COMPARE[rule.op](value, level.clear)
        and (not level.bounds or _agreed(level, sides, fired=True))
    )


def _agreed(level: Level, sides: Sides, *, fired: bool) -> bool:
    return all(bound.agrees(sides.get(bound.metric, nan), fired=fired) for bound in level.bounds)


def current_onsets(
    alert: Alert | None, rule: Rule, value: float, now: float, sides: Sides
) -> Onsets:
    """Since when each level holds; the same tuple where that did not change."""
    before = _known_onsets(alert, rule)
    fired = fired_severity(alert)
    after = tuple(
        (onset if onset is not None else now)
        if _beyond(rule, level, value, sides) or _kept(rule, level, value, fired, sides)
        else None
        for level, onset in zip(rule.levels, before, strict=True)
    )
    return before if after == before else after


def _known_onsets(alert: Alert | None, rule: Rule) -> Onsets:
    if alert is None or not alert.active:
        return (None,) * len(rule.levels)
    if len(alert.onsets) == len(rule.levels):
        return alert.onsets
    return tuple(alert.since if level.severity <= alert.severity else None for level in rule.levels)


def worst_firing(
    rule: Rule, onsets: Onsets, value: float, now: float, fired: Severity, sides: Sides
) -> Severity:
    """The worst level that fires now; OK if none does."""
    for level, onset in zip(reversed(rule.levels), reversed(onsets), strict=True):
        if onset is not None and (
            now - onset >= level.hold - SLACK or _kept(rule, level, value, fired, sides)
        ):
            return level.severity
    return Severity.OK


def worst_holding(rule: Rule, onsets: Onsets) -> Severity:
    """The worst level that holds, whether it fires yet or not."""
    return max(
        (
            level.severity
            for level, onset in zip(rule.levels, onsets, strict=True)
            if onset is not None
        ),
        default=Severity.OK,
    )


def fired_onsets(alert: Alert, rule: Rule) -> Onsets:
    """The onsets without those of levels that only wait: unseen time does not count for them."""
    return tuple(
        onset if level.severity <= alert.severity else None
        for level, onset in zip(rule.levels, _known_onsets(alert, rule), strict=True)
    )


def steady(alert: Alert, rule: Rule, value: float, now: float) -> bool:
    """Whether `transition` would change nothing but the figures, told at a tenth of its price.

    False where that takes a closer look.
    """
    onsets = alert.onsets
    compare = COMPARE[rule.op]
    if len(onsets) != len(rule.levels) or alert.quiet_since is not None:
        return False
    if alert.state is State.FIRING:
        for level, onset in zip(rule.levels, onsets, strict=True):
            if level.bounds:
                return False
            if level.severity < alert.severity:
                continue
            if level.severity is alert.severity:
                if onset is None or not compare(value, level.clear):
                    return False
            elif onset is not None or compare(value, level.threshold):
                return False
        return True
    for level, onset in zip(rule.levels, onsets, strict=True):
        if level.bounds or compare(value, level.threshold) is (onset is None):
            return False
        if onset is not None and now - onset >= level.hold - SLACK:
            return False
    return alert.state is State.PENDING
