"""The result of a PromQL expression over what flows by."""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.alerts.conditions.registry import NO_FAMILY, Condition, Surroundings, kind
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule
from sysmon_tui.promql import Expr, PromqlError, Source, evaluate, parse, selectors

FINEST = 60.0
"""Into so many parts the longest range is cut: more often the result hardly moves."""
SLOWEST = 15.0
"""Seconds; an expression over days is still worked out as often as Prometheus would."""


class Expression:
    """Worked out anew on every beat, less often where it looks back over a long time."""

    def __init__(self, expr: Expr, source: Source) -> None:
        self._expr = expr
        self._source = source
        longest = max(selectors(expr).values(), default=0.0)
        self._every = min(longest / FINEST, SLOWEST)
        self._at = float("-inf")
        self._values: Mapping[Labels, float] = NO_FAMILY

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        if mono - self._at >= self._every:
            self._at = mono
            self._values = self._result(now)
        return self._values

    def _result(self, now: float) -> Mapping[Labels, float]:
        try:
            result = evaluate(self._expr, self._source, now)
        except PromqlError:
            # Series that do not fit each other at this moment, as in Prometheus: no result.
            return NO_FAMILY
        return result if isinstance(result, Mapping) else {(): result}


@kind("expr", window=False)
def expression(rule: Rule, around: Surroundings) -> Condition:
    return Expression(parse(rule.expr), around.source)
