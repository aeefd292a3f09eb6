"""Conditions that make something of each series by itself: one measure for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nan

from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Measure
from sysmon_tui.model.metric import Families, Labels

SPARE_MEASURES = 16
"""Windows kept for series that may come back."""


class Measured:
    """What a measure makes of each series of a selection."""

    def __init__(self, selection: Selection, fresh: Callable[[], Measure]) -> None:
        self._selection = selection
        self._fresh = fresh
        self._measures: dict[Labels, Measure] = {}

    def __len__(self) -> int:
        """How many series it remembers."""
        return len(self._measures)

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        values = self._selection.values(families, now, mono)
        if values and len(self._measures) > len(values) + SPARE_MEASURES:
            self._forget(values)
        measures = self._measures
        result = {}
        for labels, value in values.items():
            measure = measures.get(labels)
            if measure is None:
                measure = measures[labels] = self._fresh()
            # A value that is not known leaves the window as it is.
            result[labels] = measure.feed(value, mono) if value == value else nan
        return result

    def _forget(self, values: Mapping[Labels, float]) -> None:
        """Drop the windows of series that are gone (containers come with new names for ever)."""
        self._measures = {
            labels: measure for labels, measure in self._measures.items() if labels in values
        }
