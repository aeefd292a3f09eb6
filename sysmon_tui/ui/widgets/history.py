"""The last minutes as charts with axes, units and min/avg/max; `h` chooses what is drawn.

Of the past, or of a longer time, it draws the view's window, with a line at the moment shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan, nan

from textual import events
from textual.message import Message
from textual.reactive import var

from sysmon_tui.model import units
from sysmon_tui.model.metric import Unit
from sysmon_tui.model.when import spelled
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.chart import chart, legend, nice_top, plot_width
from sysmon_tui.ui.lines import fit, inner, ruled
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel
from sysmon_tui.ui.window import Column, Window, of_trends


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
GAP = 2
"""Columns between them."""
LEAST_RATE = 50.0 * 1024
"""Bytes a second; a scale below that would show noise as mountains."""
LEAST_SHARE = 0.05


def text_of(unit: Unit, value: float) -> str:
    if unit is Unit.BYTES:
        return units.rate(value)
    return units.percent(value) if unit is Unit.RATIO else units.number(value)


class History(LinePanel):
    BINDINGS = bindings(Scope.CHART)
    can_focus = True

    @dataclass
    class Pointed(Message):
        """A moment was pointed at; seconds since the epoch."""

        at: float

    @dataclass
    class Resized(Message):
        """There is room for another number of spans."""

    chosen: var[int] = var(0)
    """Which of `CHARTS` is drawn."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._tops: dict[str, float] = {}
        self._drawn: tuple[object, ...] = ()
        self.samples = 2 * plot_width(80)
        """Spans a chart has room for."""

    def watch_view(self) -> None:
        """A cell holds two samples: on every other tick the picture would hardly change."""
        view = self.view
        drawn = (view.trends, view.trends.end // 2, view.window) if view else ()
        if drawn != self._drawn:
            self._drawn = drawn
            self.redraw()

    def watch_chosen(self) -> None:
        self.redraw()

    def next(self) -> None:
        self.chosen = (self.chosen + 1) % len(CHARTS)

    def action_earlier(self) -> None:
        self._point(-1)

    def action_later(self) -> None:
        self._point(1)

    def _point(self, cells: int) -> None:
        if self.view is not None:
            window = self._window(self.view)
            at = self.view.tick.wall + cells * 2 * window.step
            self.post_message(self.Pointed(at))

    def on_click(self, event: events.Click) -> None:
        """The moment of the column that was clicked on."""
        view = self.view
        if view is None:
            return
        room, _ = inner(*self.size, boxed=view.boxed)
        x = event.x - (2 if view.boxed else 0)
        half = (room - GAP) // 2
        if room < TWO_FROM:
            width = room
        elif x < half + GAP:
            width = half
        else:
            x, width = x - half - GAP, room - half - GAP
        cell = x - (width - plot_width(width))
        if 0 <= cell < plot_width(width):
            window = self._window(view)
            self.post_message(self.Pointed(window.middle(plot_width(width) - cell)))

    def _window(self, view: View) -> Window:
        return view.window or of_trends(view.trends, self.samples)

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        self._measure(room)
        chosen, window = CHARTS[self.chosen], self._window(view)
        span = f" {units.duration(self.samples * window.step)}" if view.window else ""
        if room >= TWO_FROM:
            title, note = f"History{span}", "h next"
            content = self._pair(view, window, room, rows)
        else:
            title, note = f"{chosen.title} history{span}", _statistics(chosen, window)
            content = self._chart(chosen, view, window, room, rows)
        return self.framed(view, title, note, content, width, height)

    def _measure(self, room: int) -> None:
        """Notice another width."""
        samples = 2 * plot_width((room - GAP) // 2 if room >= TWO_FROM else room)
        if samples != self.samples:
            self.samples = samples
            self.post_message(self.Resized())

    def _pair(self, view: View, window: Window, width: int, height: int) -> list[Line]:
        half = (width - GAP) // 2
        first = CHARTS[self.chosen]
        second = CHARTS[(self.chosen + 1) % len(CHARTS)]
        left = self._chart(first, view, window, half, height)
        right = self._chart(second, view, window, width - half - GAP, height)
        return [
            (*fit(one, half), (" " * GAP, "text"), *two)
            for one, two in zip(left, right, strict=True)
        ]

    def _chart(
        self, chosen: Chart, view: View, window: Window, width: int, height: int
    ) -> list[Line]:
        signals = [SIGNALS[name] for name in chosen.signals]
        columns = [window.columns[name] for name in chosen.signals]
        roles = [f"series-{number}" for number in range(1, len(signals) + 1)]
        format_value = partial(text_of, signals[0].unit)
        series = list(zip([column.mean for column in columns], roles, strict=True))
        band = bool(columns[0].high) and view.glyphs.braille
        drawn = chart(
            [(columns[0].high, "bar"), *series] if band else series,
            width,
            height - 1,
            top=self._scale(chosen, _highest(columns)),
            bottom=0.0,
            end_index=window.end,
            seconds_per_sample=window.step,
            glyphs=view.glyphs,
            format_value=format_value,
            fill=True,
            floor=columns[0].low if band else (),
            end=_end(window, view),
        )
        if window.cursor:
            column = width - window.cells_back
            drawn = [*(ruled(line, column, view.glyphs) for line in drawn[:-1]), drawn[-1]]
        key = legend(
            [
                (signal.title, role, window.marked_last(column.mean))
                for signal, role, column in zip(signals, roles, columns, strict=True)
            ],
            width,
            glyphs=view.glyphs,
            format_value=format_value,
            extremes=[(column.low, column.high) for column in columns],
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


def _statistics(chosen: Chart, window: Window) -> str:
    """Of the first series, over what is drawn."""
    signal, column = chosen.signals[0], window.columns[chosen.signals[0]]
    known = [value for value in column.mean if value == value]
    figures = {
        "min": min((low for low in column.low or known if low == low), default=nan),
        "avg": sum(known) / len(known) if known else nan,
        "max": max((high for high in column.high or known if high == high), default=nan),
    }
    unit = SIGNALS[signal].unit
    return "  ".join(f"{name} {text_of(unit, value)}" for name, value in figures.items())


def _highest(columns: Sequence[Column]) -> float:
    """NaN where the first is not known at all, as its legend says."""
    peaks = [
        max((value for value in column.high or column.mean if value == value), default=nan)
        for column in columns
    ]
    return max((peak for peak in peaks if peak == peak), default=nan)


def _end(window: Window, view: View) -> str:
    """What the right end of the time axis is called."""
    if view.shown is None:
        return "now"
    end = window.end * window.step
    if end >= view.shown.now:
        # The last column goes on.
        return "now"
    return spelled(end, view.shown.now)[: -3 if window.step >= 1.0 else None]
