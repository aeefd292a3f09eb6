"""Packed batches of one collector, unpacked as far as somebody wants to see them.

`builder` packs them. A chart of some minutes, or a moment, takes a few rows of a few series out of
an hour of hundreds: `Chunk` decodes no more than that. `sqlite_read` hands chunks out.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import nan
from typing import Any, TypeAlias, TypeVar

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import Columns, Metrics
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage import columns
from sysmon_tui.storage.blob import DamagedChunk, inflate
from sysmon_tui.storage.layout import Layout

Key = TypeVar("Key")
T = TypeVar("T")

_Place: TypeAlias = tuple[int, tuple[str, tuple[Labels, ...]]]
"""The number of a metric's first column, its name, and the series of it."""


class Chunk:
    """Packed rows, unpacked as far as they are asked for.

    Raises `DamagedChunk` for a blob that makes no sense, some of it not before it is asked.
    """

    def __init__(self, collector: str, layout: Layout, count: int, body: bytes) -> None:
        width = 2 + sum(len(family) for _, family in layout)
        try:
            marks, gaps, self._columns = _open(body, width, count)
            self._marks = _per_row(marks, count)
            self._absent = _absent(gaps)
            self.walls, self.monos = self._columns[0], self._columns[1]
        except (ValueError, TypeError, OverflowError, zlib.error) as error:
            raise DamagedChunk(str(error)) from None
        self.collector = collector
        self._layout = layout

    def figures(self, rows: Sequence[int], metrics: Metrics = None) -> Iterator[Families]:
        """What each of some rows has, those in their order and at least one, and of it `metrics`
        alone: nothing else is decoded, and none of it is kept."""
        places = [place for place in self._places() if metrics is None or place[1][0] in metrics]
        families = [
            _mappings(series, [self._part(number, rows) for number, _ in enumerate(series, at)])
            for at, (_, series) in places
        ]
        names = [name for _, (name, _) in places]
        whole = _mappings(names, families) if names else iter([{} for _ in rows])
        if not self._absent:
            return whole
        return (
            _present(places, found, self._absent[row]) if row in self._absent else found
            for row, found in zip(rows, whole, strict=True)
        )

    def columns(self, metrics: frozenset[str]) -> dict[str, Columns] | None:
        """All rows of some metrics, none of it kept; None where a row lacks something."""
        if self._absent or self._marks:
            return None
        rows = range(len(self.walls))
        return {
            name: {key: self._part(number, rows) for number, key in enumerate(series, at)}
            for at, (name, series) in self._places()
            if name in metrics
        }

    def batch(self, row: int, mono: float, families: Families) -> Batch:
        """A row with its figures, and the monotonic time the reader gives it."""
        status, note = self.status(row)
        return Batch(
            collector=self.collector,
            wall=self.walls[row],
            mono=mono,
            families=families,
            status=status,
            note=note,
        )

    def status(self, row: int) -> tuple[Status, str]:
        return self._marks[row] if self._marks else (Status.OK, "")

    def family(self, name: str) -> Iterator[tuple[Labels, array[float]]]:
        """The series of one metric as columns, NaN where a row has nothing."""
        for at, (family, series) in self._places():
            if family == name:
                for number, key in enumerate(series, at):
                    yield key, self._gapped(number)

    def _gapped(self, number: int) -> array[float]:
        column = self._column(number)
        gaps = [row for row, absent in self._absent.items() if number in absent]
        if gaps:
            column = column[:]
            for row in gaps:
                column[row] = nan
        return column

    def _column(self, number: int) -> array[float]:
        try:
            return self._columns[number]
        except OverflowError as error:
            raise DamagedChunk(str(error)) from None

    def _part(self, number: int, rows: Sequence[int]) -> Sequence[float]:
        try:
            return self._columns.part(number, rows)
        except OverflowError as error:
            raise DamagedChunk(str(error)) from None

    def _places(self) -> Iterator[_Place]:
        """The families, each with the number of its first column."""
        at = 2
        for family in self._layout:
            if family[1]:
                yield at, family
            at += len(family[1])


def _open(body: bytes, width: int, count: int) -> tuple[Any, Any, columns.Columns]:
    plain = inflate(body)
    at = 4 + int.from_bytes(plain[:4], "little")
    marks, gaps = json.loads(plain[4:at])
    return marks, gaps, columns.Columns(plain[at:], width, count)


def _mappings(keys: Sequence[Key], columns: Sequence[Iterable[T]]) -> Iterator[dict[Key, T]]:
    """Row by row what stands in the column of each key; made without a step in Python, because
    charts are made of ten thousands. At least one column."""
    if len(columns) == 1:
        key = keys[0]
        return iter([{key: value} for value in columns[0]])
    return map(dict, map(zip, repeat(keys), zip(*columns, strict=True)))


def _present(places: Sequence[_Place], families: Families, absent: set[int]) -> Families:
    """All but what stands in columns that have nothing there."""
    found = {}
    for at, (name, _) in places:
        column = enumerate(families[name].items(), at)
        present = {key: value for number, (key, value) in column if number not in absent}
        if present:
            found[name] = present
    return found


def _per_row(marks: Sequence[tuple[int, str, str]], count: int) -> list[tuple[Status, str]]:
    """Status and note of every row; empty where there is nothing to say."""
    if not marks:
        return []
    rows = [(Status.OK, "")] * count
    for row, status, note in marks:
        rows[row:] = [(Status(status), str(note))] * (count - row)
    return rows


def _absent(gaps: Sequence[tuple[int, int, int]]) -> dict[int, set[int]]:
    """Row to the columns that have nothing there."""
    absent: dict[int, set[int]] = {}
    for column, start, stop in gaps:
        for row in range(start, stop):
            absent.setdefault(row, set()).add(column)
    return absent
