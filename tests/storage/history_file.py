"""A history file, its store, and ways to look into it and to spoil it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.sqlite import SqliteStore
from tests.storage.batches import ALL, batch

FOREVER = (0.0, 1e12)


def open_one(path: Path, *, retention: float = 86400.0, quota: int = 64 << 20) -> SqliteStore:
    return SqliteStore(path, retention=retention, quota=quota, ours=True)


def record(path: Path, batches: list[Batch]) -> None:
    store = open_one(path)
    store.append(batches)
    store.close()


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(path)
    try:
        with db:
            return db.execute(sql).fetchall()
    finally:
        db.close()


def everything(store: SqliteStore) -> list[Batch]:
    return list(store.read(*FOREVER, collectors=ALL))


def disk_use(path: Path) -> int:
    return sum(
        file.stat().st_size
        for file in path.parent.glob(f"{path.name}*")
        if not file.name.endswith(".lock")
    )


def noise(count: int, begin: float, random: Random) -> Iterator[Batch]:
    """Batches that nothing makes smaller: 40 series of random doubles."""
    for n in range(count):
        family = {labels(core=str(core)): random.random() for core in range(40)}
        yield replace(batch(begin + n), families={"noise": family})


def spoil(path: Path, how: Callable[[bytes], bytes]) -> None:
    path.write_bytes(how(path.read_bytes()))
