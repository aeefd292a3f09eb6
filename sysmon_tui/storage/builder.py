"""Batches of one collector packed as one compact blob, from which `chunk` makes them again.

`Builder` takes batches in as columns (8 bytes a sample); a store encodes the rows it wants durable.

Kept are times, figures, status and note. Not kept: process tables (`tables` has those), cost,
families without series.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage import codec
from sysmon_tui.storage.blob import deflate
from sysmon_tui.storage.layout import Layout

_QUICK_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows ready to be written."""

    layout: Layout
    count: int
    wall: tuple[float, float]
    """Least and greatest."""
    mono: tuple[float, float]
    body: bytes


class Builder:
    """The rows of one collector since its last sealed chunk."""

    def __init__(self) -> None:
        self._walls = array("d")
        self._monos = array("d")
        self._columns: dict[str, dict[Labels, array[float]]] = {}
        self._gaps: dict[tuple[str, Labels], list[tuple[int, int]]] = {}
        self._marks: list[tuple[int, str, str]] = []
        """(row, status, note) where either changes."""

    def __len__(self) -> int:
        return len(self._walls)

    def since(self, row: int) -> float:
        """Seconds from a row to the last; 0 where there is no such row yet."""
        return self._monos[-1] - self._monos[row] if row < len(self._monos) else 0.0

    def add(self, batch: Batch) -> None:
        row = len(self._walls)
        self._walls.append(batch.wall)
        self._monos.append(batch.mono)
        before = self._marks[-1][1:] if self._marks else (Status.OK.value, "")
        if (mark := (batch.status.value, batch.note)) != before:
            self._marks.append((row, *mark))
        for name, family in batch.families.items():
            columns = self._columns.get(name)
            if columns is None:
                columns = self._columns[name] = {}
            for key, value in family.items():
                column = columns.get(key)
                if column is None:
                    column = columns[key] = array("d")
                if len(column) != row:
                    self._pad(name, key, column, row)
                column.append(value)

    def _pad(self, name: str, key: Labels, column: array[float], rows: int) -> None:
        """The series was absent until now. What stands in its place compresses to nothing."""
        self._gaps.setdefault((name, key), []).append((len(column), rows))
        filler = column[-1] if column else 0.0
        column.extend(array("d", [filler]) * (rows - len(column)))

    def encode(self, start: int = 0, *, quick: bool = False) -> Encoded:
        """The rows from `start` on; there must be one. `quick` is for rows soon written again."""
        rows = len(self._walls)
        walls, monos = self._walls[start:], self._monos[start:]
        columns = [walls, monos]
        gaps: list[tuple[int, int, int]] = []
        layout = []
        for name, family in self._columns.items():
            present = []
            for key, column in family.items():
                if len(column) != rows:
                    self._pad(name, key, column, rows)
                if (name, key) in self._gaps:
                    holes = _clip(self._gaps[name, key], start)
                    if sum(stop - begin for begin, stop in holes) == rows - start:
                        continue
                    gaps.extend((len(columns), *hole) for hole in holes)
                columns.append(column[start:])
                present.append(key)
            if present:
                layout.append((name, tuple(present)))
        side = json.dumps([self._marks_from(start), gaps], separators=(",", ":")).encode()
        figures = codec.encode_quickly(columns) if quick else codec.encode(columns)
        plain = len(side).to_bytes(4, "little") + side + figures
        return Encoded(
            tuple(layout),
            rows - start,
            (min(walls), max(walls)),
            (monos[0], monos[-1]),
            zlib.compress(plain, _QUICK_LEVEL) if quick else deflate(plain),
        )

    def _marks_from(self, start: int) -> list[tuple[int, str, str]]:
        earlier = [mark for mark in self._marks if mark[0] <= start]
        first = [(0, *earlier[-1][1:])] if earlier else []
        return first + [
            (row - start, status, note) for row, status, note in self._marks if row > start
        ]


def _clip(gaps: Sequence[tuple[int, int]], start: int) -> list[tuple[int, int]]:
    return [(max(0, begin - start), stop - start) for begin, stop in gaps if stop > start]
