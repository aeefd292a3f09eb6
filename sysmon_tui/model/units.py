"""Figures as short text: one spelling for the screen, the command line and alert summaries.

Every function keeps to a stated width whatever it is given, so that columns never break; what is
not known (NaN, infinity) is `MISSING`. Pure ASCII but for `MISSING` and the degree sign, which
`ui.glyphs` replaces where the terminal has only ASCII.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from math import isfinite

MISSING = "—"

_BINARY = "BKMGTPEZY"
_DECIMAL = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_LARGEST = 9999.0


def percent(ratio: float) -> str:
    """`3.4%` below ten, `97%`, `1234%`; at most 5 characters, 6 with a sign."""
    if not isfinite(ratio):
        return MISSING
    share = ratio * 100.0
    size_ = abs(share)
    if size_ < 0.05:
        return "0%"
    if size_ < 9.95:
        return f"{share:.1f}%"
    if size_ < 9999.5:
        return f"{share:.0f}%"
    return f"{max(-99.0, min(99.0, share / 1000.0)):.0f}k%"


def size(amount: float) -> str:
    """Bytes in powers of 1024: `512B`, `1.2G`, `15.6G`, `1023M`; at most 5 characters, 6 signed."""
    if not isfinite(amount):
        return MISSING
    scaled, step = _scale(amount, 1024.0, 1023.5)
    magnitude = abs(scaled)
    if step and magnitude < 99.95:
        return f"{scaled:.1f}{_BINARY[step]}"
    return f"{_whole(scaled)}{_BINARY[step]}"


def rate(amount_per_second: float) -> str:
    """Bytes a second: `1.2M/s`; at most 7 characters."""
    text = size(amount_per_second)
    return text if text == MISSING else f"{text}/s"


def number(count: float) -> str:
    """A plain count in powers of 1000: `0.25`, `42`, `12.3k`, `120M`; at most 5 characters."""
    if not isfinite(count):
        return MISSING
    scaled, step = _scale(count, 1000.0, 999.5)
    magnitude = abs(scaled)
    if magnitude < 9.995 and not step:
        return f"{round(scaled, 2) + 0.0:g}"
    if magnitude < 99.95:
        text = f"{scaled:.1f}"
        return f"{text.removesuffix('.0') if not step else text}{_DECIMAL[step]}"
    return f"{_whole(scaled)}{_DECIMAL[step]}"


def duration(seconds: float) -> str:
    """`45s`, `9m 30s`, `12m`, `3h 4m`, `3d 4h`, `120d`, `2.7y`; at most 7 characters.

    Rounded down, as a clock shows it. Seconds go from ten minutes on: they would only flicker.
    Less than nothing (a clock was set back) counts as nothing.
    """
    if not isfinite(seconds):
        return MISSING
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 60:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 60:
        return f"{minutes}m"
    if hours < 24:
        return _pair(hours, "h", minutes % 60, "m")
    if days < 100:
        return _pair(days, "d", hours % 24, "h")
    if days < 1000:
        return f"{days}d"
    years = days / 365.25
    return f"{years:.1f}y" if years < 99.95 else f"{min(years, _LARGEST):.0f}y"


def ago(seconds: float) -> str:
    """How long since: `now`, `12m ago`; at most 11 characters."""
    text = duration(seconds)
    if text == MISSING:
        return text
    return "now" if text == "0s" else f"{text} ago"


def latency(seconds: float) -> str:
    """How long something took: `85us`, `1.2ms`, `120ms`, `3.4s`, `45s`; at most 5 characters."""
    if not isfinite(seconds):
        return MISSING
    taken = max(0.0, seconds)
    if taken < 0.0009995:
        return f"{taken * 1e6:.0f}us"
    if taken < 0.00995:
        return f"{taken * 1e3:.1f}ms"
    if taken < 0.9995:
        return f"{taken * 1e3:.0f}ms"
    if taken < 9.95:
        return f"{taken:.1f}s"
    return f"{min(taken, _LARGEST):.0f}s"


def celsius(degrees: float) -> str:
    """`45°C`; at most 5 characters, 6 signed."""
    if not isfinite(degrees):
        return MISSING
    return f"{_whole(max(-999.0, min(999.0, degrees)))}°C"


def clock(wall: float, tz: tzinfo | None = None) -> str:
    """Seconds since the epoch as `14:03:22`, in local time unless a zone is given."""
    try:
        return f"{datetime.fromtimestamp(wall, tz):%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return MISSING


def _scale(amount: float, base: float, limit: float) -> tuple[float, int]:
    """`amount` divided by `base` until it rounds below it, and how often."""
    step = 0
    while abs(amount) >= limit and step < len(_BINARY) - 1:
        amount /= base
        step += 1
    return max(-_LARGEST, min(_LARGEST, amount)), step


def _whole(amount: float) -> str:
    # Adding zero turns the negative zero of a rounded -0.3 into a plain one.
    return f"{round(amount) + 0:d}"


def _pair(first: int, unit: str, second: int, lesser: str) -> str:
    return f"{first}{unit} {second}{lesser}" if second else f"{first}{unit}"
