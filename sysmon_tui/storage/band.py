"""Rollups of up to `SLOTS` series of one collector as one blob: what `sqlite` keeps in a row.

Narrow enough that a chart of one series unpacks little besides, wide enough that few rows are
written. A series has the same slot in all blobs of its band, for good.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import NamedTuple

from sysmon_tui.model.curve import Stats
from sysmon_tui.storage import codec
from sysmon_tui.storage.chunk import DamagedChunk, deflate, inflate

SLOTS = 16
_FIGURES = len(Stats._fields)
_GAP = Stats(0.0, nan, nan, nan, nan)


class Row(NamedTuple):
    """Rollups of one span; slots without a sample are left out."""

    start: float
    stats: Mapping[int, Stats]


def pack(rows: Sequence[Row], slots: int, counters: frozenset[int]) -> bytes:
    """At least one row. Of `counters` (slots) increases and values are kept to the bit."""
    columns = [array("d", [row.start for row in rows])]
    rough = set()
    for slot in range(slots):
        stats = [row.stats.get(slot, _GAP) for row in rows]
        for field, figures in zip(Stats._fields, zip(*stats, strict=True), strict=True):
            if slot not in counters or field not in ("sum", "last"):
                rough.add(len(columns))
            columns.append(array("d", figures))
    return deflate(codec.encode(columns, rough))


def unpack(body: bytes, count: int, slots: int, wanted: Sequence[int]) -> Iterator[Row]:
    """The rows with the `wanted` slots. Raises `DamagedChunk`."""
    wanted = [slot for slot in wanted if slot < slots]
    try:
        columns = codec.Columns(inflate(body), 1 + _FIGURES * slots, count)
        starts = columns[0]
        series = [
            list(map(Stats, *(columns[1 + _FIGURES * slot + n] for n in range(_FIGURES))))
            for slot in wanted
        ]
    except (ValueError, OverflowError, zlib.error) as error:
        raise DamagedChunk(str(error)) from None
    for row, start in enumerate(starts):
        present = {
            slot: stats[row]
            for slot, stats in zip(wanted, series, strict=True)
            if stats[row].last == stats[row].last
        }
        yield Row(start, present)
