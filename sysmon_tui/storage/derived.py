"""Derived figures of recorded rows, kept for the next chart that shows them.

Nobody records what can be derived, and rollups of it are of whole minutes. So a chart of an hour
feeds every row of it to a processor, which takes far longer than to read it; the next one, a bucket
later, needs the same figures and those of one more chunk. `sqlite_series` asks.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import nan

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import ByColumns
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.gather import only

HELD = 1 << 19
"""Figures kept: 4 MB."""

Key = tuple[int, int, str]
"""A chunk's row and checksum, and the metric."""


@dataclass(frozen=True, slots=True)
class Derived:
    """One metric in the rows of a chunk that were read well; NaN where it has nothing."""

    walls: array[float]
    monos: array[float]
    columns: tuple[tuple[Labels, array[float]], ...]

    def __len__(self) -> int:
        """How many figures it takes."""
        return len(self.walls) * (2 + len(self.columns))


def derived(
    batches: Iterable[Batch], feed: Callable[[Batch], Families], metric: str, before: Batch | None
) -> Derived:
    """What `feed` makes of a chunk's batches; `before` is the one before its first, if any."""
    if before is not None:
        feed(before)
    walls, monos = array("d"), array("d")
    columns: dict[Labels, array[float]] = {}
    for batch in batches:
        if batch.status is not Status.OK:
            continue
        row = len(walls)
        walls.append(batch.wall)
        monos.append(batch.mono)
        for key, value in feed(batch).get(metric, {}).items():
            column = columns.setdefault(key, array("d"))
            column.extend([nan] * (row - len(column)))
            column.append(value)
    for column in columns.values():
        column.extend([nan] * (len(walls) - len(column)))
    return Derived(walls, monos, tuple(columns.items()))


def derived_at_once(
    chunk: Chunk, sources: frozenset[str], make: ByColumns, before: Batch | None
) -> Derived | None:
    """The same by columns; None where not every row has all of a chunk's series."""
    families = chunk.columns(sources)
    if not families:
        return None
    monos = list(chunk.monos)
    if before is not None:
        first = only(before.families, sources)
        if _keys(first) != _keys(families):
            return None
        monos.insert(0, before.mono)
        families = {
            name: {key: [first[name][key], *column] for key, column in family.items()}
            for name, family in families.items()
        }
    gap = [nan] if before is None else []
    columns = ((key, array("d", [*gap, *column])) for key, column in make(monos, families).items())
    return Derived(chunk.walls, chunk.monos, tuple(columns))


def _keys(families: Mapping[str, Mapping[Labels, object]]) -> list[tuple[str, list[Labels]]]:
    return [(name, list(family)) for name, family in families.items()]


class DerivedCache:
    """The newest ones asked for, from any thread."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, Derived] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Figures held."""
        return self._size

    def get(self, key: Key, make: Callable[[], Derived | None]) -> Derived | None:
        """What is held, or what `make` yields; None is not kept."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
                return found
        made = make()
        if made is not None:
            with self._lock:
                self._keep(key, made)
        return made

    def _keep(self, key: Key, made: Derived) -> None:
        if key in self._found:
            return
        self._found[key] = made
        self._size += len(made)
        while self._size > HELD and len(self._found) > 1:
            self._size -= len(self._found.popitem(last=False)[1])
