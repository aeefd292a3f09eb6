"""How unusual a value is."""

from __future__ import annotations

from math import isnan

import pytest

from sysmon_tui.model.metric import Labels
from tests.alerts.conditions.feed import WALL, course, rule


class Known:
    def __init__(self, median: float, deviation: float) -> None:
        self.asked: list[tuple[str, float]] = []
        self._known = median, deviation

    def at(self, metric: str, labels: Labels, now: float) -> tuple[float, float] | None:
        self.asked.append((metric, now))
        return self._known if not labels else None


def score(value: float, median: float, deviation: float, floor: float = 0.0) -> float:
    of = rule(measure="anomaly", over=604800.0, floor=floor)
    known = Known(median, deviation)
    (said,) = course(of, [(7.0, {"m": {(): value, (("a", "b"),): value}})], known)
    assert isnan(said[("a", "b"),])
    assert known.asked[0] == ("m", WALL + 7.0)
    return said[()]


def test_the_score_is_in_deviations() -> None:
    assert score(0.9, 0.3, 0.06745) == pytest.approx(6.0)
    assert score(0.1, 0.3, 0.06745) == pytest.approx(-2.0)


def test_small_differences_are_nothing_unusual() -> None:
    assert score(0.39, 0.3, 0.0001, floor=0.1) == 0.0
    assert score(0.41, 0.3, 0.0001, floor=0.1) > 6.0


def test_what_never_varied_has_a_finite_score() -> None:
    assert score(0.3, 0.3, 0.0) == 0.0
    assert score(0.4, 0.3, 0.0) == pytest.approx(1000.0)


def test_without_history_nothing_is_known() -> None:
    of = rule(measure="anomaly", over=604800.0)
    (said,) = course(of, [(0.0, {"m": {(): 1.0}})])
    assert isnan(said[()])
