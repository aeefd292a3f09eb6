"""How far long work is, on stderr where that is a terminal, else nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import IO, TypeVar

import click

from sysmon_tui.model.sample import Batch

PARTS = 1000
T = TypeVar("T")


def by_time(batches: Iterable[Batch], end: float, word: str) -> Iterator[Batch]:
    """Hands batches on; the first one's time is the beginning."""
    if not _watched():
        yield from batches
        return
    with click.progressbar(length=PARTS, label=word, file=sys.stderr) as bar:
        done, start = 0, None
        for batch in batches:
            start = batch.wall if start is None else start
            part = int(PARTS * (batch.wall - start) / max(1.0, end - start))
            if part > done:
                bar.update(part - done)
                done = part
            yield batch
        bar.update(PARTS - done)


def by_place(things: Iterable[T], file: IO[bytes], size: int, word: str) -> Iterator[T]:
    """Hands on what is read from a file of `size` bytes."""
    if not size or not _watched():
        yield from things
        return
    with click.progressbar(length=PARTS, label=word, file=sys.stderr) as bar:
        done = 0
        for thing in things:
            part = PARTS * file.tell() // size
            if part > done:
                bar.update(part - done)
                done = part
            yield thing
        bar.update(PARTS - done)


def _watched() -> bool:
    return sys.stderr.isatty()
