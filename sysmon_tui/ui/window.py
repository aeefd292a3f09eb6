"""What the charts draw: every charted signal over a range, in spans of equal length.

Spans are numbered from the epoch on, so that a picture that moves keeps its shape, and a column of
a chart is always the same stretch of time. `ui.frames` makes windows of the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import floor, isnan, nan
from typing import NamedTuple

from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import Labels, SeriesKey
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.trends import Trends

Curves = Mapping[str, Mapping[SeriesKey, Curve]]
"""By metric name, all over one range."""


class Column(NamedTuple):
    """One signal, oldest span first; NaN is a gap."""

    mean: Sequence[float]
    low: Sequence[float] = ()
    """The least within each span; empty where a span is a single sample."""
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Window:
    end: int
    """The number of the span after the last one."""
    step: float
    """Seconds a span lasts."""
    columns: Mapping[str, Column]
    """By signal, all of one length."""
    at: float = nan
    """The moment shown beside the charts; NaN is the newest."""

    @property
    def cursor(self) -> int:
        """How many spans before `end` the shown moment lies; 0 where none is marked."""
        return 0 if self.at != self.at else self.end - floor(self.at / self.step + 1e-6)

    @property
    def cells_back(self) -> int:
        """Columns from the right end of a chart to the one with the cursor, that one included."""
        return (self.end + 1) // 2 - (self.end - self.cursor) // 2

    def middle(self, cells_back: int) -> float:
        """The moment in the middle of a column, counted likewise."""
        return (2 * ((self.end + 1) // 2 - cells_back) + 1) * self.step

    def marked_last(self, values: Sequence[float]) -> Sequence[float]:
        """The values with the marked one at the end, where a legend takes the newest from."""
        at = len(values) - self.cursor
        if not self.cursor or not 0 <= at < len(values):
            return values
        return [*values[:at], *values[at + 1 :], values[at]]


def of_trends(trends: Trends, samples: int, *, at: float = nan) -> Window:
    """The newest samples as they were taken."""
    columns = {name: Column(trends.ring(name).last(samples)) for name in SIGNALS}
    return Window(end=trends.end, step=trends.interval, columns=columns, at=at)


def spread(trends: Trends, samples: int, *, at: float = nan) -> Window:
    """The newest samples twice as wide."""
    columns = {}
    for name in SIGNALS:
        taken = trends.ring(name).last(samples // 2)
        columns[name] = Column([value for value in taken for _ in range(2)])
    return Window(end=2 * trends.end, step=trends.interval / 2.0, columns=columns, at=at)


def of_curves(curves: Curves, end: int, step: float, samples: int, *, at: float = nan) -> Window:
    """Rolled up figures: each span is a tick like any other, once of means, once of extremes."""
    means = {name: _columns(found, "mean") for name, found in curves.items()}
    lows = {name: _columns(found, "minimum") for name, found in curves.items()}
    highs = {name: _columns(found, "maximum") for name, found in curves.items()}
    drawn = zip(*(_read(ticks, samples) for ticks in (means, lows, highs)), strict=True)
    columns = dict(zip(SIGNALS, (Column(*each) for each in drawn), strict=True))
    return Window(end=end, step=step, columns=columns, at=at)


def _columns(found: Mapping[SeriesKey, Curve], kind: str) -> dict[Labels, Sequence[float]]:
    return {key.labels: getattr(curve, kind) for key, curve in found.items()}


def _read(
    families: Mapping[str, Mapping[Labels, Sequence[float]]], samples: int
) -> Iterable[list[float]]:
    """What each signal reads from each span."""
    spans = {name: _spans(family, samples) for name, family in families.items()}
    ticks = [
        Tick(number=0, wall=0.0, mono=0.0, families=dict(zip(spans, row, strict=True)))
        for row in zip(*spans.values(), strict=True)
    ]
    return [[signal.read(tick) for tick in ticks] for signal in SIGNALS.values()]


def _spans(
    family: Mapping[Labels, Sequence[float]], samples: int
) -> Sequence[Mapping[Labels, float]]:
    """A family as it is in each span; gaps are left out, as live ticks leave out what is not
    known."""
    if not family:
        return [{}] * samples
    rows = list(zip(*family.values(), strict=True))
    whole = map(dict, map(zip, repeat(tuple(family)), rows))
    if not isnan(sum(map(sum, rows))):
        return list(whole)
    return [_known(span) if isnan(sum(span.values())) else span for span in whole]


def _known(span: Mapping[Labels, float]) -> Mapping[Labels, float]:
    return {key: value for key, value in span.items() if value == value}
