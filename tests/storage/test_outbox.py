"""The outbox: nothing is lost, nothing stays that has arrived, and it never grows without end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.message import Letter, Message, Told, Unsent
from sysmon_tui.storage import open_outbox
from sysmon_tui.storage.outbox import FURTHEST, REMEMBERED, SqliteOutbox
from tests.alerts.notify.lives import AT, alert, fires, message


@pytest.fixture(params=["file", "memory"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteOutbox]:
    opened = SqliteOutbox(tmp_path / "outbox.db" if request.param == "file" else None, room=3)
    yield opened
    opened.close()


def named(id: str, at: float = AT) -> Message:  # noqa: A002 - its name
    return replace(message(id=id), at=at)


def due(outbox: SqliteOutbox, now: float = AT) -> list[str]:
    return [letter.message.id for letter in outbox.due("ops", now, 100)]


def test_a_new_one_is_empty(outbox: SqliteOutbox) -> None:
    assert due(outbox) == []
    assert outbox.next_due("ops") == inf
    assert outbox.waiting("ops") == 0
    assert outbox.told("ops") == {}
    assert outbox.unsent() == ()


def test_a_message_comes_back_whole_until_it_is_done(outbox: SqliteOutbox) -> None:
    sent = message(fires(replace(alert(), summary=alert().summary)))
    outbox.put(sent, {"f1": Told("firing", 2)})
    assert outbox.due("ops", AT, 10) == (Letter(sent, 0),)
    assert outbox.due("other", AT, 10) == ()
    assert outbox.next_due("ops") == AT
    assert outbox.told("ops") == {"f1": Told("firing", 2)}
    outbox.done(sent.id)
    assert due(outbox) == []
    assert outbox.told("ops") == {"f1": Told("firing", 2)}


def test_a_figure_that_is_none_survives(outbox: SqliteOutbox) -> None:
    outbox.put(message(fires(replace(alert(), value=nan, worst=inf))), {})
    (letter,) = outbox.due("ops", AT, 10)
    assert isnan(letter.message.events[0].alert.value)
    assert letter.message.events[0].alert.worst == inf


def test_the_same_message_is_kept_once(outbox: SqliteOutbox) -> None:
    outbox.put(named("a"), {})
    outbox.put(named("a"), {})
    assert due(outbox) == ["a"]


def test_what_failed_waits_for_its_time(outbox: SqliteOutbox) -> None:
    outbox.put(named("a"), {})
    outbox.put(named("b", AT + 1.0), {})
    outbox.failed("a", AT + 5.0, "down")
    assert due(outbox, AT + 2.0) == ["b"]
    assert due(outbox, AT + 5.0) == ["a", "b"]
    assert outbox.due("ops", AT + 5.0, 1)[0].attempts == 1
    assert outbox.next_due("ops") == AT + 1.0
    assert outbox.waiting("ops") == 2


def test_a_clock_that_was_wrong_holds_nothing_back(outbox: SqliteOutbox) -> None:
    outbox.put(named("a", AT + 2 * FURTHEST), {})
    assert due(outbox, AT) == ["a"]


def test_what_is_given_up_is_never_tried_but_shown_for_a_week(outbox: SqliteOutbox) -> None:
    outbox.put(named("a"), {})
    outbox.put(named("b"), {})
    outbox.failed("a", None, "no")
    outbox.failed("b", None, "never")
    assert due(outbox, AT + 10.0) == []
    assert outbox.waiting("ops") == 0
    assert outbox.unsent() == (Unsent("ops", 2, "never", 0),)
    outbox.put(named("c", AT + REMEMBERED + 1.0), {})
    assert outbox.unsent() == ()


def test_without_room_the_oldest_is_dropped_and_counted(outbox: SqliteOutbox) -> None:
    for name in ("given up", "a", "b", "c", "d"):
        outbox.put(named(name), {})
        if name == "given up":
            outbox.failed(name, None, "no")
    assert due(outbox) == ["b", "c", "d"]
    assert outbox.unsent() == (Unsent("ops", 0, "", 2),)
    outbox.put(named("e", AT + REMEMBERED + 1.0), {})
    assert outbox.unsent() == (Unsent("ops", 0, "", 1),)


def test_what_a_receiver_knows_is_kept_and_forgotten(outbox: SqliteOutbox) -> None:
    outbox.remember("ops", {"f1": Told("firing", 2), "f2": Told("firing", 2)})
    outbox.remember("ops", {"f1": Told("worse", 3), "f2": None})
    outbox.remember("other", {"f1": Told("firing", 1)})
    assert outbox.told("ops") == {"f1": Told("worse", 3)}


def test_another_run_finds_everything(tmp_path: Path) -> None:
    first = open_outbox("sqlite:", state=tmp_path)
    first.put(named("a"), {"f1": Told("firing", 2)})
    second = open_outbox("sqlite:///elsewhere/history.sqlite", state=tmp_path)
    assert [letter.message.id for letter in second.due("ops", AT, 10)] == ["a"]
    assert second.told("ops") == {"f1": Told("firing", 2)}
    assert (tmp_path / "outbox.db").stat().st_mode & 0o777 == 0o600
    for opened in (first, second):
        assert isinstance(opened, SqliteOutbox)
        opened.close()


def test_memory_leaves_no_file(tmp_path: Path) -> None:
    outbox = open_outbox("memory:", state=tmp_path)
    outbox.put(named("a"), {})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError):
        open_outbox("carrier:", state=tmp_path)
    assert isinstance(outbox, SqliteOutbox)
    outbox.close()


def test_a_message_of_another_version_is_given_up_not_lost(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    outbox.put(named("a"), {})
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        db.execute("UPDATE letter SET body = '{}'")
    db.close()
    assert due(outbox) == []
    assert outbox.unsent()[0].given_up == 1
    outbox.close()


def test_damage_is_set_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"not a database" * 1000)
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    outbox.put(named("a"), {})
    assert due(outbox) == ["a"]
    assert "kept as outbox.db.corrupt-" in outbox.notice
    outbox.close()


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outbox = SqliteOutbox(tmp_path / "file" / "outbox.db")
    with pytest.raises(StoreError, match="cannot be used"):
        outbox.put(named("a"), {})


def test_an_error_in_use_closes_the_file_and_the_next_use_opens_it(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    outbox.put(named("a"), {})
    assert outbox._db is not None
    outbox._db.execute("DROP TABLE told")
    with pytest.raises(StoreError):
        outbox.put(named("b"), {"f1": Told("firing", 2)})
    assert due(outbox) == ["a"]
    outbox.close()
