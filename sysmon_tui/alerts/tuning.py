"""Another threshold, clear value or hold for a rule: what `backtest` then compares.

`sysmon-tui rules backtest` and the screen's tuning call `tuned`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.rule import Level, Rule


def tuned(
    rule: Rule,
    severity: Severity | None = None,
    *,
    threshold: float | None = None,
    clear: float | None = None,
    hold: float | None = None,
) -> Rule:
    """The rule with one level changed: that of `severity`, else the mildest.

    A `clear` that was not given gives way where the new threshold passes it. Raises `SysmonError`
    where the rule has no such level, or its levels would not be in order any longer.
    """
    level = _level(rule, severity)
    if rule.filtering and (threshold is not None or clear is not None):
        raise SysmonError(
            f"{rule.name} has no threshold: its expression says when it holds",
            "Change how long it must last, or write another expression",
        )
    bound = level.threshold if threshold is None else threshold
    ends = level.clear if clear is None else clear
    if rule.op.holds(ends, bound) and ends != bound:
        if clear is not None:
            side = "at most" if rule.op.upward else "at least"
            raise SysmonError(
                f"to clear at {ends:g} is on the wrong side of the threshold {bound:g}",
                f"Let it be {side} that",
            )
        ends = bound
    changed = replace(level, threshold=bound, clear=ends, hold=level.hold if hold is None else hold)
    levels = tuple(changed if one is level else one for one in rule.levels)
    _check_order(rule, levels)
    return replace(rule, levels=levels)


def _level(rule: Rule, severity: Severity | None) -> Level:
    if severity is None:
        return rule.levels[0]
    for level in rule.levels:
        if level.severity is severity:
            return level
    has = ", ".join(level.severity.word for level in rule.levels)
    raise SysmonError(f"{rule.name} has no level {severity.word}", f"It has: {has}")


def _check_order(rule: Rule, levels: tuple[Level, ...]) -> None:
    for milder, severer in pairwise(levels):
        if milder.threshold == severer.threshold:
            continue
        if rule.op.holds(milder.threshold, severer.threshold):
            raise SysmonError(
                f"{severer.severity.word} ({severer.threshold:g}) would be reached before "
                f"{milder.severity.word} ({milder.threshold:g})",
                "Choose another threshold, or another level",
            )
