"""Retention and quota of the history file."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sysmon_tui.model.errors import StoreError
from tests.storage.batches import ALL, batch, shown
from tests.storage.history_file import FOREVER, disk_use, noise, open_one, query


def test_the_quota_holds_and_the_newest_stays(path: Path) -> None:
    quota = 1 << 20
    store = open_one(path, quota=quota)
    random = Random(1)
    largest = 0
    for begin in range(0, 9000, 60):
        store.append(noise(60, begin, random))
        store.flush()
        largest = max(largest, disk_use(path))
    found = shown(store.read(*FOREVER, collectors=ALL))
    store.close()
    assert quota // 2 < largest <= quota
    assert found[-1] == (8999.0, "cpu")
    assert 1000 < len(found) < 8000
    assert [at for at, _ in found] == [found[0][0] + n for n in range(len(found))]


def test_a_lowered_quota_shrinks_the_file(path: Path) -> None:
    store = open_one(path, quota=8 << 20)
    random = Random(2)
    for begin in range(0, 9000, 300):
        store.append(noise(300, begin, random))
        store.flush()
    store.close()
    assert disk_use(path) > 2 << 20
    store = open_one(path, quota=1 << 20)
    store.append(noise(1, 9000.0, random))
    store.flush()
    assert disk_use(path) <= 1 << 20
    assert shown(store.read(*FOREVER, collectors=ALL))[-1] == (9000.0, "cpu")
    store.close()


def test_old_history_gives_its_pages_back(path: Path) -> None:
    store = open_one(path, retention=3600.0)
    random = Random(3)
    for begin in range(0, 3600, 300):
        store.append(noise(300, begin, random))
        store.flush()
    full = query(path, "PRAGMA page_count")[0][0]
    for begin in range(10_000, 10_600, 10):
        store.append([batch(float(begin), x=1.0)])
        store.flush()
    store.close()
    # What is left are the rollups, which are kept for longer.
    assert query(path, "PRAGMA page_count")[0][0] < full // 2
    assert path.stat().st_size < full * 4096 // 2


def test_what_cannot_fit_is_an_error(path: Path) -> None:
    store = open_one(path, quota=1)
    store.append(noise(3000, 0.0, Random(4)))
    with pytest.raises(StoreError, match="full"):
        store.flush()
    with pytest.raises(StoreError):
        store.close()
    assert not store.recording
