"""Figures read well and never widen their column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model import units

WIDTHS: list[tuple[Callable[[float], str], int]] = [
    (units.percent, 5),
    (units.size, 5),
    (units.rate, 7),
    (units.number, 5),
    (units.duration, 7),
    (units.ago, 11),
    (units.latency, 5),
    (units.celsius, 5),
    (units.clock, 8),
]
NAMES = [spell.__name__ for spell, _ in WIDTHS]
# Beside random figures, those just below and above where a format gains a digit.
EDGES = st.builds(
    lambda digits, power, unit, shift: digits * 10.0**power * unit * (1.0 + shift),
    st.sampled_from([0.9949, 0.995, 0.9994, 0.9995, 0.99951, 1.0, 1.0235, 1.024]),
    st.integers(-7, 5),
    st.sampled_from([1.0, 1000.0, 1024.0, 1024.0**2, 1024.0**8, 60.0, 3600.0, 86400.0]),
    st.sampled_from([0.0, 1e-9, -1e-9]),
)
FIGURES = EDGES | st.floats(min_value=0.0) | st.just(nan)


@pytest.mark.parametrize(("spell", "width"), WIDTHS, ids=NAMES)
@given(figure=FIGURES)
def test_a_figure_keeps_to_its_width(
    spell: Callable[[float], str], width: int, figure: float
) -> None:
    text = spell(figure)

    assert 0 < len(text) <= width
    assert text.replace(units.MISSING, "").replace("°", "").isascii()


@pytest.mark.parametrize("spell", [units.percent, units.size, units.number, units.celsius])
@given(figure=EDGES)
def test_a_sign_costs_one_column(spell: Callable[[float], str], figure: float) -> None:
    positive, negative = spell(figure), spell(-figure)

    # What rounds to nothing has no sign.
    assert negative in {f"-{positive}", positive}
    assert negative != positive or positive.strip("0.B%°C") == ""


@pytest.mark.parametrize(("spell", "width"), WIDTHS, ids=NAMES)
@pytest.mark.parametrize("figure", [nan, inf, -inf])
def test_what_is_not_known_is_a_dash(
    spell: Callable[[float], str], width: int, figure: float
) -> None:
    assert spell(figure).strip() == units.MISSING


def spelled(spell: Callable[[float], str], figures: dict[float, str]) -> None:
    assert {figure: spell(figure) for figure in figures} == figures


def test_percent() -> None:
    spelled(
        units.percent,
        {
            0.0: "0%",
            0.0004: "0%",
            0.0005: "0.1%",
            0.034: "3.4%",
            0.0994: "9.9%",
            0.0995: "10%",
            0.97: "97%",
            1.0: "100%",
            12.34: "1234%",
            256.0: "26k%",
            -0.5: "-50%",
        },
    )


def test_size() -> None:
    spelled(
        units.size,
        {
            0: "0B",
            1023: "1023B",
            1023.6: "1.0K",
            1024: "1.0K",
            15.6 * 1024**3: "15.6G",
            99.94 * 1024: "99.9K",
            99.95 * 1024: "100K",
            999.95 * 1024: "1000K",
            1023.4 * 1024: "1023K",
            1023.5 * 1024: "1.0M",
            1024**4: "1.0T",
            1024**5: "1.0P",
            -5 * 1024**2: "-5.0M",
            -0.3: "0B",
        },
    )
    assert units.rate(1.2 * 1024**2) == "1.2M/s"


def test_number() -> None:
    spelled(
        units.number,
        {
            0: "0",
            0.25: "0.25",
            0.004: "0",
            -0.004: "0",
            3: "3",
            9.994: "9.99",
            9.996: "10",
            42.5: "42.5",
            99.95: "100",
            999.4: "999",
            999.5: "1.0k",
            12_345: "12.3k",
            99_950: "100k",
            120e6: "120M",
        },
    )


def test_duration() -> None:
    day = 86400
    spelled(
        units.duration,
        {
            -5: "0s",
            0.9: "0s",
            59.99: "59s",
            60: "1m",
            90: "1m 30s",
            599: "9m 59s",
            600: "10m",
            3599: "59m",
            3600: "1h",
            11_040: "3h 4m",
            3 * day + 4 * 3600: "3d 4h",
            99 * day + 23 * 3600: "99d 23h",
            100 * day: "100d",
            1000 * day: "2.7y",
            1e5 * day: "274y",
        },
    )


def test_ago() -> None:
    spelled(units.ago, {-3: "now", 0.5: "now", 1: "1s ago", 725: "12m ago"})


def test_latency() -> None:
    spelled(
        units.latency,
        {
            -1.0: "0us",
            85e-6: "85us",
            0.0009994: "999us",
            0.0009996: "1.0ms",
            0.00994: "9.9ms",
            0.00996: "10ms",
            0.9994: "999ms",
            0.9996: "1.0s",
            9.96: "10s",
            45: "45s",
        },
    )


def test_celsius() -> None:
    spelled(units.celsius, {45.4: "45°C", -0.3: "0°C", -40: "-40°C", 1e6: "999°C"})


def test_clock_is_local_to_a_zone() -> None:
    assert units.clock(1_700_000_000.0, UTC) == "22:13:20"
    assert units.clock(1_700_000_000.0, timezone(timedelta(hours=2))) == "00:13:20"
    assert units.clock(1e30) == units.MISSING
