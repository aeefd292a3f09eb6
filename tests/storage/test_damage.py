"""History files that are damaged, foreign or too new."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.registry import derive
from sysmon_tui.security.lock import FileLock
from sysmon_tui.storage.sqlite_form import FORM
from sysmon_tui.storage.sqlite_past import SqlitePast
from sysmon_tui.storage.sqlite_rollup import Rollups
from tests.storage.batches import ALL, shown, stream
from tests.storage.history_file import FOREVER, everything, open_one, query, record, spoil


def damage_chunk(path: Path, number: int, column: str, value: str) -> None:
    query(path, f"UPDATE chunk SET {column} = {value} WHERE id = {number}")


def three_chunks(path: Path) -> None:
    for begin in (0.0, 10.0, 20.0):
        record(path, stream(10, begin=begin))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", "zeroblob(50)"),
        ("crc", "crc + 1"),
        ("layout", "999"),
        ("count", "11"),
    ],
)
def test_a_bad_chunk_is_left_out_and_told_of(path: Path, column: str, value: str) -> None:
    three_chunks(path)
    damage_chunk(path, 2, column, value)
    store = open_one(path)
    assert [at for at, _ in shown(store.read(*FOREVER, collectors=ALL))] == [
        *range(10),
        *range(20, 30),
    ]
    assert store.notice == "1 damaged pieces of history were left out"
    store.close()


@pytest.mark.parametrize(
    "how",
    [
        lambda _raw: b"",
        lambda _raw: b"This is no database at all, and long enough for a header." * 9,
        lambda raw: raw[:16] + bytes(84) + raw[100:],
        lambda raw: raw[:100] + b"\xff" * 4000 + raw[4100:],
        lambda raw: raw[:2000],
    ],
)
def test_a_file_beyond_use_is_set_aside(path: Path, how: Callable[[bytes], bytes]) -> None:
    record(path, stream(50))
    spoil(path, how)
    raw = path.read_bytes()
    os.utime(path, (1234, 1234))
    store = open_one(path)
    assert store.recording
    assert store.notice.endswith("kept as history.sqlite.corrupt-1234")
    assert path.with_name("history.sqlite.corrupt-1234").read_bytes() == raw
    store.append(stream(5))
    store.flush()
    assert everything(store) == stream(5)
    store.close()


def test_another_programs_file_in_our_place_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    query(path, "CREATE TABLE theirs (x)")
    store = open_one(path)
    assert "another program's" in store.notice
    store.close()


def test_only_the_newest_spoilt_files_are_kept(path: Path) -> None:
    path.parent.mkdir()
    for at in (1, 2, 3, 3):
        path.write_bytes(b"junk" * 50)
        os.utime(path, (at, at))
        open_one(path).close()
    found = sorted(file.name for file in path.parent.glob("*.corrupt-*"))
    assert found == ["history.sqlite.corrupt-3", "history.sqlite.corrupt-3-2"]


def rot(path: Path, table: str, change: str) -> None:
    """Make a change that a strict table does not let anybody make."""
    strict = query(path, f"SELECT sql FROM sqlite_schema WHERE name = '{table}'")[0][0]
    for sql in (strict.replace("STRICT, ", ""), strict):
        db = sqlite3.connect(path)
        with db:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, table))
        db.close()
        if sql != strict:
            query(path, change)


def test_a_series_that_stands_at_no_place(path: Path) -> None:
    """Bits that turn in the head of a row make a number bytes."""
    record(path, stream(300))
    rot(path, "series", "UPDATE series SET slot = x'00' WHERE slot = 0")
    assert ("blob",) in query(path, "SELECT typeof(slot) FROM series")
    store = open_one(path)
    assert store.notice.startswith("History was damaged; kept as history.sqlite.corrupt-")
    store.append(stream(5, begin=300.0))
    store.flush()
    assert shown(store.read(*FOREVER, collectors=ALL)) == [(n * 1.0, "cpu") for n in range(305)]
    store.close()


def test_a_schema_of_bytes_that_are_no_text(path: Path) -> None:
    """SQLite's message quotes them, and Python fails at reading it."""
    record(path, stream(5))
    raw = path.read_bytes()
    assert raw.count(b"CREATE TABLE layout") == 1
    path.write_bytes(raw.replace(b"CREATE TABLE layout", b"CREATE TABL\xcc layout"))
    with pytest.raises(StoreError, match="malformed"):
        list(SqlitePast(path, derive).read(*FOREVER, collectors=ALL))
    store = open_one(path)
    assert store.notice.startswith("History was damaged; kept as history.sqlite.corrupt-")
    store.append(stream(5))
    store.flush()
    assert everything(store) == stream(5)
    store.close()


def test_pages_that_are_met_only_after_the_file_looked_right(path: Path) -> None:
    for begin in range(0, 3000, 100):
        record(path, stream(100, begin=begin))
    spoil(path, lambda raw: raw[:4096] + b"\xff" * (len(raw) - 4096))
    store = open_one(path)
    store.append(stream(5))
    store.flush()
    assert everything(store) == stream(5)
    assert "damaged" in store.notice
    store.close()


