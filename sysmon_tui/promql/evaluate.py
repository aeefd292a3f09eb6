"""The value of an expression at one moment, over whatever has samples.

Exact to Prometheus 2.42, to which the tests compare it. Rules, their tests and replays call
`evaluate`; the functions are in `functions` and `over_time`, operators in `binary`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Labels
from sysmon_tui.promql.ast import Expr
from sysmon_tui.promql.source import Source


def evaluate(expr: Expr, source: Source, at: float) -> Mapping[Labels, float] | float:
    """A vector by labels (never `__name__`) or a scalar; `at` in seconds.

    Raises PromqlError where the series do not fit the expression.
    """
    raise NotImplementedError
