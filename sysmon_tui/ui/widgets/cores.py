"""Every core at a glance, from 1 to 256: bars while there is room, else one cell a core."""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.model import units
from sysmon_tui.model.metric import label
from sysmon_tui.ui.lines import fit, inner
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.spark import bar
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

CORE = "sysmon_cpu_core_ratio"
BUSY, HOT = 0.85, 0.95
"""Where a core is coloured: one saturated core is what a single-threaded program looks like."""
NARROWEST = 15
"""Columns a core needs for number, bar and value."""


def loads(view: View) -> list[float]:
    """Busy share of each core in the order of their numbers."""
    family = view.tick.family(CORE)
    return [family[key] for key in sorted(family, key=lambda key: int(label(key, "cpu") or 0))]


def role(load: float) -> str:
    return "critical" if load >= HOT else "warning" if load >= BUSY else "bar"


def bars(values: Sequence[float], width: int, columns: int, view: View) -> list[Line]:
    """Cores top to bottom, then left to right, each with number, bar and value."""
    rows = -(-len(values) // columns)
    cell = width // columns
    digits = len(str(len(values) - 1))
    return [
        tuple(
            span
            for column in range(columns)
            if (index := column * rows + row) < len(values)
            for span in _core(index, values[index], cell, digits, view)
        )
        for row in range(rows)
    ]


def _core(index: int, load: float, width: int, digits: int, view: View) -> list[Span]:
    filled, empty = bar(load, max(1, width - digits - 9), view.glyphs)
    number = f"{units.percent(load):>5}"
    colour = role(load)
    return [
        (f"{index:>{digits}} ", "dim"),
        (filled, colour),
        (empty, "bar-empty"),
        (f" {number}", "text" if colour == "bar" else colour),
        ("  ", "text"),
    ]


def cells(values: Sequence[float], width: int, view: View) -> list[Line]:
    """One cell a core, its height the load; rows begin with the number of their first core."""
    steps = view.glyphs.levels
    digits = len(str(len(values) - 1))
    room = max(1, width - digits - 1)
    per_row = room // 8 * 8 or room
    lines: list[Line] = []
    for start in range(0, len(values), per_row):
        spans: list[Span] = [(f"{start:>{digits}} ", "dim")]
        for load in values[start : start + per_row]:
            step = steps[min(len(steps) - 1, round(load * (len(steps) - 1)))]
            _extend(spans, step, role(load))
        lines.append(tuple(spans))
    return lines


def _extend(spans: list[Span], text: str, role_: str) -> None:
    if spans[-1][1] == role_:
        spans[-1] = (spans[-1][0] + text, role_)
    else:
        spans.append((text, role_))


def grid(view: View, width: int, height: int) -> list[Line]:
    """The cores in `width` by `height`, as large as they fit."""
    values = loads(view)
    if not values:
        return [((view.unknown, "dim"),)]
    for columns in range(1, max(1, width // NARROWEST) + 1):
        if -(-len(values) // columns) <= height:
            return bars(values, width, columns, view)
    return cells(values, width, view)


class Cores(LinePanel):
    can_focus = True

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        values = loads(view)
        busiest = f"busiest {units.percent(max(values))}" if values else ""
        content = [fit(line, room) for line in grid(view, room, rows)]
        return self.framed(view, f"Cores {len(values)}", busiest, content, width, height)
