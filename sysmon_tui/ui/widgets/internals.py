"""The monitor itself: how each collector fares and what it costs, and what is not as it should be.

On its own page, for whoever asks what this program does to the machine it watches.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.sample import CollectorState, Status
from sysmon_tui.ui.table import Cell, Column
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.table_panel import TablePanel

_ROLES = {Status.OK: "ok", Status.UNSUPPORTED: "dim", Status.DENIED: "dim"}
_FIGURES = (
    ("CPU", "sysmon_self_cpu_ratio", units.percent),
    ("mem", "process_resident_memory_bytes", units.size),
    ("fds", "process_open_fds", units.number),
    ("threads", "process_threads", units.number),
    ("queued", "sysmon_self_queued_batches", units.number),
    ("dropped", "sysmon_self_dropped_batches_total", units.number),
)


class Internals(TablePanel):
    title = "Monitor"
    collector = "self"
    columns = (
        Column("collector", 12, right=False),
        Column("state", 11, right=False),
        Column("every", 7, drop=1),
        Column("age", 7),
        Column("cost", 7),
        Column("share", 6),
        Column("note", 0, right=False),
    )

    def rows(self, view: View) -> list[Sequence[Cell]]:
        """The dearest first; below them what the user should know."""
        states = sorted(view.tick.collectors, key=lambda state: (-_share(state), state.name))
        notices = [_notice(notice) for notice in view.notices]
        return [*map(_row, states), *notices]

    def _state(self, view: View) -> str:
        """What all of it takes together."""
        figures = ((name, view.tick.value(metric), spell) for name, metric, spell in _FIGURES)
        return "  ".join(
            f"{name} {spell(value)}" for name, value, spell in figures if not isnan(value)
        )


def _share(state: CollectorState) -> float:
    """Of one core, at its present pace; the cadence keeps it below `monitor.lane.SHARE`."""
    return state.cost / state.interval


def _row(state: CollectorState) -> Sequence[Cell]:
    return (
        (state.name, "text"),
        (str(state.status), _ROLES.get(state.status, "warning")),
        (units.duration(state.interval), "dim"),
        (units.duration(state.age), "text"),
        (units.latency(state.cost), "text"),
        (units.percent(_share(state)), "text"),
        (state.note, "dim"),
    )


def _notice(notice: str) -> Sequence[Cell]:
    return (("notice", "warning"), *[("", "text")] * 5, (notice, "warning"))
