"""The last minutes as charts with axes, units and min/avg/max; `h` chooses what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from textual.reactive import var

from sysmon_tui.model import units
from sysmon_tui.model.metric import Unit
from sysmon_tui.ui.chart import chart, legend, nice_top
from sysmon_tui.ui.lines import fit, inner, panel
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    signals: tuple[str, ...]
    """The first is drawn last, over the others."""


CHARTS = (
    Chart("CPU", ("cpu", "cpu.iowait", "cpu.steal")),
    Chart("Memory", ("memory", "swap")),
    Chart("Pressure", ("pressure.cpu", "pressure.memory", "pressure.io")),
    Chart("Disk", ("disk.read", "disk.write")),
    Chart("Network", ("network.receive", "network.transmit")),
)
AXIS = 6
"""Columns of the y axis."""


def text_of(unit: Unit, value: float) -> str:
    if unit is Unit.BYTES:
        return units.rate(value)
    return units.percent(value) if unit is Unit.RATIO else units.number(value)


class History(LinePanel):
    can_focus = True

    chosen: var[int] = var(0)
    """Which of `CHARTS` is drawn."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._tops: dict[str, float] = {}

    def watch_chosen(self) -> None:
        self.redraw()

    def next(self) -> None:
        self.chosen = (self.chosen + 1) % len(CHARTS)

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        span = units.duration((room - AXIS) * 2 * view.interval)
        chosen = CHARTS[self.chosen]
        titles = f"{chosen.title} history"
        both = room >= 150
        content = self._pair(view, room, rows) if both else self._chart(chosen, view, room, rows)
        return panel(
            titles if not both else "History",
            f"last {span}  h next",
            content,
            width,
            height,
            view.glyphs,
            boxed=view.boxed,
            focused=self.has_focus,
        )

    def _pair(self, view: View, width: int, height: int) -> list[Line]:
        half = (width - 2) // 2
        first = CHARTS[self.chosen]
        second = CHARTS[(self.chosen + 1) % len(CHARTS)]
        left = self._chart(first, view, half, height)
        right = self._chart(second, view, width - half - 2, height)
        return [
            (*fit(one, half), ("  ", "text"), *two) for one, two in zip(left, right, strict=True)
        ]

    def _chart(self, chosen: Chart, view: View, width: int, height: int) -> list[Line]:
        samples = (width - AXIS) * 2
        series = []
        for index, name in enumerate(chosen.signals, start=1):
            ring = view.trends.ring(name)
            series.append((SIGNALS[name], ring, f"series-{index}"))
        unit = series[0][0].unit
        top = self._scale(chosen, max(ring.maximum(samples) for _, ring, _ in series))
        drawn = chart(
            [(ring.last(samples), role) for _, ring, role in reversed(series)],
            width,
            height - 1,
            top=top,
            bottom=0.0,
            end_index=series[0][1].total,
            seconds_per_sample=view.interval,
            glyphs=view.glyphs,
            format_value=lambda value: text_of(unit, value),
        )
        key = legend(
            [(signal.title, role, ring.last(samples)) for signal, ring, role in series],
            width,
            glyphs=view.glyphs,
            format_value=lambda value: text_of(unit, value),
        )
        return [key, *drawn]

    def _scale(self, chosen: Chart, seen: float) -> float:
        if all(SIGNALS[name].top == 1.0 for name in chosen.signals):
            return 1.0
        before = self._tops.get(chosen.title, 0.0)
        top = nice_top(0.0 if isnan(seen) else seen, before)
        self._tops[chosen.title] = top
        return top
