from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.alerts.figures import LONGEST, duration, figure


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0.0),
        ("90s", 90.0),
        ("1.5s", 1.5),
        ("10m", 600.0),
        ("1h30m", 5400.0),
        ("1d2h3m4s", 93784.0),
        (" 5m ", 300.0),
        ("30d", LONGEST),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "m", "10 m", "-5m", "1m1h", "5min", "1.5h", "31d", "9" * 400 + "d", "٣m "]
)
def test_no_duration(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (0.85, 0.85),
        (5, 5.0),
        ("85%", 0.85),
        ("68.6 %", 0.686),
        ("100ms", 0.1),
        ("250us", 0.00025),
        ("2s", 2.0),
        ("5GiB", 5 * 2.0**30),
        ("1.5KiB", 1536.0),
        ("2MiB", 2.0**21),
        ("1TiB", 2.0**40),
        ("-3", -3.0),
    ],
)
def test_figure(written: float | str, value: float) -> None:
    assert figure(written) == pytest.approx(value)


@pytest.mark.parametrize(
    "written", [nan, inf, -inf, "", "%", "5GB", "5gib", "1e5", "nan", "0x10", "9" * 400]
)
def test_no_figure(written: float | str) -> None:
    assert figure(written) is None


@given(st.text())
def test_any_text_is_one_or_the_other(text: str) -> None:
    seconds = duration(text)
    assert seconds is None or 0.0 <= seconds <= LONGEST
    value = figure(text)
    assert value is None or abs(value) < inf
