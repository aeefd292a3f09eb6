"""Moments of the past as people write them: `03:12`, `-2h`, `yesterday 14:00`, `2026-11-25T03:12Z`.

Local time unless a zone is given. Every command that looks back takes its times through here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import click

FORM = (
    'Write "now", "-2h", "03:12", "yesterday 14:00", "2026-11-25 03:12" or seconds since the epoch'
)
_CLOCK = re.compile(r"(?:(today|yesterday)\s*)?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)


def moment_of(text: str, now: float) -> float | None:
    """Seconds since the epoch; None where the text is no time. A clock time is the last such."""
    from sysmon_tui.alerts.figures import duration

    text = text.strip().lower()
    if text == "now":
        return now
    if text.startswith("-"):
        back = duration(text[1:])
        return None if back is None else now - back
    return _number(text) or _clock(text, now) or _date(text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    # Less is a year or a slip of the pen, not the spring of 1973.
    return number if isfinite(number) and 1e8 <= number < 2.5e11 else None


def _clock(text: str, now: float) -> float | None:
    match = _CLOCK.fullmatch(text)
    if match is None or not match[0]:
        return None
    here = datetime.fromtimestamp(now).astimezone()
    try:
        at = here.replace(
            hour=int(match[2] or 0),
            minute=int(match[3] or 0),
            second=int(match[4] or 0),
            microsecond=0,
            tzinfo=None,
        )
    except ValueError:
        return None
    if match[1] == "yesterday" or (not match[1] and at.timestamp() > now):
        at -= timedelta(days=1)
    return at.timestamp()


def _date(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        return None


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    read = None if value is None else moment_of(value, time.time())
    if value is not None and read is None:
        raise click.BadParameter(f"{value!r} is no time. {FORM}", ctx, param)
    return read


def moment_option(*names: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that takes a moment, as seconds since the epoch."""
    return click.option(*names, callback=_moment, metavar="TIME", help=text)
