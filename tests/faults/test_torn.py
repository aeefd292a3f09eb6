"""The power fails while history is written: what was whole on the disk is there, and no more.

Images of the disk: the database's log cut at every 512 bytes, or with one such sector as it was
before (zeros) or never was (noise) while later ones are written; files of lines cut anywhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from random import Random

import pytest

from sysmon_tui.model.ports import Store
from sysmon_tui.storage import open_past, open_store
from tests.faults.recorder import EACH, derive, table
from tests.storage.batches import WALL, stream
from tests.storage.history_file import query

SECTOR = 512
CPU = frozenset({"cpu"})
CHECKPOINTED = 5
"""Flushes that were in the database before its log was begun anew."""
IMAGES = [20, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]

Tear = Callable[[bytes, int], bytes]


def cut(raw: bytes, at: int) -> bytes:
    return raw[:at]


def zeroed(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes(SECTOR) + raw[at + SECTOR :]


def noisy(raw: bytes, at: int) -> bytes:
    return raw[:at] + Random(at).randbytes(SECTOR) + raw[at + SECTOR :]


@dataclass(frozen=True)
class Written:
    """What was on the disk while a recorder recorded."""

    state: Path
    url: str
    file: str
    """The one that was written when the power failed."""
    ends: tuple[int, ...]
    """Its size after each flush."""
    before: int = 0
    """Flushes that are safe elsewhere."""

    def image(self, place: Path, tear: Tear, at: int) -> int:
        """Put there what the disk has after it; how many flushes of that are whole."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.state, place)
        path = place / self.file
        raw = path.read_bytes()
        torn = tear(raw, at)
        path.write_bytes(torn)
        # Much of a page is zeros, and a sector of them is none the worse for being zeroed.
        return self.before + sum(end <= at or torn == raw for end in self.ends)


def open_one(url: str, place: Path) -> Store:
    store = open_store(url, state=place, retention=1e9, quota=64 << 20, derive=derive)
    assert store.recording
    return store


def flush(store: Store, number: int) -> None:
    begin = EACH * number
    store.append(stream(EACH, begin=begin))
    store.append([replace(stream(1, "disk", begin)[0], processes=table(number))])
    store.flush()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A database with a log of which no page was taken over yet."""
    state = tmp_path_factory.mktemp("state")
    path = state / "history"
    store = open_one(f"sqlite://{path}", state)
    log = path.with_name("history-wal")
    for number in range(CHECKPOINTED):
        flush(store, number)
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    ends: list[int] = []
    while not ends or ends[-1] < 501 * SECTOR:
        flush(store, CHECKPOINTED + len(ends))
        ends.append(log.stat().st_size)
    copy = tmp_path_factory.mktemp("disk")
    for name in ("history", "history-wal"):
        shutil.copy(state / name, copy)
    store.close()
    return Written(copy, "sqlite://{}/history", "history-wal", tuple(ends), CHECKPOINTED)


@pytest.mark.parametrize("tear", [cut, zeroed, noisy])
@pytest.mark.parametrize("images", IMAGES)
def test_a_log_that_is_torn_at_any_sector(
    database: Written, tmp_path: Path, tear: Tear, images: int
) -> None:
    for number in range(images):
        at = SECTOR * (number * 500 // images)
        whole = database.image(tmp_path / "state", tear, at)
        assert examined(database.url, tmp_path / "state") == whole, at
        assert query(tmp_path / "state" / "history", "PRAGMA integrity_check") == [("ok",)]


@pytest.fixture(scope="module", params=["", "?gzip"], ids=["plain", "gzip"])
def lines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    state = tmp_path_factory.mktemp("state")
    url = "jsonl://{}/lines" + str(request.param)
    store = open_one(url.format(state), state)
    ends: list[int] = []
    for number in range(200):
        flush(store, number)
        (path,) = (state / "lines").glob("*.jsonl*")
        ends.append(path.stat().st_size)
    store.close()
    return Written(state, url, f"lines/{path.name}", tuple(ends))


@pytest.mark.parametrize("images", IMAGES)
def test_a_file_of_lines_that_is_torn_anywhere(lines: Written, tmp_path: Path, images: int) -> None:
    for number in range(images):
        at = lines.ends[-1] * number // images
        whole = lines.image(tmp_path / "state", cut, at)
        # Of lines that are not packed, some of a torn flush may be whole.
        assert whole <= examined(lines.url, tmp_path / "state") <= whole + 1, at


def examined(url: str, place: Path) -> int:
    """Whole flushes that the next recorder finds, none missing; it goes on after them."""
    url = url.format(place)
    store = open_one(url, place)
    before = seconds(url, place)
    flush(store, 1000)
    store.close()
    after = seconds(url, place)
    assert after == [*before, *range(1000 * EACH, 1001 * EACH)]
    assert before == list(range(len(before)))
    return len(before) // EACH


def seconds(url: str, place: Path) -> list[int]:
    past = open_past(url, state=place, derive=derive)
    return [round(item.wall - WALL) for item in past.read(0.0, inf, collectors=CPU)]
