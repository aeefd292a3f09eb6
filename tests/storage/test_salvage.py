"""What is left of a damaged file comes back while recording goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.sqlite import SqliteStore
from tests.faults.recorder import derive, table
from tests.storage.batches import ALL, WALL, stream
from tests.storage.history_file import FOREVER, everything, query, spoil

LONG = 6000


def open_one(path: Path) -> SqliteStore:
    return SqliteStore(path, retention=1e6, quota=64 << 20, ours=True, derive=derive)


def record(path: Path) -> list[Batch]:
    store = open_one(path)
    batches = stream(LONG)
    for begin in range(0, LONG, 60):
        store.append(batches[begin : begin + 60])
        at = batches[begin]
        store.append([replace(at, collector="process", processes=table(begin))])
        store.flush()
    store.close()
    return batches


def flushes(store: SqliteStore, count: int) -> None:
    for n in range(count):
        store.append(stream(1, begin=20_000.0 + n))
        store.flush()


def zeroed(first: int, last: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[: 4096 * first] + bytes(4096 * (last - first)) + raw[4096 * last :]


def test_rows_beside_the_damage_are_saved(path: Path) -> None:
    batches = record(path)
    pages = path.stat().st_size // 4096
    spoil(path, zeroed(pages // 2, pages // 2 + 3))
    store = open_one(path)
    assert "kept as" in store.notice, "taking up the rollups meets it"
    flushes(store, 40)
    found = [item for item in everything(store) if item.wall < WALL + LONG]
    assert len(found) > LONG // 3
    assert [item.wall for item in found] == sorted(item.wall for item in found)
    known = {item.wall: item for item in batches}
    assert all(item.families == known[item.wall].families for item in found)
    assert "pieces of it were saved" in store.notice
    store.close()
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_whole_file_set_aside_comes_back_whole(path: Path) -> None:
    batches = record(path)
    before = open_one(path)
    curve = before.series("twice", WALL, WALL + LONG, 10)
    tables = list(before.processes(*FOREVER))
    assert curve
    before._on_damage(True)
    flushes(before, 40)
    assert [item for item in everything(before) if item.wall < WALL + LONG] == batches
    assert before.series("twice", WALL, WALL + LONG, 10) == curve
    assert list(before.processes(*FOREVER)) == tables
    before.close()
    again = open_one(path)
    flushes(again, 2)
    assert len(list(again.read(*FOREVER, collectors=ALL))) == LONG + 40 + 2
    again.close()


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_survived(path: Path, seed: int) -> None:
    record(path)
    random = Random(seed)

    def garbage(raw: bytes) -> bytes:
        spoilt = bytearray(raw)
        for _ in range(10):
            at = random.randrange(len(raw) - 512)
            spoilt[at : at + 512] = random.randbytes(512)
        return bytes(spoilt)

    spoil(path, garbage)
    store = open_one(path)
    store._on_damage(True)
    flushes(store, 60)
    assert everything(store)[-1].wall == WALL + 20_059.0
    assert store._salvage is None
    store.close()
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