@pytest.mark.parametrize("reader_meets_it", [False, True])
def test_damage_while_it_is_open_is_mended_by_the_next_flush(
    path: Path, reader_meets_it: bool
) -> None:
    store = open_one(path)
    store.append(stream(300))
    store.flush()
    store.append(stream(5, begin=300.0))
    store.flush()
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    if reader_meets_it:
        with pytest.raises(StoreError):
            everything(store)
    store.append(stream(1, begin=305.0))
    store.flush()
    # The rows not yet packed for good were still in memory.
    assert shown(store.read(*FOREVER, collectors=ALL)) == [(n * 1.0, "cpu") for n in range(306)]
    assert "damaged" in store.notice
    store.close()


def test_a_damaged_file_that_is_gone_or_stuck(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_one(path)
    store.append(stream(5))
    store.flush()

    def refuse(_path: Path) -> Path:
        raise PermissionError(1, "Operation not permitted")

    store._on_damage(True)
    with monkeypatch.context() as patch:
        patch.setattr("sysmon_tui.storage.sqlite.set_aside", refuse)
        with pytest.raises(StoreError, match="Operation not permitted"):
            store.flush()
    path.unlink()
    store.flush()
    assert everything(store) == stream(5)
    assert store.notice == ""
    store.close()


def test_a_file_without_its_tables_is_an_error_but_no_damage(path: Path) -> None:
    store = open_one(path)
    store.append(stream(5))
    store.flush()
    query(path, "DROP TABLE chunk")
    with pytest.raises(StoreError, match="no such table"):
        everything(store)
    store.append(stream(5))
    with pytest.raises(StoreError, match="no such table"):
        store.flush()
    with pytest.raises(StoreError, match="no such table"):
        store.close()
    with pytest.raises(StoreError, match="no such table"):
        open_one(path)
    assert not list(path.parent.glob("*corrupt*"))


def test_a_newer_versions_file_is_left_alone(path: Path) -> None:
    record(path, stream(5))
    query(path, "PRAGMA user_version = 99")
    raw = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer version.*Update sysmon-tui"):
        open_one(path)
    assert path.read_bytes() == raw
    # Nor is it locked for the program that can use it.
    assert FileLock(path.with_name("history.sqlite.lock")).acquire()


def test_a_failed_migration_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, stream(5))
    from sysmon_tui.storage import sqlite as module

    step = ("CREATE TABLE extra (x)", "CREATE TABLE chunk (x)")
    newer = replace(FORM, migrations=(*FORM.migrations, step))
    monkeypatch.setattr(module, "FORM", newer)
    with pytest.raises(StoreError, match="already exists"):
        open_one(path)
    assert query(path, "PRAGMA user_version") == [(len(FORM.migrations),)]
    assert query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == [(0,)]


@pytest.mark.parametrize("labels", ["'[[\"a'", "'7'", "CAST(x'ff5b' AS TEXT)"])
def test_series_whose_labels_are_damaged_are_left_out(path: Path, labels: str) -> None:
    record(path, stream(400))
    query(path, f"UPDATE series SET labels = {labels} WHERE name = 'noise'")
    store = open_one(path)
    assert {key.name for key in store.known(*FOREVER)} >= {"ticks"}
    assert store.series("ticks", 1_700_000_000.0, 1_700_000_400.0, 4)
    store.series("noise", 1_700_000_000.0, 1_700_000_400.0, 4)
    store.append(stream(200, begin=400.0))
    store.close()
    assert len(everything(open_one(path))) == 600


def test_series_of_another_collector(path: Path) -> None:
    record(path, sorted(stream(400) + stream(400, "memory"), key=lambda item: item.wall))
    query(path, "UPDATE series SET collector = 3 - collector WHERE slot = 0")
    store = open_one(path)
    assert len(everything(store)) == 800
    store.close()


@pytest.mark.parametrize("seen_by", ["the store", "its reader", "neither"])
def test_damage_that_is_met_while_it_takes_up_where_it_ended(
    path: Path, monkeypatch: pytest.MonkeyPatch, seen_by: str
) -> None:
    record(path, stream(300))

    def meet(past: SqlitePast, *_: object, **__: object) -> Iterator[Batch]:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        if seen_by == "the store":
            raise error
        past._damaged(seen_by == "its reader")
        raise StoreError("malformed", "")

    monkeypatch.setattr(Rollups, "resume", lambda self, db, raw, _: list(raw("cpu", 0.0)))
    monkeypatch.setattr(SqlitePast, "read", meet)
    if seen_by == "neither":
        with pytest.raises(StoreError):
            open_one(path)
        return
    store = open_one(path)
    monkeypatch.undo()
    store.append(stream(5, begin=300.0))
    store.flush()
    assert "damaged" in store.notice
    store.close()
