"""Durations and thresholds as people write them in a rule file: `1h30m`, `85%`, `5GiB`."""

from __future__ import annotations

import re
from math import isfinite

LONGEST = 30 * 86400.0
"""Seconds; what is longer is a slip of the pen."""

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_SECONDS = (86400.0, 3600.0, 60.0, 1.0)
_FIGURE = re.compile(r"([-+]?\d+(?:\.\d+)?) ?([A-Za-z%]*)", re.ASCII)
_SCALES = {
    "": 1.0,
    "%": 0.01,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}

DURATION_FORM = 'Write a duration such as "90s", "10m" or "1h30m", of at most 30 days'
FIGURE_FORM = (
    "Write a number, or a number with a unit in quotes: "
    + ", ".join(filter(None, _SCALES))
    + ' (such as "85%" or "5GiB"), or a duration such as "8h" where it counts seconds'
)


def duration(text: str) -> float | None:
    """Seconds; None where the text is no duration."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    seconds = sum(
        float(count) * unit for count, unit in zip(match.groups(), _SECONDS, strict=True) if count
    )
    return seconds if seconds <= LONGEST else None


def figure(written: float | str) -> float | None:
    """The value in base units (a ratio for per cent); None where it is no finite number."""
    if not isinstance(written, str):
        return float(written) if isfinite(written) else None
    match = _FIGURE.fullmatch(written.strip())
    if match is None or match[2] not in _SCALES:
        return None
    value = float(match[1]) * _SCALES[match[2]]
    return value if isfinite(value) else None
