"""Beats of the past as trends, read in blocks that are kept: one who walks meets them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from math import inf

from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.source import Lookback
from sysmon_tui.ui.trends import Trends

BLOCK = 120
"""Beats in a block: about 50 ms to read."""
KEPT = 40
"""Blocks: 16 signals of so many are half a megabyte."""

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
        blocks = [
            self._block(interval, number, end, newest)
            for number in range(begin // BLOCK, (end - 1) // BLOCK + 1)
        ]
        skipped = begin % BLOCK
        columns = {
            name: [value for block in blocks for value in block[name]][skipped : skipped + samples]
            for name in SIGNALS
        }
        return Trends.filled(interval, end, columns)

    def _block(self, interval: float, number: int, end: int, newest: float) -> Block:
        """The block as far as `end` at least, and as recorded by `newest`."""
        key = interval, number
        wanted = min((number + 1) * BLOCK, end) * interval
        known, block = self._blocks.get(key, (-inf, {}))
        if known < wanted:
            block = self._read(interval, number * BLOCK)
            self._blocks[key] = newest, block
            if len(self._blocks) > KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return block

    def _read(self, interval: float, begin: int) -> Block:
        end = begin + BLOCK
        # A beat is the nearest to its number, so the first one may come a little before.
        start, until = (begin - 0.5) * interval, (end - 0.5) * interval
        trends = Trends.replay(interval, self._lookback.ticks(start, until, interval))
        trends = trends.upto(end, BLOCK)
        return {name: trends.ring(name).last(BLOCK) for name in SIGNALS}
