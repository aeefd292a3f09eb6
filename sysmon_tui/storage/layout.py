"""Which series the columns of a chunk are, kept apart from it: it hardly ever changes from one to
the next. `builder` says it of what it packs, `chunk` is told it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from sysmon_tui.model.metric import Labels
from sysmon_tui.storage.blob import DamagedChunk

Layout: TypeAlias = tuple[tuple[str, tuple[Labels, ...]], ...]
"""The columns in order: metric names, each with the labels of its series."""


def pack_layout(layout: Layout) -> bytes:
    return zlib.compress(json.dumps(layout, separators=(",", ":")).encode())


def unpack_layout(packed: bytes) -> Layout:
    """Raises `DamagedChunk`."""
    try:
        return tuple(_families(json.loads(zlib.decompress(packed))))
    except (ValueError, TypeError, zlib.error) as error:
        raise DamagedChunk(str(error)) from None


def _families(raw: Any) -> Iterator[tuple[str, tuple[Labels, ...]]]:
    for name, family in raw:
        yield name, tuple(tuple((key, value) for key, value in labels) for labels in family)
