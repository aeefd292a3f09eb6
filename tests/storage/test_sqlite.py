"""The history file: sessions, sealing, quota, damage, and who may write."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage import open_store
from sysmon_tui.storage.lock import FileLock
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_read import SESSION_GAP
from tests.storage.batches import ALL, MONO, WALL, batch, shown, stream

FOREVER = (0.0, 1e12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


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


def test_files_are_for_nobody_else(path: Path) -> None:
    store = open_one(path)
    store.append(stream(3))
    store.flush()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"history.sqlite", "history.sqlite-wal", "history.sqlite.lock"} <= set(modes)
    store.close()


def test_history_is_there_on_the_second_start(path: Path) -> None:
    record(path, stream(50))
    store = open_one(path)
    assert everything(store) == stream(50)
    store.close()


def test_no_rate_is_derived_across_two_sessions(path: Path) -> None:
    record(path, stream(3))
    # The machine was started anew: its monotonic clock and counters begin again.
    again = [replace(item, mono=item.mono - MONO) for item in stream(3, begin=60.0)]
    record(path, [*again, replace(again[-1], collector="disk")])
    record(path, stream(2, begin=120.0))
    store = open_one(path)
    found = everything(store)
    store.close()
    assert [item.wall - WALL for item in found] == [0, 1, 2, 60, 61, 62, 62, 120, 121]
    steps = [after.mono - before.mono for before, after in pairwise(found)]
    assert steps == [1.0, 1.0, SESSION_GAP, 1.0, 1.0, 0.0, SESSION_GAP, 1.0]


def test_rows_are_packed_after_a_while_one_collector_a_flush(path: Path) -> None:
    store = open_one(path)
    counts = []
    for begin in range(0, 330, 10):
        store.append(stream(10, begin=begin) + stream(10, "memory", begin))
        store.flush()
        counts.append(query(path, "SELECT count(*) FROM chunk")[0][0])
    # 29 flushes of two small chunks; then one collector's become one chunk, then the other's.
    assert counts[28:32] == [58, 1 + 30, 2 + 1, 2 + 3]
    found = everything(store)
    assert [item for item in found if item.collector == "cpu"] == [
        replace(item, wall=item.wall + begin, mono=item.mono + begin)
        for begin in range(0, 330, 10)
        for item in stream(10)
    ]
    assert len(found) == 660
    store.close()
    assert query(path, "SELECT count(*) FROM chunk")[0][0] == 4


def test_a_slow_collector_is_packed_by_age(path: Path) -> None:
    store = open_one(path)
    for at in range(0, 960, 60):
        store.append([batch(float(at), "disk", used=at * 1.0)])
        store.flush()
    assert query(path, "SELECT count FROM chunk ORDER BY id") == [(16,)]
    store.close()


def test_packed_rows_take_a_fraction_of_a_double(path: Path) -> None:
    figures = {labels(cpu=str(n)): n * 0.01 for n in range(64)}
    store = open_one(path)
    store.append(
        replace(
            batch(float(n)), families={"ticks": {key: value + n for key, value in figures.items()}}
        )
        for n in range(300)
    )
    store.close()
    ((size,),) = query(path, "SELECT sum(length(body)) FROM chunk")
    assert size < 64 * 300 * 0.1


def test_the_machine_changes_and_layouts_do_not_pile_up(path: Path) -> None:
    store = open_one(path, retention=1000.0)
    for begin in range(0, 40_000, 400):
        name = f"disk{begin}"
        store.append(batch(float(begin + n), "disk", **{name: n * 1.0}) for n in range(400))
        store.flush()
    assert query(path, "SELECT count(*) FROM layout")[0][0] <= 5
    last = next(iter(store.read(WALL + 39_990.0, WALL + 40_000.0, collectors=ALL)))
    assert list(last.families) == ["disk39600"]
    store.close()


def test_a_clock_that_is_wrong_once_does_not_take_the_history(path: Path) -> None:
    store = open_one(path, retention=3600.0)
    for begin in range(0, 2000, 10):
        store.append(stream(10, begin=begin))
        store.flush()
    before = len(everything(store))
    store.append([batch(1e9)])
    store.flush()
    assert before - len(everything(store)) < before
    store.close()


# Quota


def noise(count: int, begin: float, random: Random) -> Iterator[Batch]:
    """Batches that nothing makes smaller: 40 series of random doubles."""
    for n in range(count):
        family = {labels(core=str(core)): random.random() for core in range(40)}
        yield replace(batch(begin + n), families={"noise": family})


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
    assert query(path, "PRAGMA page_count")[0][0] < full // 4
    assert path.stat().st_size < full * 4096 // 4


def test_what_cannot_fit_is_an_error(path: Path) -> None:
    store = open_one(path, quota=1)
    store.append(noise(3000, 0.0, Random(4)))
    with pytest.raises(StoreError, match="full"):
        store.flush()
    with pytest.raises(StoreError):
        store.close()
    assert not store.recording


# One writer


def test_the_second_is_a_viewer_and_takes_over_when_the_first_ends(path: Path) -> None:
    first = open_one(path)
    first.append(stream(5))
    first.flush()
    second = open_one(path)
    assert first.recording
    assert not second.recording
    second.append(stream(5, "disk"))
    second.flush()
    assert everything(second) == stream(5)
    second.close()
    first.close()
    third = open_one(path)
    assert third.recording
    third.close()


def test_a_lock_is_held_across_processes(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.release()
    script = (
        "import sys; from pathlib import Path; from sysmon_tui.storage.lock import FileLock;"
        "print(FileLock(Path(sys.argv[1])).acquire())"
    )
    command = [sys.executable, "-c", script, str(lock.path)]
    assert lock.acquire()
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"
    lock.release()
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"True\n"


def test_a_lock_that_cannot_be_had_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_args: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with pytest.raises(OSError, match="not implemented"):
        FileLock(tmp_path / "lock").acquire()


# Damage


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


def spoil(path: Path, how: Callable[[bytes], bytes]) -> None:
    path.write_bytes(how(path.read_bytes()))


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
    # The rows not yet packed were still in memory.
    assert shown(store.read(*FOREVER, collectors=ALL)) == [(300.0 + n, "cpu") for n in range(6)]
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
    newer = replace(module.FORM, migrations=(*module.FORM.migrations, step))
    monkeypatch.setattr(module, "FORM", newer)
    with pytest.raises(StoreError, match="already exists"):
        open_one(path)
    assert query(path, "PRAGMA user_version") == [(1,)]
    assert query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == [(0,)]


# Where nothing may be written


def forbid_writing(store: SqliteStore) -> None:
    store._open().execute("PRAGMA query_only = ON")


def test_a_failed_flush_loses_nothing(path: Path) -> None:
    store = open_one(path)
    store.append(stream(5))
    forbid_writing(store)
    with pytest.raises(StoreError, match="Make the file and its directory writable"):
        store.flush()
    store.append(stream(5, begin=5.0))
    store.flush()
    assert everything(store) == stream(5) + [
        replace(item, wall=item.wall) for item in stream(5, begin=5.0)
    ]
    store.close()


def test_no_state_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Make its directory exist and writable"):
        open_one(tmp_path / "file" / "history.sqlite")


def test_history_is_read_where_the_lock_cannot_be_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(path, stream(5))

    def refuse(_lock: FileLock) -> bool:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    store = open_one(path)
    assert not store.recording
    assert store.notice.startswith("History is only read: ")
    assert everything(store) == stream(5)
    store.close()


def test_reading_without_a_file_finds_nothing(path: Path) -> None:
    store = open_one(path)
    path.unlink()
    assert everything(store) == []
    store.close()


# URLs


def test_a_file_named_by_url(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/my%20history.db"
    store = open_store(url, state=tmp_path / "state", retention=1e6, quota=1 << 24)
    store.append(stream(1))
    store.close()
    assert (tmp_path / "my history.db").exists()


@pytest.mark.parametrize(
    "make", [lambda p: p.write_text("my notes\n"), lambda p: query(p, "CREATE TABLE a (x)")]
)
def test_a_named_file_that_is_not_ours_is_never_moved(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    path = tmp_path / "notes"
    make(path)
    raw = path.read_bytes()
    with pytest.raises(StoreError, match="Name another file for the history"):
        open_store(f"sqlite://{path}", state=tmp_path / "state", retention=1e6, quota=1 << 24)
    assert path.read_bytes() == raw


def test_a_named_file_that_is_ours_is_set_aside_when_damaged(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    url = f"sqlite://{path}"

    def open_it() -> Any:
        return open_store(url, state=tmp_path / "state", retention=1e6, quota=1 << 24)

    store = open_it()
    store.append(stream(300))
    store.close()
    spoil(path, lambda raw: raw[:100] + b"\xff" * 3996 + raw[4096:])
    store = open_it()
    assert "damaged" in store.notice
    store.close()


@pytest.mark.parametrize(
    "url",
    ["sqlite:relative.db", "sqlite:///", "sqlite:///dir/", "postgres:", "history", "memory:x"],
)
def test_other_urls_are_refused_with_a_remedy(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url, state=tmp_path, retention=1e6, quota=1 << 24)
    assert "memory:" in caught.value.remedy or "sqlite:///absolute/path" in caught.value.remedy
    assert not list(tmp_path.iterdir())


# Crash


CRASH = """
import sys
from pathlib import Path
from sysmon_tui.storage.sqlite import SqliteStore
from tests.storage.batches import stream

store = SqliteStore(Path(sys.argv[1]), retention=1e6, quota=1 << 24, ours=True)
for begin in range(0, 1_000_000, 10):
    store.append(stream(10, begin=begin))
    store.flush()
    print(begin + 9, flush=True)
"""


def test_killed_while_it_writes(path: Path) -> None:
    """Whatever was flushed is there, the file is whole, and nothing was set aside."""
    for run in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CRASH, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        for _ in range(20 + 13 * run):
            acknowledged = int(child.stdout.readline())
        child.kill()
        later = child.stdout.read().split()
        child.wait()
        child.stdout.close()
        store = open_one(path)
        assert store.recording
        assert store.notice == ""
        last = everything(store)[-1].wall - WALL
        assert last >= int(later[-1]) if later else acknowledged
        store.close()
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
