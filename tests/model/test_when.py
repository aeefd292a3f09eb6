"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sysmon_tui.model.when import WhenError, parse, spelled, written

NOW = datetime(2026, 11, 25, 8, 20, 11, tzinfo=UTC).timestamp()
"""A Wednesday."""


def at(text: str, tz: tzinfo = UTC) -> str:
    return f"{datetime.fromtimestamp(parse(text, NOW, tz), tz):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("03:12", "2026-11-25 03:12:00"),
        ("3:12", "2026-11-25 03:12:00"),
        ("03:12:40", "2026-11-25 03:12:40"),
        ("23:59", "2026-11-24 23:59:00"),
        ("08:20:11", "2026-11-25 08:20:11"),
        ("08:20:12", "2026-11-24 08:20:12"),
        ("-2h", "2026-11-25 06:20:11"),
        ("-90s", "2026-11-25 08:18:41"),
        ("-1h30m", "2026-11-25 06:50:11"),
        ("- 1h 30m", "2026-11-25 06:50:11"),
        ("-1.5d", "2026-11-23 20:20:11"),
        ("-2w", "2026-11-11 08:20:11"),
        ("2 h ago", "2026-11-25 06:20:11"),
        ("10min ago", "2026-11-25 08:10:11"),
        ("now", "2026-11-25 08:20:11"),
        ("1764000000", "2025-11-24 16:00:00"),
        ("2026-11-24T03:12:40Z", "2026-11-24 03:12:40"),
        ("2026-11-24t03:12+01:00", "2026-11-24 02:12:00"),
        ("yesterday", "2026-11-24 00:00:00"),
        ("yesterday 14:00", "2026-11-24 14:00:00"),
        ("Yesterday  14:00 ", "2026-11-24 14:00:00"),
        ("today 03:12", "2026-11-25 03:12:00"),
        ("mon 03:12", "2026-11-23 03:12:00"),
        ("Thursday 03:12", "2026-11-19 03:12:00"),
        ("wed 03:12", "2026-11-25 03:12:00"),
        ("2026-11-24 03:12", "2026-11-24 03:12:00"),
        ("2026-11-24T03:12:40", "2026-11-24 03:12:40"),
        ("2026-11-24", "2026-11-24 00:00:00"),
        ("11-24 03:12", "2026-11-24 03:12:00"),
        ("12-24 03:12", "2025-12-24 03:12:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert at(text) == moment


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no time is given"),
        ("  ", "no time is given"),
        ("lunch", "no time of day"),
        ("25:00", "no time of day"),
        ("03:60", "no time of day"),
        ("3", "no time of day"),
        ("-", "how long ago"),
        ("-2", "no span of time"),
        ("-2 fortnights", "no span of time"),
        ("2026-02-31", "there is no day"),
        ("02-30 03:00", "there is no day"),
        ("tomorrow 03:12", "no day"),
        ("today 23:00", "still to come"),
        ("2026-11-24 03:12+99:00", "beyond the calendar|no time"),
        ("17640", "no time of day"),
        ("2027-01-01", "still to come"),
        ("-99999d", "before all clocks"),
        ("0000-01-01", "there is no day"),
        ("0001-01-01", "before all clocks|beyond the calendar"),
        ("yesterday noon", "no time of day"),
    ],
)
def test_what_is_no_moment(text: str, problem: str) -> None:
    with pytest.raises(WhenError, match=problem):
        parse(text, NOW, UTC)


def test_times_are_local() -> None:
    east = timezone(timedelta(hours=2))
    assert parse("03:12", NOW, east) == parse("01:12", NOW, UTC)


@given(st.text(max_size=30) | st.from_regex(r"[-0-9 :a-zT]{1,20}", fullmatch=True))
@example("0000-01-01")
@example("٣:12")
@example("-1e9d")
def test_anything_typed_is_a_moment_or_a_clear_error(text: str) -> None:
    try:
        found = parse(text, NOW, UTC)
    except WhenError:
        return
    assert 0.0 <= found <= NOW


@given(st.integers(86_400_000, int(NOW) * 1000))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    moment = milliseconds / 1000.0
    assert parse(written(moment, UTC), NOW, UTC) == float(int(moment))


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (3600.0, "07:20:11"),
        (86400.0, "Tue 24 Nov 08:20:11"),
        (400 * 86400.0, "2025-10-21 08:20:11"),
        (float("nan"), "—"),
        (-1e18, "—"),
    ],
)
def test_how_moments_are_spelled(ago: float, text: str) -> None:
    assert spelled(NOW - ago, NOW, UTC) == text
