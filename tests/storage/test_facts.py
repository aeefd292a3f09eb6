"""What recorded processes are: packed beside their figures, found again, and let go with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_process import PACK_SECONDS
from sysmon_tui.storage.tables import Facts, decode_facts, encode_facts
from tests.storage.batches import MONO, WALL
from tests.storage.history_file import FOREVER, open_one, query

MANY = int(PACK_SECONDS) // 5 + 1
"""Tables, five seconds apart, that are packed."""


def table(*names: str) -> ProcessTable:
    rows = tuple(
        ProcessRow(
            pid=sum(map(ord, name)),
            start_time=1.5,
            ppid=1,
            uid=0,
            name=SafeText(name),
            state="S",
            cpu=0.1234,
            cpu_seconds=12.5,
            rss=4096,
            threads=1,
            nice=0,
            kernel=name == "kthread",
        )
        for name in names
    )
    details = {row.pid: ProcessDetail(SafeText(f"/{row.name}"), SafeText("root")) for row in rows}
    return ProcessTable(rows=rows, details=details)


def put(store: SqliteStore, first: int, count: int, *names: str) -> None:
    """Tables of processes with these names, written one by one."""
    for n in range(first, first + count):
        at = 5.0 * n
        found = table(*names)
        store.append([Batch(collector="process", wall=WALL + at, mono=MONO + at, processes=found)])
        store.flush()


def names_of(store: SqliteStore) -> list[list[str]]:
    return [[str(row.name) for row in found.rows] for _, found in store.processes(*FOREVER)]


def count(path: Path, name: str) -> int:
    return int(query(path, f"SELECT count(*) FROM {name}")[0][0])


def test_facts_come_back_as_they_were() -> None:
    facts = [
        Facts(7, 1.5, 1, 0, "a", False, "/a", "root", "/x"),
        Facts(8, 2.5, 1, 0, "b", True, "", ""),
    ]
    assert decode_facts(encode_facts(facts)) == facts
    with pytest.raises(DamagedChunk):
        decode_facts(encode_facts(facts)[:-1])


def test_rows_of_their_own_until_they_are_packed(path: Path) -> None:
    store = open_one(path)
    put(store, 0, MANY - 1, "one", "kthread")
    assert (count(path, "process"), count(path, "fact")) == (2, 0)
    put(store, MANY - 1, 1, "one", "late")
    assert query(path, "SELECT id, count FROM fact") == [(1, 3)]
    assert count(path, "process") == 0
    found = dict(store.processes(*FOREVER))
    assert len(found) == MANY
    assert found[WALL] == table("one", "kthread")
    assert [str(row.name) for row in found[WALL + 5.0 * (MANY - 1)].rows] == ["one", "late"]
    store.close()


def test_old_facts_live_as_long_as_they_are_used(path: Path) -> None:
    store = open_one(path)
    put(store, 0, MANY, "lasting")
    put(store, MANY, MANY, "lasting", "second")
    assert query(path, "SELECT id, count, t1 FROM fact") == [
        (1, 1, WALL + 5.0 * (2 * MANY - 1)),
        (2, 1, WALL + 5.0 * (2 * MANY - 1)),
    ]
    store.close()
    again = open_one(path)
    put(again, 2 * MANY, 1, "third")
    assert query(path, "SELECT id FROM process") == [(3,)], "numbers go on"
    assert names_of(again)[-2:] == [["lasting", "second"], ["third"]]
    again.close()


def test_damaged_facts_cost_their_processes_alone(path: Path) -> None:
    store = open_one(path)
    put(store, 0, MANY, "lost")
    put(store, MANY, MANY, "kept")
    query(path, "UPDATE fact SET crc = crc + 1 WHERE id = 1")
    assert names_of(store) == [[]] * MANY + [["kept"]] * MANY
    assert "damaged" in store.notice
    store.close()


def test_facts_are_saved_from_a_damaged_file(path: Path) -> None:
    store = open_one(path)
    put(store, 0, MANY, "one")
    put(store, MANY, 1, "two")
    before = list(store.processes(*FOREVER))
    store._on_damage(True)
    put(store, MANY + 1, 2, "two")
    assert list(store.processes(*FOREVER))[: len(before)] == before
    store.close()


def test_facts_go_with_the_tables_that_needed_them(path: Path) -> None:
    store = open_one(path)
    put(store, 0, MANY, "old")
    put(store, 200_000, MANY, "new")
    put(store, 400_000, 1, "newest")
    store.flush()
    store.close()
    assert query(path, "SELECT id FROM fact") == [(3,)]
