"""Sorting more than fits in memory: runs on disk, merged a few at a time.

Some formats keep all samples of a series together and a store keeps all of a moment together, so
between the two everything is sorted. Temporary files have no name: nothing is left behind.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Generic, TypeVar

import msgspec

from sysmon_tui.model.errors import StoreError

HELD = 20_000
"""Records in memory at once."""
FAN = 16
"""Runs merged at once."""
BUFFER = 1 << 14
"""Bytes of a run in memory."""
_LENGTH = 4

R = TypeVar("R", bound=tuple[object, ...])


class Sorter(Generic[R]):
    """Takes records, which are tuples, and gives them back in order; for one use."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[R], directory: Path | None = None) -> None:
        """Runs are put into `directory`, or where the system has temporary files."""
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder = decoder
        self._directory = directory
        self._levels: list[list[IO[bytes]]] = []
        """Runs by how often they were merged, so that each record is written but a few times."""

    def sorted(self, records: Iterable[R]) -> Iterator[R]:
        """Raises `StoreError` where there is no room for the runs."""
        iterator = iter(records)
        try:
            while held := list(islice(iterator, HELD)):
                held.sort()
                self._keep(held, 0)
                del held
            runs = [run for level in self._levels for run in level]
            yield from heapq.merge(*map(self._read, runs))
        finally:
            for level in self._levels:
                _close(level)

    def _keep(self, records: Iterable[R], level: int) -> None:
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(self._write(records))
        if len(runs) == FAN:
            self._keep(heapq.merge(*map(self._read, runs)), level + 1)
            _close(runs)

    def _write(self, records: Iterable[R]) -> IO[bytes]:
        try:
            run = tempfile.TemporaryFile(buffering=BUFFER, dir=self._directory)  # noqa: SIM115 - `sorted` closes it
            for record in records:
                body = self._encode(record)
                run.write(len(body).to_bytes(_LENGTH, "little"))
                run.write(body)
            run.seek(0)
        except OSError as error:
            raise StoreError(
                f"there is no room to sort in: {error.strerror}",
                "Free space, or set TMPDIR to a place with more",
            ) from None
        return run

    def _read(self, run: IO[bytes]) -> Iterator[R]:
        while head := run.read(_LENGTH):
            yield self._decoder.decode(run.read(int.from_bytes(head, "little")))


def _close(runs: list[IO[bytes]]) -> None:
    """Which also deletes them."""
    for run in runs:
        run.close()
    runs.clear()
