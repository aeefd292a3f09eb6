"""A small, exact part of PromQL: read it, print it, work it out. Pure; knows only the model.

What is here means what it means to Prometheus 2.42; what is not here is refused by name. Rules
that carry an expression, their import, export and tests call it.
"""

from __future__ import annotations

from sysmon_tui.promql.ast import Expr, selectors
from sysmon_tui.promql.errors import PromqlError
from sysmon_tui.promql.evaluate import evaluate
from sysmon_tui.promql.format import render
from sysmon_tui.promql.parser import parse
from sysmon_tui.promql.recent import Recent
from sysmon_tui.promql.recorded import Recorded
from sysmon_tui.promql.source import Source

__all__ = [
    "Expr",
    "PromqlError",
    "Recent",
    "Recorded",
    "Source",
    "evaluate",
    "parse",
    "render",
    "selectors",
]
