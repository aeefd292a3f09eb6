"""What each kind of measure makes of one series."""

from __future__ import annotations

from math import isnan, nan

import pytest

from sysmon_tui.alerts.conditions import Surroundings, create, find, words
from sysmon_tui.alerts.conditions.change import Delta
from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.ratio import Ratio
from sysmon_tui.model.metric import labels
from tests.alerts.conditions.feed import course, rule, values


def test_rate_is_the_growth_a_second() -> None:
    counter = [(float(second), 100.0 + 3.0 * second) for second in range(90)]
    said = values(rule(measure="rate", over=60.0), *counter)
    assert all(isnan(value) for value in said[:60])
    assert said[60:] == pytest.approx([3.0] * 30)


def test_rate_takes_a_counter_that_went_back_as_reset() -> None:
    counter = [
        (10.0 * beat, float(value)) for beat, value in enumerate((100, 130, 20, 50, 80, 110, 140))
    ]
    assert values(rule(measure="rate", over=60.0), *counter)[-1] == pytest.approx(170.0 / 60.0)


def test_rate_knows_nothing_after_a_pause_longer_than_its_window() -> None:
    counter = [(float(second), 3.0 * second) for second in range(70)]
    said = values(
        rule(measure="rate", over=60.0), *counter, (500.0, 9e9), (559.0, 9e9), (560.0, 9e9)
    )
    assert isnan(said[-3])
    assert isnan(said[-2])
    assert said[-1] == 0.0


def test_max_and_min_look_back() -> None:
    fed = [
        (float(second), float(value)) for second, value in enumerate((5, 9, 1, 5, 5, 5, 5, 5, 5))
    ]
    assert values(rule(measure="max", over=5.0), *fed) == [5, 9, 9, 9, 9, 9, 5, 5, 5]
    assert values(rule(measure="min", over=5.0), *fed) == [5, 5, 1, 1, 1, 1, 1, 5, 5]


def test_delta_is_measured_from_the_beginning_of_the_window() -> None:
    fed = [(float(second), float(second)) for second in range(20)]
    assert values(rule(measure="delta", over=5.0), *fed)[-3:] == [5.0, 5.0, 5.0]
    assert values(rule(measure="delta", over=3600.0), (0.0, 0.0), (1.0, 1.0), (9.0, 0.0)) == [
        0,
        1,
        0,
    ]


def test_delta_is_constant_in_memory() -> None:
    measure = Delta(86400.0)
    for beat in range(20_000):
        measure.feed(1.0, 10.0 * beat)
    assert len(measure._firsts) <= 121


def test_changes_are_counted() -> None:
    fed = [(0.0, 1.0), (1.0, 1.0), (2.0, 2.0), (3.0, 1.0), (4.0, 1.0), (70.0, 1.0)]
    assert values(rule(measure="changes", over=60.0), *fed) == [0, 0, 1, 2, 2, 0]


@pytest.mark.parametrize(
    "kind",
    ["average", "total", "increase", "rate", "max", "min", "delta", "changes", "forecast"],
)
def test_nan_is_not_taken_in(kind: str) -> None:
    of = rule(measure=kind, over=60.0)
    assert isnan(values(of, (0.0, nan))[0])
    fed = [(float(second), 1.0) for second in range(100)]
    assert isnan(values(of, *fed, (100.0, nan))[-1])
    assert values(of, *fed, (100.0, nan), (101.0, 1.0))[-1] == values(of, *fed, (101.0, 1.0))[-1]


def test_ratio_of_two_growths_of_the_same_thing() -> None:
    of = rule(measure="ratio", over=60.0, of="n", floor=100.0)
    eth, wlan = labels(device="eth0"), labels(device="wlan0")
    said = list(
        course(
            of,
            (
                (
                    10.0 * beat,
                    {
                        "m": {eth: 2.0 * beat, wlan: 2.0 * beat},
                        "n": {eth: 40.0 * beat, wlan: 4.0 * beat},
                    },
                )
                for beat in range(6)
            ),
        )
    )
    assert isnan(said[1][eth])
    assert said[5][eth] == pytest.approx(0.05)
    # Twenty packets are too few to say anything.
    assert isnan(said[5][wlan])


def test_a_ratio_of_nothing_is_not_known() -> None:
    of = rule(measure="ratio", over=60.0, of="n")
    said = list(course(of, ((float(beat), {"m": {(): 1.0}, "n": {(): 1.0}}) for beat in range(3))))
    assert isnan(said[-1][()])


def test_labels_are_added() -> None:
    of = rule(labels=labels(team="web", device="x"))
    said = list(course(of, [(0.0, {"m": {labels(device=str(n)): 1.0 for n in range(100)}})] * 2))
    assert said[1] == {labels(device="x", team="web"): 1.0}


def test_every_kind_of_a_rule_file_makes_a_condition() -> None:
    for word in words():
        of = rule(measure=word, over=60.0 if find(word).window else 0.0, of="n")
        assert list(course(of, [(0.0, {"m": {(): 1.0}, "n": {(): 1.0}})]))
    with pytest.raises(KeyError):
        find("horoscope")


def test_absent_counts_from_the_first_beat_and_from_the_last_sight() -> None:
    of = rule(measure="absent", match=labels(job="backup", device="x*"))
    there = {"m": {labels(job="backup", device="xa"): 1.0}}
    said = list(course(of, [(5.0, {}), (9.0, {}), (10.0, there), (11.0, there), (71.0, {})]))
    assert said == [{labels(job="backup"): seconds} for seconds in (0.0, 4.0, 0.0, 0.0, 60.0)]


def test_stale_tells_each_series_and_forgets_it_in_the_end() -> None:
    of = rule(measure="stale", over=60.0)
    one, two = labels(n="1"), labels(n="2")
    both, less = {"m": {one: 1.0, two: 1.0}}, {"m": {two: 1.0}}
    said = list(course(of, [(0.0, both), (30.0, less), (61.0, less), (62.0, less)]))
    assert said[0] == {one: 0.0, two: 0.0}
    assert said[1] == {one: 30.0, two: 0.0}
    assert said[2] == {one: 61.0, two: 0.0}
    assert said[3] == {two: 0.0}


def test_series_that_are_gone_are_forgotten() -> None:
    of = rule(measure="ratio", over=60.0, of="n")
    condition = create(of, Surroundings((of,)))
    assert isinstance(condition, Ratio)
    for beat in range(200):
        families = {name: {labels(n=str(beat)): 1.0} for name in ("m", "n")}
        condition.values(families, 0.0, float(beat))
    assert condition.values({}, 0.0, 199.1) is condition.values({}, 0.0, 199.2)
    for part in (condition._parts, condition._wholes):
        assert isinstance(part, Measured)
        assert len(part) < 20
