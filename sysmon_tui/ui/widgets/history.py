"""The last minutes as charts with axes, units and min/avg/max; `h` chooses what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan

from textual.reactive import var

from sysmon_tui.model import units
from sysmon_tui.model.metric import Unit
from sysmon_tui.ui.chart import chart, legend, nice_top, plot_width
from sysmon_tui.ui.lines import fit, inner
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    signals: tuple[str, ...]
    """The first is an area behind the others."""
    whole: bool = False
    """Always drawn from 0 to 100 %."""


CHARTS = (
    Chart("CPU", ("cpu", "cpu.iowait", "cpu.steal"), whole=True),
    Chart("Memory", ("memory", "swap"), whole=True),
    Chart("Pressure", ("pressure.cpu", "pressure.memory", "pressure.io")),
    Chart("Disk", ("disk.read", "disk.write")),
    Chart("Network", ("network.receive", "network.transmit")),
)
TWO_FROM = 150
"""Columns from which two charts stand side by side."""
LEAST_RATE = 50.0 * 1024
"""Bytes a second; a scale below that would show noise as mountains."""
LEAST_SHARE = 0.05


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
        self._cell = -1
        """Of the newest sample that was drawn."""

    def watch_view(self) -> None:
        """A cell holds two samples: on every other tick the picture would hardly change."""
        view = self.view
        cell = view.trends.ring(CHARTS[0].signals[0]).total // 2 if view is not None else -1
        if cell != self._cell:
            self._cell = cell
            self.redraw()

    def watch_chosen(self) -> None:
        self.redraw()

    def next(self) -> None:
        self.chosen = (self.chosen + 1) % len(CHARTS)

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        chosen = CHARTS[self.chosen]
        if room >= TWO_FROM:
            title, note = "History", "h next"
            content = self._pair(view, room, rows)
        else:
            title, note = f"{chosen.title} history", self._statistics(chosen, view, room)
            content = self._chart(chosen, view, room, rows)
        return self.framed(view, title, note, content, width, height)

    def _statistics(self, chosen: Chart, view: View, width: int) -> str:
        """Of the first series, over what is drawn."""
        ring = view.trends.ring(chosen.signals[0])
        unit = SIGNALS[chosen.signals[0]].unit
        samples = plot_width(width) * 2
        figures = zip(
            ("min", "avg", "max"),
            (ring.minimum(samples), ring.mean(samples), ring.maximum(samples)),
            strict=True,
        )
        return "  ".join(f"{name} {text_of(unit, value)}" for name, value in figures)

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
        samples = plot_width(width) * 2
        series = [
            (SIGNALS[name], view.trends.ring(name), f"series-{index}")
            for index, name in enumerate(chosen.signals, start=1)
        ]
        format_value = partial(text_of, series[0][0].unit)
        drawn = chart(
            [(ring.last(samples), role) for _, ring, role in series],
            width,
            height - 1,
            top=self._scale(chosen, max(ring.maximum(samples) for _, ring, _ in series)),
            bottom=0.0,
            end_index=series[0][1].total,
            seconds_per_sample=view.interval,
            glyphs=view.glyphs,
            format_value=format_value,
            fill=True,
        )
        key = legend(
            [(signal.title, role, ring.last(samples)) for signal, ring, role in series],
            width,
            glyphs=view.glyphs,
            format_value=format_value,
        )
        return [key, *drawn]

    def _scale(self, chosen: Chart, seen: float) -> float:
        """The whole for shares of a whole, else a round figure that seldom changes."""
        if chosen.whole:
            return 1.0
        binary = SIGNALS[chosen.signals[0]].unit is Unit.BYTES
        top = nice_top(
            0.0 if isnan(seen) else seen,
            self._tops.get(chosen.title, 0.0),
            binary=binary,
            least=LEAST_RATE if binary else LEAST_SHARE,
        )
        self._tops[chosen.title] = top
        return top
