"""What is soon replaced is numbered apart from what stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from sysmon_tui.storage.numbers import LOOSE, TABLES, Numbers


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for table in TABLES:
        db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    yield db
    db.close()


def test_what_stays_is_appended_to_what_a_file_has(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO chunk VALUES (7), (-3)")
    numbers = Numbers()
    numbers.enter(db)
    assert [numbers.lasting("chunk"), numbers.lasting("chunk")] == [8, 9]
    assert numbers.lasting("rollup") == 1


def test_loose_numbers_pass_over_those_taken(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO chunk VALUES (?), (?)", (LOOSE, LOOSE + 2))
    numbers = Numbers()
    assert [numbers.loose(db, "chunk") for _ in range(2)] == [LOOSE + 1, LOOSE + 3]


def test_loose_numbers_come_round(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysmon_tui.storage.numbers.LOOSE", -2)
    numbers = Numbers()
    assert [numbers.loose(db, "chunk") for _ in range(3)] == [-2, -1, -2]


def test_what_was_left_loose_stays_in_its_order(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO chunk VALUES (7), (-5), (-3)")
    numbers = Numbers()
    numbers.enter(db)
    numbers.settle(db, "chunk")
    assert db.execute("SELECT id FROM chunk").fetchall() == [(7,), (8,), (9,)]
    assert numbers.lasting("chunk") == 10
