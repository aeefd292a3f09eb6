"""Recorded figures in a history file, its writer's side.

Each flush appends the new rows of every collector as small quickly coded chunks. Now and then
all that a collector has in memory is coded again as one well packed chunk that replaces them (one
collector a flush, so that the work is spread); when that is long enough, it stays. Long chunks
take fewer bytes a sample, and few chunks are quickly read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.builder import Builder, Encoded
from sysmon_tui.storage.layout import Layout, pack_layout
from sysmon_tui.storage.numbers import Numbers

PACK_ROWS, PACK_SECONDS = 300, 900.0
"""A collector's rows are packed when there are so many new ones, or over so long a time."""
SEAL_ROWS, SEAL_SECONDS = 900, 3600.0
"""When there are so many in all, or over so long a time, they are packed for the last time."""
SEAL_BYTES = 64 << 10
"""So large a chunk gains nothing by becoming larger, and would only take room twice meanwhile."""

LAYOUTS = 64
"""Layouts remembered; a machine whose devices come and go makes ever new ones."""


@dataclass(slots=True)
class _Tail:
    """One collector's rows since its last sealed chunk."""

    builder: Builder = field(default_factory=Builder)
    durable: int = 0
    """Rows that are on disk, in the chunks below."""
    packed: int = 0
    """Rows that the first of them has, well packed."""
    chunks: list[int] = field(default_factory=list)

    @property
    def ripe(self) -> bool:
        fresh = len(self.builder) - self.packed
        return fresh >= PACK_ROWS or self.builder.since(self.packed) >= PACK_SECONDS

    @property
    def full(self) -> bool:
        return len(self.builder) >= SEAL_ROWS or self.builder.since(0) >= SEAL_SECONDS


class Piece(NamedTuple):
    """A chunk to be."""

    collector: str
    encoded: Encoded
    packed: bool
    """It has all of the tail and replaces what of it is on disk."""
    sealed: bool
    """And nothing will replace it."""


class Tails:
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._tails: dict[str, _Tail] = {}
        self._layouts: dict[Layout, int] = {}
        self._session = 0
        self._written: list[int] = []

    def add(self, batch: Batch) -> None:
        self._tails.setdefault(batch.collector, _Tail()).builder.add(batch)

    def enter(self, db: sqlite3.Connection) -> None:
        """Learn a new connection's numbers."""
        self._layouts.clear()
        (last,) = db.execute("SELECT coalesce(max(session), 0) FROM chunk").fetchone()
        # After a reconnection it is still the session it was.
        self._session = self._session or last + 1

    def start_afresh(self) -> None:
        """Another file takes the place of the one that was: everything in memory is new to it."""
        for tail in self._tails.values():
            tail.durable = tail.packed = 0
            tail.chunks.clear()

    def encode(self, *, seal: bool) -> list[Piece]:
        """What is to be written; `seal` says that nothing will come after it."""
        ripe = (tail for tail in self._tails.values() if tail.ripe)
        ripest = max(ripe, key=lambda tail: len(tail.builder) - tail.packed, default=None)
        pieces = []
        for name, tail in self._tails.items():
            if len(tail.builder) and (seal or tail is ripest):
                whole = tail.builder.encode()
                full = tail.full or len(whole.body) >= SEAL_BYTES
                pieces.append(Piece(name, whole, True, seal or full))
            elif tail.durable < len(tail.builder):
                fresh = tail.builder.encode(tail.durable, quick=True)
                pieces.append(Piece(name, fresh, False, False))
        return pieces

    def write(
        self, db: sqlite3.Connection, pieces: Sequence[Piece], number: Callable[[str], int]
    ) -> None:
        """In the caller's transaction; `number` gives a collector's id."""
        self._written = [self._insert(db, piece, number(piece.collector)) for piece in pieces]
        db.executemany(
            "DELETE FROM chunk WHERE id = ?",
            [(n,) for piece in pieces if piece.packed for n in self._tails[piece.collector].chunks],
        )

    def written(self, pieces: Sequence[Piece]) -> None:
        """The transaction is done."""
        for piece, number in zip(pieces, self._written, strict=True):
            tail = self._tails[piece.collector]
            if piece.sealed:
                self._tails[piece.collector] = _Tail()
                continue
            tail.durable = len(tail.builder)
            if piece.packed:
                tail.packed = tail.durable
                tail.chunks.clear()
            tail.chunks.append(number)

    def tidied(self, *, layouts_gone: bool) -> None:
        if layouts_gone or len(self._layouts) > LAYOUTS:
            self._layouts.clear()

    def _insert(self, db: sqlite3.Connection, piece: Piece, collector: int) -> int:
        encoded, numbers = piece.encoded, self._numbers
        number = numbers.lasting("chunk") if piece.sealed else numbers.loose(db, "chunk")
        db.execute(
            "INSERT INTO chunk (id, collector, session, t0, t1, m1, count, crc, layout, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                collector,
                self._session,
                *encoded.wall,
                encoded.mono[1],
                encoded.count,
                crc32(encoded.body),
                self._layout(db, encoded.layout),
                encoded.body,
            ),
        )
        return number

    def _layout(self, db: sqlite3.Connection, layout: Layout) -> int:
        number = self._layouts.get(layout)
        if number is None:
            cursor = db.execute("INSERT INTO layout (body) VALUES (?)", (pack_layout(layout),))
            number = self._layouts[layout] = cursor.lastrowid or 0
        return number
