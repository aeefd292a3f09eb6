from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.analysis.query import (
    STEPS,
    Reading,
    at_moment,
    over,
    raw_samples,
)
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.promql import PromqlError, Recorded, evaluate, parse
from sysmon_tui.promql.ast import Range
from tests.analysis.past import WALL, A, B, batch, reading_of


def seconds(count: int) -> list[Batch]:
    """A counter of three a second for `a`, one of one for `b`."""
    return [batch(n, {"x_total": {A: 3.0 * n, B: 1.0 * n}, "g": {A: n % 60}}) for n in range(count)]


def test_a_moment() -> None:
    reading = reading_of(seconds(301))
    at = WALL + 300.0
    assert at_moment(parse("g"), reading, at) == {A: 0.0}
    assert at_moment(parse("rate(x_total[1m])"), reading, at) == {A: 3.0, B: 1.0}
    assert at_moment(parse("sum(increase(x_total[1m])) > 0"), reading, at) == {(): 240.0}
    assert at_moment(parse("1 + 1"), reading, at) == 2.0
    assert at_moment(parse("g offset 1m - g"), reading, at + 30.0) == {A: 30.0}
    assert at_moment(parse("nothing"), reading, at) == {}


EXPRESSIONS = (
    "g",
    "rate(x_total[1m])",
    "max_over_time(g[2m] offset 1m)",
    "g - g offset 40s",
    "g offset -20s",
    "sum(x_total) / 2",
    "time()",
)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_a_range_is_what_each_moment_of_it_is(text: str) -> None:
    batches = seconds(1200)
    reading = reading_of(batches)
    recorded = Recorded()
    for one in batches:
        for name, family in one.families.items():
            for key, figure in family.items():
                recorded.add(name, key, one.wall, figure)
    found = list(over(parse(text), reading, WALL + 200.0, WALL + 1100.0, 30.0))
    assert len(found) == 31
    for at, value in found:
        assert value == evaluate(parse(text), recorded, at)


def test_what_passed_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    real = evaluate

    def counting(expr: object, recorded: Recorded, at: float) -> object:
        window = recorded.window("g", (), 0.0, 1e12)
        kept.append(sum(map(len, window.values())))
        return real(parse("g"), recorded, at)

    monkeypatch.setattr("sysmon_tui.analysis.query.evaluate", counting)
    list(over(parse("g"), reading_of(seconds(4000)), WALL, WALL + 3999.0, 10.0))
    assert max(kept) <= 620


def test_derived_figures_are_found() -> None:
    families: Families = {
        "node_memory_MemTotal_bytes": {(): 100.0},
        "node_memory_MemAvailable_bytes": {(): 25.0},
    }
    reading = reading_of([batch(n, families, "memory") for n in range(5)])
    assert at_moment(parse("sysmon_memory_used_ratio"), reading, WALL + 4.0) == {(): 0.75}


def test_a_series_that_is_gone_ends() -> None:
    batches = [batch(0, {"g": {A: 1.0, B: 2.0}}), batch(1, {"g": {A: 1.0}}), batch(2, {})]
    reading = reading_of(batches)
    assert at_moment(parse("g"), reading, WALL + 0.5) == {A: 1.0, B: 2.0}
    assert at_moment(parse("g"), reading, WALL + 1.5) == {A: 1.0}
    assert at_moment(parse("g"), reading, WALL + 2.5) == {}


def test_what_was_not_read_says_nothing() -> None:
    late = replace(batch(1, {}), status=Status.TIMEOUT)
    reading = reading_of([batch(0, {"g": {A: 1.0}}), late])
    assert at_moment(parse("g"), reading, WALL + 2.0) == {A: 1.0}


def test_a_clock_set_back_does_not_disturb_the_order() -> None:
    batches = [batch(n, {"g": {A: float(n)}}) for n in (0, 10, 20)]
    again = [replace(one, mono=one.mono + 100.0) for one in batches[:2]]
    later = replace(batch(30, {"g": {A: 9.0}}), mono=2000.0)
    reading = reading_of([*batches, *again, later])
    window = raw_samples(_range("g[1m]"), reading, WALL + 30.0)
    assert [at - WALL for at, _ in window[A]] == [0.0, 10.0, 20.0, 30.0]


def test_an_empty_label_is_none() -> None:
    reading = reading_of([batch(0, {"g": {labels(of="a", no=""): 1.0}})])
    assert at_moment(parse("g"), reading, WALL) == {A: 1.0}


def test_raw_samples_of_a_range() -> None:
    reading = reading_of(seconds(100))
    window = raw_samples(_range("g[10s] offset 5s"), reading, WALL + 50.0)
    assert window == {A: [(WALL + n, float(n)) for n in range(35, 46)]}


def _range(text: str) -> Range:
    expr = parse(text)
    assert isinstance(expr, Range)
    return expr


class TestLongRanges:
    """A day of a sample in half a minute."""

    @pytest.fixture
    def reading(self) -> Reading:
        day = [batch(30.0 * n, {"x_total": {A: 15.0 * n}, "g": {A: float(n)}}) for n in range(2880)]
        return reading_of(day)

    def test_every_step_has_the_value_before_it(self, reading: Reading) -> None:
        found = list(over(parse("g"), reading, WALL + 3600.0, WALL + 82_800.0, 3600.0))
        assert [value for _, value in found] == [{A: 120.0 * hour - 1.0} for hour in range(1, 24)]

    def test_rates_are_those_of_the_samples(self, reading: Reading) -> None:
        found = over(parse("rate(x_total[1h])"), reading, WALL + 7200.0, WALL + 82_800.0, 3600.0)
        for _, value in found:
            assert isinstance(value, dict)
            assert value[A] == pytest.approx(0.5, rel=0.01)

    def test_an_offset_finds_its_samples(self, reading: Reading) -> None:
        expr = parse("g offset 30m")
        found = list(over(expr, reading, WALL + 7200.0, WALL + 82_800.0, 3600.0))
        assert all(found_at for _, found_at in found)

    def test_a_fine_step_reads_every_sample(self, reading: Reading) -> None:
        found = list(over(parse("g"), reading, WALL, WALL + 86_100.0, 30.0))
        assert [value for _, value in found] == [{A: float(n)} for n in range(2871)]

    def test_too_long_for_its_step(self, reading: Reading) -> None:
        with pytest.raises(SysmonError, match="points of each series"):
            list(over(parse("rate(g[12m])"), reading, WALL, WALL + 6e6, 6000.0))


@pytest.mark.parametrize(
    ("end", "step", "said"),
    [(-1.0, 1.0, "ends before it begins"), (STEPS + 1.0, 1.0, "steps are more than 11000")],
)
def test_a_range_that_makes_no_sense(end: float, step: float, said: str) -> None:
    with pytest.raises(SysmonError, match=said):
        list(over(parse("g"), reading_of([]), WALL, WALL + end, step))


def test_series_that_do_not_fit() -> None:
    reading = reading_of([batch(0, {"g": {A: 1.0, B: 1.0}, "h": {A: 1.0, B: 2.0}})])
    with pytest.raises(PromqlError):
        at_moment(parse("g / ignoring (of) h"), reading, WALL)
