"""Numbers as text, the way Prometheus and OpenMetrics write them; exact in both directions."""

from __future__ import annotations

import re
from math import inf, isfinite, nan

_WORDS = {"NaN": nan, "+Inf": inf, "-Inf": -inf, "Inf": inf}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def spelled(value: float) -> str:
    if not isfinite(value):
        return "NaN" if value != value else "+Inf" if value > 0.0 else "-Inf"
    return repr(float(value)).removesuffix(".0")


def figure(text: str) -> float | None:
    """None where the text is no number."""
    if (word := _WORDS.get(text)) is not None:
        return word
    return float(text) if len(text) <= 40 and _NUMBER.fullmatch(text) else None
