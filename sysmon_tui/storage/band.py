"""Rollups of up to `SLOTS` series of one collector as one blob: what `sqlite` keeps in a row.

Narrow enough that a chart of one series unpacks little besides, wide enough that few rows are
written. A series has the same slot in all blobs of its band, for good.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from typing import NamedTuple

from sysmon_tui.model.curve import Stats
from sysmon_tui.storage import codec
from sysmon_tui.storage.blob import DamagedChunk, deflate, inflate
from sysmon_tui.storage.columns import Columns, single

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


class Strip:
    """Rollups of some slots of a band, blob by blob in the order of time, as columns: what charts
    are made of, without an object for each row."""

    def __init__(self, slots: Iterable[int]) -> None:
        self.starts = array("d")
        self.stats = {slot: [array("d") for _ in Stats._fields] for slot in slots}
        """By slot, in columns as `Stats` has them."""
        self._wanted: dict[int, tuple[list[int], list[array[float]]]] = {}

    def add(self, body: bytes, count: int, slots: int) -> None:
        """Take in a blob. Raises `DamagedChunk`, and then has taken nothing."""
        wanted, columns = self._wanted.get(slots) or self._places(slots)
        width = 1 + _FIGURES * slots
        try:
            plain = inflate(body)
            if row := single(plain, width, wanted):
                for column, figure in zip(columns, row, strict=True):
                    column.append(figure)
            else:
                found = Columns(plain, width, count)
                for column, figures in zip(
                    columns, [found[place] for place in wanted], strict=True
                ):
                    column.extend(figures)
        except (ValueError, OverflowError, zlib.error) as error:
            raise DamagedChunk(str(error)) from None
        self._fill(slots)

    def _places(self, slots: int) -> tuple[list[int], list[array[float]]]:
        """The columns wanted of a blob of so many slots, and where they go."""
        wanted, columns = [0], [self.starts]
        for slot, mine in self.stats.items():
            if slot < slots:
                wanted.extend(range(1 + _FIGURES * slot, 1 + _FIGURES * (slot + 1)))
                columns.extend(mine)
        self._wanted[slots] = wanted, columns
        return wanted, columns

    def _fill(self, slots: int) -> None:
        """Gaps for what the band did not have yet."""
        for slot, columns in self.stats.items():
            if slot >= slots:
                for column, figure in zip(columns, _GAP, strict=True):
                    column.extend([figure] * (len(self.starts) - len(column)))

    def keep(self, start: float, end: float) -> None:
        """Only what begins in a range (half open)."""
        begin, stop = bisect_left(self.starts, start), bisect_left(self.starts, end)
        for column in (self.starts, *(each for found in self.stats.values() for each in found)):
            del column[stop:]
            del column[:begin]


def unpack(body: bytes, count: int, slots: int, wanted: Sequence[int]) -> Iterator[Row]:
    """The rows with the `wanted` slots. Raises `DamagedChunk`."""
    wanted = [slot for slot in wanted if slot < slots]
    try:
        columns = Columns(inflate(body), 1 + _FIGURES * slots, count)
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
