"""Who may write history, where nothing may be written, and which file a URL names."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.security.lock import FileLock
from sysmon_tui.storage import open_store
from sysmon_tui.storage.database import open_for_writing
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_form import FORM
from sysmon_tui.storage.sqlite_past import SqlitePast
from tests.storage import version1
from tests.storage.batches import ALL, WALL, stream
from tests.storage.history_file import FOREVER, everything, open_one, query, record, spoil


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
    assert second.recorder == f"pid {os.getpid()}"
    assert first.recorder == ""
    second.close()
    first.close()
    third = open_one(path)
    assert third.recording
    third.close()


def test_a_lock_is_held_across_processes(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.release()
    script = (
        "import sys; from pathlib import Path; from sysmon_tui.security.lock import FileLock;"
        "print(FileLock(Path(sys.argv[1])).acquire())"
    )
    command = [sys.executable, "-c", script, str(lock.path)]
    assert lock.acquire()
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"
    lock.release()
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"True\n"


@pytest.mark.parametrize("said", ["", "seven"])
def test_a_holder_that_does_not_say_who_it_is(tmp_path: Path, said: str) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire()
    lock.path.write_text(said)
    assert lock.holder() is None
    lock.release()


def test_a_lock_that_cannot_be_had_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_args: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with pytest.raises(OSError, match="not implemented"):
        FileLock(tmp_path / "lock").acquire()


def forbid_writing(store: SqliteStore) -> None:
    store._open().execute("PRAGMA query_only = ON")


def test_a_failed_flush_loses_nothing(path: Path) -> None:
    before, after = stream(5), stream(5, begin=5.0)
    store = open_one(path)
    store.append(before)
    forbid_writing(store)
    with pytest.raises(StoreError, match="Make the file and its directory writable"):
        store.flush()
    store.append(after)
    store.flush()
    assert everything(store) == [*before, *after]
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


def test_a_file_that_was_only_just_made_has_nothing_in_it(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    past = SqlitePast(path, no_derive)
    assert list(past.read(*FOREVER, collectors=ALL)) == []
    assert past.known(*FOREVER) == ()
    assert past.series("x", 0.0, 1.0, 1) == {}
    assert past.moment(1.0).batches == ()
    assert list(past.processes(*FOREVER)) == []


def test_an_older_versions_file_is_read_as_it_is(path: Path) -> None:
    version1.record(path, stream(20))
    past = SqlitePast(path, no_derive)
    assert list(past.read(*FOREVER, collectors=ALL)) == stream(20)
    (curve,) = past.series("noise", WALL, WALL + 20.0, 2).values()
    assert list(curve.weight) == [10.0, 10.0]
    assert past.moment(WALL + 5.0).batches == tuple(stream(20)[4:6])
    assert query(path, "PRAGMA user_version") == [(1,)]


def test_process_tables_of_an_older_version_are_read_and_gone_on_with(path: Path) -> None:
    row = ProcessRow(7, 1.0, 1, 0, clean("hog"), "R", 1.0, 2.0, 4096, 1, 0, False)
    body = zlib.compress(
        msgspec.msgpack.encode(
            [[WALL, 1, False, {"R": 1}, [[1, "R", 0, 0, 0, 1, 0, True, 0, 0]], []]]
        )
    )
    db, _ = open_for_writing(path, replace(FORM, migrations=FORM.migrations[:2]), ours=True)
    db.execute(
        "INSERT INTO process VALUES (1, ?, 7, 1.0, 1, 0, 'hog', 0, 'hog -x', 'root')", (WALL,)
    )
    db.execute(
        "INSERT INTO snapshot VALUES (1, ?, ?, 1, ?, ?)", (WALL, WALL, zlib.crc32(body), body)
    )
    db.close()
    ((_, table),) = SqlitePast(path, no_derive).processes(*FOREVER)
    assert table.details[7] == ProcessDetail(clean("hog -x"), clean("root"), 0.0, 0.0)
    store = open_one(path)
    detail = ProcessDetail(clean("hog -x"), clean("root"), 0.0, 0.0, clean("a.service"))
    later = Batch(
        collector="process",
        wall=WALL + 5.0,
        mono=5.0,
        processes=ProcessTable(rows=(row,), details={7: detail}),
    )
    store.append([later])
    store.flush()
    assert [table.details[7].cgroup for _, table in store.processes(*FOREVER)] == ["", "a.service"]
    store.close()


def test_an_older_versions_file_is_brought_up_to_date_with_all_it_has(path: Path) -> None:
    version1.record(path, stream(200))
    store = open_one(path)
    assert store.notice == ""
    assert everything(store) == stream(200)
    store.append(stream(60, begin=200.0))
    store.flush()
    start = WALL - WALL % 60.0
    (curve,) = store.series("noise", start, start + 300.0, 5).values()
    assert sum(curve.weight) == 260.0
    store.close()
    assert query(path, "PRAGMA user_version") == [(len(FORM.migrations),)]
