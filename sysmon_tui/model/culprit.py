"""Who causes it: the process that uses most of a resource.

The verdict on the screen, the one-shot check and the line mode name it in the same words.
"""

from __future__ import annotations

from operator import attrgetter

from sysmon_tui.model import units
from sysmon_tui.model.process import ProcessRow
from sysmon_tui.model.tick import Tick

NOTABLE_CORES = 0.05
"""Below this nobody stands out by CPU."""


def culprit(tick: Tick, resource: str) -> str:
    """`python3 (4113) 194%`; empty where none stands out. Of `cpu` the share is of one core."""
    rows = [row for row in tick.processes.rows if not row.kernel]
    if resource == "memory" and rows:
        return _named(top := max(rows, key=attrgetter("rss")), units.size(top.rss))
    if resource == "cpu" and rows:
        top = max(rows, key=attrgetter("cpu"))
        return _named(top, units.percent(top.cpu)) if top.cpu >= NOTABLE_CORES else ""
    return _by_traffic(tick, rows) if resource == "io" else ""


def _by_traffic(tick: Tick, rows: list[ProcessRow]) -> str:
    rates = {
        pid: detail.read_rate + detail.write_rate
        for pid, detail in tick.processes.details.items()
        if detail.read_rate + detail.write_rate > 0.0
    }
    pid = max(rates, key=rates.__getitem__, default=-1)
    found = next((row for row in rows if row.pid == pid), None)
    return _named(found, units.rate(rates[pid])) if found else ""


def _named(row: ProcessRow, amount: str) -> str:
    return f"{row.name} ({row.pid}) {amount}"
