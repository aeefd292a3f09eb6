"""The ledger's file."""

from __future__ import annotations

import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.alert import Acknowledgement, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import clean
from sysmon_tui.storage import ledger as module
from sysmon_tui.storage.ledger import SqliteLedger
from tests.storage.history_file import spoil
from tests.storage.test_merge import WARNING


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alerts.sqlite"


def events(count: int, begin: int = 0) -> list[AlertEvent]:
    return [
        AlertEvent(float(n), "firing", replace(WARNING, fingerprint=f"f{n:03}"))
        for n in range(begin, begin + count)
    ]


def test_looking_leaves_no_file(path: Path) -> None:
    ledger = SqliteLedger(path)
    assert ledger.load() == ()
    assert ledger.history(5) == ()
    assert not path.parent.exists()


def test_it_is_for_nobody_else_and_held_open_by_nobody(path: Path) -> None:
    SqliteLedger(path).record(events(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["alerts.sqlite"]


def test_several_write_at_once(path: Path) -> None:
    def write(begin: int) -> None:
        for event in events(10, begin):
            SqliteLedger(path).record([event])

    SqliteLedger(path).record([])
    threads = [threading.Thread(target=write, args=(begin,)) for begin in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = SqliteLedger(path)
    assert len(ledger.load()) == 30
    assert len(ledger.history(100)) == 30


def test_the_oldest_events_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS", 10)
    ledger = SqliteLedger(path)
    ledger.record(events(25))
    assert [event.at for event in ledger.history(100)] == [24.0 - n for n in range(10)]
    assert len(ledger.load()) == 25


def test_a_damaged_ledger_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"junk" * 100)
    ledger = SqliteLedger(path)
    assert ledger.load() == ()
    assert ledger.notice.startswith("Alert ledger was damaged; kept as alerts.sqlite.corrupt-")
    path.write_bytes(b"junk" * 100)
    ledger = SqliteLedger(path)
    ledger.record(events(1))
    assert ledger.notice
    assert len(ledger.load()) == 1


@pytest.mark.parametrize("writes", [False, True], ids=["looking", "recording"])
def test_one_in_which_damage_is_met_is_set_aside(path: Path, writes: bool) -> None:
    ledger = SqliteLedger(path)
    ledger.record(events(200))
    spoil(path, lambda raw: raw[:4096] + b"\xff" * (len(raw) - 4096))
    with pytest.raises(StoreError, match="malformed"):
        ledger.record(events(1)) if writes else ledger.load()
    assert ledger.notice.startswith("Alert ledger was damaged; kept as alerts.sqlite.corrupt-")
    ledger.record(events(1))
    assert len(ledger.load()) == 1


def test_damage_that_another_has_dealt_with_already(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.record(events(200))
    spoil(path, lambda raw: raw[:4096] + b"\xff" * (len(raw) - 4096))

    def meet_it_late() -> None:
        with ledger._written() as db:
            path.rename(path.with_name("aside"))
            SqliteLedger(path).record(events(3))
            db.execute("SELECT * FROM event").fetchall()

    with pytest.raises(StoreError, match="malformed"):
        meet_it_late()
    assert len(ledger.load()) == 3


def test_a_text_that_is_damaged_is_left_out(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.record(events(2))
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE alert SET body = CAST(x'7bff' AS TEXT) WHERE fingerprint = 'f000'")
    db.close()
    assert [alert.fingerprint for alert in ledger.load()] == ["f001"]


@pytest.mark.parametrize(
    "body", ["junk", "{}", '{"fingerprint": 5}', "[1]", '{"kind": "firing", "alert": {}}']
)
def test_what_cannot_be_understood_is_left_out(path: Path, body: str) -> None:
    ledger = SqliteLedger(path)
    ledger.record(events(2))
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE alert SET body = ? WHERE fingerprint = 'f000'", (body,))
        db.execute("UPDATE event SET body = ? WHERE id = 1", (body,))
    db.close()
    assert [alert.fingerprint for alert in ledger.load()] == ["f001"]
    assert [event.alert.fingerprint for event in ledger.history(9)] == ["f001"]
    # And the next event puts it right.
    ledger.record(events(1))
    assert len(ledger.load()) == 2


def test_a_newer_ledger_is_read_and_not_written(path: Path) -> None:
    ledger = SqliteLedger(path)
    ack = Acknowledgement(clean("ann"), 5.0)
    ledger.record([AlertEvent(1.0, "firing", replace(WARNING, ack=ack))])
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    assert [alert.ack for alert in ledger.load()] == [ack]
    with pytest.raises(StoreError, match="newer version"):
        ledger.record(events(1))


def test_a_ledger_that_cannot_be_read_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError):
        SqliteLedger(path).load()
    with pytest.raises(StoreError):
        SqliteLedger(path).history(1)


def test_a_ledger_that_breaks_while_it_is_written_is_an_error(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.record(events(1))
    db = sqlite3.connect(path)
    db.execute("DROP TABLE event")
    db.close()
    with pytest.raises(StoreError, match="no such table"):
        ledger.record(events(1, 5))
    assert [alert.fingerprint for alert in ledger.load()] == ["f000"]
