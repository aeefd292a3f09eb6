"""Beats of the past as trends, read in blocks that are kept: one who walks meets them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from math import inf

from sysmon_tui.ui.signals import METRICS, SIGNALS
from sysmon_tui.ui.source import Lookback
from sysmon_tui.ui.trends import CAPACITY, Trends

BLOCK = 15
"""Beats in a block: a jump reads up to so many more than it shows, and all it lacks at once."""
KEPT = 320
"""Blocks: 16 signals of so many are half a megabyte."""
AT_ONCE = CAPACITY // BLOCK
"""Blocks of one reading."""

Block = Mapping[str, Sequence[float]]


class Reel:
    """For one thread at a time."""

    def __init__(self, lookback: Lookback) -> None:
        self._lookback = lookback
        self._blocks: OrderedDict[tuple[float, int], tuple[float, Block]] = OrderedDict()
        """With the moment up to which all of it was recorded."""

    def upto(self, end: int, samples: int, interval: float, newest: float) -> Trends:
        """The `samples` before beat `end`, one in `interval` seconds.

        What was recorded after `newest` (seconds since the epoch) may still grow: it is read
        again each time. Raises `StoreError`.
        """
        begin = end - samples
        numbers = range(begin // BLOCK, (end - 1) // BLOCK + 1)
        self._fill(interval, [n for n in numbers if self._lacks(interval, n, end)], newest)
        blocks = [self._block(interval, number) for number in numbers]
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        skipped = begin % BLOCK
        columns = {
            name: [value for block in blocks for value in block[name]][skipped : skipped + samples]
            for name in SIGNALS
        }
        return Trends.filled(interval, end, columns)

    def _lacks(self, interval: float, number: int, end: int) -> bool:
        """Whether the block is not known as far as `end` at least."""
        known, _ = self._blocks.get((interval, number), (-inf, {}))
        return known < min((number + 1) * BLOCK, end) * interval

    def _block(self, interval: float, number: int) -> Block:
        self._blocks.move_to_end((interval, number))
        return self._blocks[interval, number][1]

    def _fill(self, interval: float, numbers: Sequence[int], newest: float) -> None:
        """Read these blocks, and what lies between them, as recorded by `newest`."""
        for first in range(min(numbers, default=0), max(numbers, default=-1) + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, numbers[-1])
            columns = self._read(interval, first * BLOCK, (last + 1) * BLOCK)
            for place, number in enumerate(range(first, last + 1)):
                mine = slice(place * BLOCK, (place + 1) * BLOCK)
                block = {name: values[mine] for name, values in columns.items()}
                self._blocks[interval, number] = newest, block

    def _read(self, interval: float, begin: int, end: int) -> Block:
        # A beat is the nearest to its number, so the first one may come a little before.
        start, until = (begin - 0.5) * interval, (end - 0.5) * interval
        ticks = self._lookback.ticks(start, until, interval, METRICS)
        trends = Trends.replay(interval, ticks).upto(end, end - begin)
        return {name: trends.ring(name).last(end - begin) for name in SIGNALS}
