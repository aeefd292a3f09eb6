"""Batches of one collector as one compact blob, and back one by one.

`Builder` takes batches in as columns (8 bytes a sample); a store encodes the rows it wants durable.
`Chunk` is such a blob that makes its batches, or single columns, on demand. Which series the
columns are is kept apart from the blob as a `Layout`, because it hardly ever changes from one chunk
to the next.

Kept are times, figures, status and note. Not kept: process tables (`tables` has those), cost,
families without series.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, TypeAlias

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import Metrics
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage import codec

Layout: TypeAlias = tuple[tuple[str, tuple[Labels, ...]], ...]
"""The columns in order: metric names, each with the labels of its series."""

_Family: TypeAlias = tuple[str, list[tuple[int, Labels, "array[float]"]]]
"""A metric, and its series with the numbers of their columns."""

_LEVEL, _QUICK_LEVEL = 6, 1
_BLOCKS = 6
"""zlib's `memLevel`: every 4096 symbols get codes of their own (deflateInit2 has 16,384)."""
_SIZE_LIMIT = 64 << 20
"""Bytes a blob may inflate to; one of ours has a hundredth of that."""


class DamagedChunk(ValueError):
    """A blob that is not what was written."""


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
        self._unpacked: dict[Metrics, list[_Family]] = {}

    def batch(self, row: int, mono: float, metrics: Metrics = None) -> Batch:
        """One row of many, with the monotonic time the reader gives it, and of those `metrics`
        alone: their columns are decoded and kept."""
        families = self._unpacked.get(metrics)
        if families is None:
            families = self._unpacked[metrics] = self._unpack(metrics)
        return self._batch(row, mono, self._figures(families, row))

    def single(self, row: int, mono: float) -> Batch:
        """One row on its own: no column is decoded for it."""
        return self._batch(row, mono, self._figures_alone(row))

    def _batch(self, row: int, mono: float, families: Families) -> Batch:
        status, note = self._marks[row] if self._marks else (Status.OK, "")
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

    def _figures(self, families: Iterable[_Family], row: int) -> Families:
        absent = self._absent.get(row)
        if absent is None:
            return {
                name: {key: column[row] for _, key, column in found} for name, found in families
            }
        return {
            name: present
            for name, series in families
            if (present := {key: col[row] for at, key, col in series if at not in absent})
        }

    def _figures_alone(self, row: int) -> Families:
        absent = self._absent.get(row, ())
        figure = self._columns.at
        families = {}
        try:
            for at, (name, series) in self._places():
                present = {
                    key: figure(number, row)
                    for number, key in enumerate(series, at)
                    if number not in absent
                }
                if present:
                    families[name] = present
        except OverflowError as error:
            raise DamagedChunk(str(error)) from None
        return families

    def _unpack(self, metrics: Metrics) -> list[_Family]:
        return [
            (name, [(number, key, self._column(number)) for number, key in enumerate(series, at)])
            for at, (name, series) in self._places()
            if metrics is None or name in metrics
        ]

    def _places(self) -> Iterator[tuple[int, tuple[str, tuple[Labels, ...]]]]:
        """The families, each with the number of its first column."""
        at = 2
        for family in self._layout:
            yield at, family
            at += len(family[1])


def deflate(plain: bytes) -> bytes:
    """The smaller of two: noise takes a tenth less in short blocks and without short matches;
    what is regular takes more, because every block brings its codes."""
    noise = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _BLOCKS, zlib.Z_FILTERED)
    return min(zlib.compress(plain, _LEVEL), noise.compress(plain) + noise.flush(), key=len)


def inflate(body: bytes) -> bytes:
    """Raises `ValueError` for less than a whole blob, or more than one of ours can be."""
    inflater = zlib.decompressobj()
    plain = inflater.decompress(body, _SIZE_LIMIT)
    if not inflater.eof:
        raise ValueError("not the whole blob")
    return plain


def _open(body: bytes, width: int, count: int) -> tuple[Any, Any, codec.Columns]:
    plain = inflate(body)
    at = 4 + int.from_bytes(plain[:4], "little")
    marks, gaps = json.loads(plain[4:at])
    return marks, gaps, codec.Columns(plain[at:], width, count)


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
