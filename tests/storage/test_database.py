"""Opening what is ours, and moving what is beyond use."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.storage.database import (
    Form,
    open_for_reading,
    open_for_writing,
    set_aside,
    store_error,
    transaction,
)

FORM = Form("box", 77, (("CREATE TABLE one (x)",), ("CREATE TABLE two (x)",)), "NORMAL")


def tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM sqlite_schema ORDER BY name")]


def test_a_new_file_has_every_step(tmp_path: Path) -> None:
    db, notice = open_for_writing(tmp_path / "box", FORM, ours=True)
    assert notice == ""
    assert tables(db) == ["one", "two"]
    assert db.execute("PRAGMA application_id").fetchone() == (77,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    db.close()


def test_an_older_file_gets_the_steps_it_lacks(tmp_path: Path) -> None:
    old = Form("box", 77, FORM.migrations[:1], "NORMAL")
    db, _ = open_for_writing(tmp_path / "box", old, ours=True)
    db.execute("INSERT INTO one VALUES (5)")
    db.close()
    db, notice = open_for_writing(tmp_path / "box", FORM, ours=True)
    assert notice == ""
    assert tables(db) == ["one", "two"]
    assert db.execute("SELECT x FROM one").fetchall() == [(5,)]
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()


def test_an_empty_named_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "box").touch()
    db, notice = open_for_writing(tmp_path / "box", FORM, ours=False)
    assert notice == ""
    db.close()


def test_an_empty_file_of_ours_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "box").touch()
    db, notice = open_for_writing(tmp_path / "box", FORM, ours=True)
    assert notice.startswith("Box was empty")
    assert list(tmp_path.glob("box.corrupt-*"))
    db.close()


def test_many_who_make_it_at_once_make_one(tmp_path: Path) -> None:
    def write(number: int) -> str:
        db, notice = open_for_writing(tmp_path / "box", FORM, ours=True)
        db.execute("INSERT INTO one VALUES (?)", (number,))
        db.close()
        return notice

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(write, range(64))) == {""}
    assert [path.name for path in tmp_path.iterdir()] == ["box"]
    db, _ = open_for_writing(tmp_path / "box", FORM, ours=True)
    assert db.execute("SELECT count(*) FROM one").fetchone() == (64,)
    db.close()


def test_a_log_left_over_makes_it_look_twice(tmp_path: Path) -> None:
    path = tmp_path / "box"
    db, _ = open_for_writing(path, FORM, ours=True)
    db.executemany("INSERT INTO one VALUES (?)", [("x" * 500,) for _ in range(200)])
    db.close()
    raw = bytearray(path.read_bytes())
    raw[5 * 4096 : 6 * 4096] = bytes(4096)
    path.write_bytes(raw)
    db, notice = open_for_writing(path, FORM, ours=True)
    db.close()
    # It ended well, so a look at every page is not worth its time.
    assert notice == ""
    path.with_name("box-wal").touch()
    db, notice = open_for_writing(path, FORM, ours=True)
    assert notice.startswith("Box was damaged; kept as box.corrupt-")
    assert db.execute("SELECT count(*) FROM one").fetchone() == (0,)
    db.close()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    db, _ = open_for_writing(tmp_path / "box", FORM, ours=True)

    def fail_half_way() -> None:
        with transaction(db):
            db.execute("INSERT INTO one VALUES (1)")
            raise LookupError

    with pytest.raises(LookupError):
        fail_half_way()
    with transaction(db):
        db.execute("INSERT INTO one VALUES (2)")
    assert db.execute("SELECT x FROM one").fetchall() == [(2,)]
    db.close()


def test_the_trio_moves_together(tmp_path: Path) -> None:
    for name in ("box", "box-wal", "box-shm", "box.lock"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (5, 5))
    assert set_aside(tmp_path / "box") == tmp_path / "box.corrupt-5"
    names = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert names == {
        "box.corrupt-5": "box",
        "box.corrupt-5-wal": "box-wal",
        "box.corrupt-5-shm": "box-shm",
        "box.lock": "box.lock",
    }


def test_reading_does_not_write(tmp_path: Path) -> None:
    path = tmp_path / "box"
    open_for_writing(path, FORM, ours=True)[0].close()
    db = open_for_reading(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("INSERT INTO one VALUES (1)")
    db.close()


def test_reading_without_a_shared_index_takes_the_file_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a read-only file system, which a test cannot count on being able to mount."""
    path = tmp_path / "box"
    open_for_writing(path, FORM, ours=True)[0].close()
    # A directory in its place: the index cannot be opened, whoever runs the test.
    path.with_name("box-shm").mkdir()
    path.with_name("box-wal").mkdir()
    db = open_for_reading(path)
    assert tables(db) == ["one", "two"]
    db.close()


def test_reading_junk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(b"junk" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        open_for_reading(tmp_path / "box")
    with pytest.raises(sqlite3.OperationalError):
        open_for_reading(tmp_path)


def test_errors_say_what_to_do() -> None:
    here = Path("/there/box")
    denied = store_error(PermissionError(13, "Permission denied"), here)
    assert str(denied) == (
        "/there/box cannot be used: Permission denied. Make its directory exist and writable"
    )
    # Python's module raises some without a code.
    assert store_error(sqlite3.ProgrammingError("closed"), here).remedy == ""


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    with pytest.raises(StoreError):
        open_for_writing(tmp_path / "box", FORM, ours=False)
