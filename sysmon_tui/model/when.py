"""Moments as people write them: `03:12`, `-2h`, `yesterday 14:00`, `2026-11-24 03:12`.

The goto line of the screen and `sysmon-tui compare` read them with `parse`; `spelled` writes them.
Local time unless a zone is given; the clock is an argument.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from math import isfinite

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.units import MISSING

FORM = 'Write "03:12", "-2h", "yesterday 14:00", "2026-11-24 03:12" or seconds since the epoch'

_UNITS = {
    "s": 1.0,
    "sec": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 7 * 86400.0,
}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(z|[+-]\d{2}:\d{2})?", re.ASCII)
_DATE = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})", re.ASCII)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = re.compile(r"\d{9,11}(?:\.\d{1,9})?", re.ASCII)
"""Seconds since the epoch: fewer digits are a year or a slip of the pen."""
_OLDEST = 0.0


class WhenError(SysmonError):
    """A text that is no moment, or one that nothing was recorded at yet."""


def parse(text: str, now: float, tz: tzinfo | None = None) -> float:
    """Seconds since the epoch.

    A time alone is the last such time before `now`; a day alone is its midnight. Raises
    `WhenError`.
    """
    words = text.strip().lower().replace("t", " ", 1) if _iso(text) else text.strip().lower()
    if not words:
        raise WhenError("no time is given", FORM)
    try:
        at = now if words == "now" else _seconds(words)
        if at is None:
            at = _ago(words, now)
        if at is None:
            at = _dated(words, now, tz)
    except (OverflowError, OSError, ValueError) as error:
        if isinstance(error, WhenError):
            raise
        raise WhenError(f"{text.strip()!r} is beyond the calendar", FORM) from None
    if at > now:
        raise WhenError(f"{spelled(at, now, tz)} is still to come", "The past goes up to now")
    if at < _OLDEST:
        raise WhenError(f"{text.strip()!r} is before all clocks", FORM)
    return at


def _iso(text: str) -> bool:
    return re.match(r"\s*\d{4}-\d{1,2}-\d{1,2}[tT]\d", text, re.ASCII) is not None


def _seconds(words: str) -> float | None:
    return float(words) if _EPOCH.fullmatch(words) else None


def _ago(words: str, now: float) -> float | None:
    """`-2h`, `-1h30m`, `2 h ago`; None where it is nothing of the kind."""
    ago = words.endswith(" ago")
    if not (ago or words.startswith("-")):
        return None
    rest = words.removesuffix(" ago").removeprefix("-").strip()
    seconds, at = 0.0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or part[2] not in _UNITS:
            raise WhenError(f"{words!r} is no span of time", 'Write "-90s", "-10m" or "-1h30m"')
        seconds += float(part[1]) * _UNITS[part[2]]
        at = part.end()
    if not rest:
        raise WhenError("how long ago?", 'Write "-90s", "-10m" or "-1h30m"')
    return now - seconds


def _dated(words: str, now: float, tz: tzinfo | None) -> float:
    today = datetime.fromtimestamp(now, tz)
    first, _, rest = words.partition(" ")
    day = _day(first, today.date())
    if day is None:
        if rest:
            raise WhenError(f"{first!r} is no day", FORM)
        at = _on(today.date(), first, tz)
        return at if at <= now else _on(today.date() - timedelta(days=1), first, tz)
    return _on(day, rest.strip() or "0:00", tz)


def _day(word: str, today: date) -> date | None:
    """None where the word names no day. Raises `ValueError` for the 31st of February."""
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    if len(word) >= 3 and word[:3] in _WEEKDAYS and word.isalpha():
        back = (today.weekday() - _WEEKDAYS.index(word[:3])) % 7
        return today - timedelta(days=back)
    found = _DATE.fullmatch(word)
    if found is None:
        return None
    try:
        if found[1]:
            return date(int(found[1]), int(found[2]), int(found[3]))
        day = date(today.year, int(found[2]), int(found[3]))
        return day if day <= today else day.replace(year=today.year - 1)
    except ValueError:
        raise WhenError(f"there is no day {word}", FORM) from None


def _on(day: date, clock: str, tz: tzinfo | None) -> float:
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise WhenError(f"{clock!r} is no time of day", FORM)
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise WhenError(f"{clock!r} is no time of day", FORM)
    if zone := found[4]:
        tz = datetime.strptime(zone.upper(), "%z").tzinfo
    moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=tz)
    return moment.timestamp()


def spelled(at: float, now: float, tz: tzinfo | None = None) -> str:
    """`03:12:40` on the day of `now`, `Tue 24 Mar 03:12:40` within a year, else with the year."""
    if not isfinite(at):
        return MISSING
    try:
        moment, today = datetime.fromtimestamp(at, tz), datetime.fromtimestamp(now, tz)
    except (ValueError, OverflowError, OSError):
        return MISSING
    if moment.date() == today.date():
        return f"{moment:%H:%M:%S}"
    if abs(at - now) < 300 * 86400.0:
        return f"{moment:%a %d %b %H:%M:%S}"
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def written(at: float, tz: tzinfo | None = None) -> str:
    """A moment as `parse` reads it back, to the second."""
    return f"{datetime.fromtimestamp(at, tz):%Y-%m-%d %H:%M:%S}"
