"""The WeakRef cache: decoded chunks shared between readers, because a screen that steps through the
past meets the same ones again and again.

A chunk lives as long as a reader holds it; the newest few are held here, because the next step is
likely to want them. Everything else is the garbage collector's.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from weakref import WeakValueDictionary

from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.layout import unpack_layout

HELD = 24
"""Chunks kept without a reader: two of each collector, some MB where there are 300 series."""
LAYOUTS = 64
"""Layouts kept by what they are packed as; most chunks of a collector have the same."""


class ChunkCache:
    """By row and checksum, so that a row that was replaced is another chunk."""

    def __init__(self) -> None:
        self._chunks: WeakValueDictionary[tuple[int, int], Chunk] = WeakValueDictionary()
        self._newest: deque[Chunk] = deque(maxlen=HELD)
        self._lock = threading.Lock()
        self.layout = lru_cache(LAYOUTS)(unpack_layout)
        """`unpack_layout`, with the same labels for all chunks that have them."""

    def __len__(self) -> int:
        return len(self._chunks)

    def get(self, row: int, crc: int, load: Callable[[], Chunk]) -> Chunk:
        """The chunk, decoded with `load` where nobody has it; what that raises passes."""
        with self._lock:
            chunk = self._chunks.get((row, crc))
        if chunk is None:
            chunk = load()
            with self._lock:
                self._chunks[row, crc] = chunk
                self._newest.append(chunk)
        return chunk
