"""Expressions as conditions."""

from __future__ import annotations

from sysmon_tui.model.metric import Families, labels
from tests.alerts.conditions.feed import WALL, course, rule

A, B = labels(n="a"), labels(n="b")


def test_the_result_is_judged_by_its_labels() -> None:
    of = rule(metric="", expr="m * 2 > 3")
    beats: list[tuple[float, Families]] = [(0.0, {"m": {A: 2.0, B: 1.0}}), (1.0, {})]
    assert list(course(of, beats)) == [{A: 4.0}, {}]


def test_a_scalar_is_of_the_whole_machine() -> None:
    of = rule(metric="", expr="time()")
    assert list(course(of, [(5.0, {})])) == [{(): WALL + 5.0}]


def test_series_that_do_not_fit_each_other_have_no_result() -> None:
    of = rule(metric="", expr="m / on() k")
    assert list(course(of, [(0.0, {"m": {A: 1.0}, "k": {A: 1.0, B: 1.0}})])) == [{}]


def test_a_long_range_is_worked_out_less_often() -> None:
    of = rule(metric="", expr="max_over_time(m[10m])")
    said = list(course(of, ((float(second), {"m": {(): float(second)}}) for second in range(25))))
    assert [each[()] for each in said] == [0.0] * 10 + [10.0] * 10 + [20.0] * 5
