"""A rule's levels, what they would have done, and the series with its thresholds drawn in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sysmon_tui.alerts.backtest import Backtest, Taken
from sysmon_tui.model import units
from sysmon_tui.model.summary import UNITS
from sysmon_tui.ui.chart import chart, nice_top, plot_width
from sysmon_tui.ui.draft import Draft, Field, spelled
from sysmon_tui.ui.lines import clip, inner, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

FIGURE_WIDTH = 13
TITLE_WIDTH = 12
MISSED_NAMED = 2
"""Missed alerts that are named."""
LEAST_CHART = 4


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is known of the past so far; None while it is worked out."""

    before: Backtest | None = None
    after: Backtest | None = None
    curve: tuple[float, ...] = ()
    """The worst value of any series, oldest first."""
    seconds: float = 0.0
    """That the curve covers."""
    problem: str = ""


class Tuning(LinePanel):
    DEFAULT_CSS = "Tuning { width: 100%; height: 100%; }"
    can_focus = True

    def __init__(self, draft: Draft) -> None:
        super().__init__(name="tuning")
        self.draft = draft
        self.verdicts = Verdicts()
        self.keys: Line = ()
        """The keys that work here, for the last line."""

    @property
    def samples(self) -> int:
        """How many values the curve has room for."""
        return max(2, plot_width(self.size.width - 4) * 2)

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height - 1, boxed=view.boxed)
        content = [*self._levels(room), (), *self._outcome(view, room)]
        if rows - len(content) > LEAST_CHART:
            content += [(), *self._curve(view, room, rows - len(content) - 1)]
        title = f"Tune {self.draft.rule.name}"
        note = "changed" if self.draft.changed else "as it is"
        drawn = self.framed(view, title, note, content, width, height - 1)
        free: list[Line] = [()] * (height - 1 - len(drawn))
        return [*drawn, *free, self.keys]

    def _levels(self, room: int) -> list[Line]:
        """A line a level; the chosen figure is lit."""
        draft = self.draft
        titles = "".join(f"{field:<{FIGURE_WIDTH}}" for field in Field)
        lines: list[Line] = [((f"{'':<{TITLE_WIDTH}}{titles}", "dim"),)]
        for number, level in enumerate(draft.rule.levels):
            spans: list[Span] = [(f"{level.severity.word:<{TITLE_WIDTH}}", level.severity.word)]
            for index, field in enumerate(Field, number * len(Field)):
                text = spelled(draft.rule, level, field)
                role = "selected" if index == draft.chosen else "text"
                spans += [(f" {text} ", role), (" " * (FIGURE_WIDTH - 2 - len(text)), "text")]
            lines.append(tuple(spans))
        lines.append(((clip(draft.problem, room, "~"), "warning"),) if draft.problem else ())
        return lines

    def _outcome(self, view: View, room: int) -> list[Line]:
        verdicts = self.verdicts
        if verdicts.problem:
            return [((clip(verdicts.problem, room, view.glyphs.ellipsis), "warning"),)]
        if verdicts.before is None:
            return [((f"Reading the last day{view.glyphs.ellipsis}", "dim"),)]
        if not verdicts.before.judged:
            return [((f"Nothing was recorded of {self.draft.rule.metric} yet", "warning"),)]
        wide = room >= 66
        return [
            ((_sentence(verdicts.before, verdicts.after, wide=wide), "title"),),
            _row("", "as it is", "as changed", "dim"),
            *_compared(verdicts.before, verdicts.after, view),
            *_missed(verdicts.after, view, room),
        ]

    def _curve(self, view: View, room: int, rows: int) -> list[Line]:
        curve = self.verdicts.curve
        if not curve:
            return []
        rule = self.draft.rule
        bounds = [(level.threshold, level.severity.word) for level in rule.levels]
        binary = rule.unit.startswith("bytes")
        known = [value for value in (*curve, *(bound for bound, _ in bounds)) if value == value]
        count = self.samples
        head: Line = (("worst of all series", "series-1"), ("  with the thresholds", "dim"))
        drawn = chart(
            [
                (list(curve), "series-1"),
                *(([bound] * count, role) for bound, role in bounds),
            ],
            room,
            rows - 1,
            top=nice_top(max(known), binary=binary, least=1e-6),
            bottom=min(0.0, *known),
            end_index=len(curve),
            seconds_per_sample=max(1.0, self.verdicts.seconds / len(curve)),
            glyphs=view.glyphs,
            format_value=UNITS.get(rule.unit, units.number),
            fill=True,
        )
        return [head, *drawn]


def _sentence(before: Backtest, after: Backtest | None, *, wide: bool) -> str:
    found = after or before
    past = units.duration(found.end - found.start)
    times = "never" if not found.fired else "once" if found.fired == 1 else f"{found.fired} times"
    total = f", {units.duration(found.seconds)} in all" if found.fired else ""
    missed = ""
    if found.taken and wide:
        missed = f"; of {len(found.taken)} acknowledged it would have missed {len(found.missed)}"
    return f"In the last {past} it would have fired {times}{total}{missed}"


def _compared(before: Backtest, after: Backtest | None, view: View) -> list[Line]:
    waiting = view.glyphs.ellipsis

    def row(title: str, of_before: str, of_after: str) -> Line:
        return _row(title, of_before, of_after if after is not None else waiting, "text")

    then = after or before
    duration = units.duration
    return [
        row("fired", f"{before.fired}", f"{then.fired}"),
        row("in all", duration(before.seconds), duration(then.seconds)),
        row("longest", duration(before.longest), duration(then.longest)),
        row("missed", _of_taken(before), _of_taken(then)),
    ]


def _of_taken(of: Backtest) -> str:
    return f"{len(of.missed)} of {len(of.taken)}"


def _row(title: str, before: str, after: str, role: str) -> Line:
    return (
        (f"{title:<{TITLE_WIDTH}}", "dim"),
        (f" {before:<{FIGURE_WIDTH - 1}}", "dim"),
        (f" {after}", role),
    )


def _missed(after: Backtest | None, view: View, room: int) -> list[Line]:
    missed: Sequence[Taken] = after.missed if after is not None else ()
    lines: list[Line] = []
    for one in missed[:MISSED_NAMED]:
        what = ", ".join(text for _, text in one.labels) or "the machine"
        text = f"missed: {what}, taken by {one.by} at {units.clock(one.at)}"
        lines.append(((clip(text, room, view.glyphs.ellipsis), "warning"),))
    return lines


def keys_line(pairs: Sequence[tuple[str, str]], width: int) -> Line:
    """Keys and what they do, as many as fit."""
    spans: list[Span] = []
    for key, title in pairs:
        more: list[Span] = [(f" {key}", "key"), (f" {title} ", "dim")]
        if width_of([*spans, *more]) > width:
            break
        spans += more
    return tuple(spans)
