"""A row of figures as one line of text, for terminals and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.,-=+*#"
GAP = " "


def spark(values: Sequence[float], width: int, *, ascii_only: bool = False) -> str:
    """`width` characters at most, the least figure lowest; a gap where nothing is known.

    Where there are more figures than characters, each shows the greatest of its share: a peak
    must not vanish.
    """
    columns = _columns(values, width)
    known = [value for value in columns if isfinite(value)]
    if not known:
        return GAP * len(columns)
    least, span = min(known), max(known) - min(known)
    levels = ASCII if ascii_only else BLOCKS
    top = len(levels) - 1
    return "".join(
        levels[round((value - least) / span * top) if span else 0] if isfinite(value) else GAP
        for value in columns
    )


def _columns(values: Sequence[float], width: int) -> list[float]:
    count = min(width, len(values))
    columns = []
    for column in range(count):
        begin, end = column * len(values) // count, (column + 1) * len(values) // count
        known = [value for value in values[begin:end] if isfinite(value)]
        columns.append(max(known) if known else float("nan"))
    return columns
