"""Where samples come from: what flows by, history, or the series of a rule's test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sysmon_tui.model.metric import Labels, label
from sysmon_tui.model.silence import Matcher

LOOKBACK = 300.0
"""Seconds the last sample of a series counts as its present value."""


class Source(Protocol):
    """Series carry no `__name__`. Times are in seconds; Prometheus knows whole milliseconds."""

    def instant(
        self, name: str, matchers: tuple[Matcher, ...], at: float
    ) -> Mapping[Labels, float]:
        """The last value of each series, no older than LOOKBACK; without those gone stale."""
        ...

    def window(
        self, name: str, matchers: tuple[Matcher, ...], start: float, end: float
    ) -> Mapping[Labels, Sequence[tuple[float, float]]]:
        """Samples (time, value) from start to end, both included, oldest first, none empty."""
        ...


def matches(labels: Labels, matchers: tuple[Matcher, ...]) -> bool:
    """Whether a series is meant; a label it lacks counts as empty."""
    return all(matcher.agrees(label(labels, matcher.name)) for matcher in matchers)
