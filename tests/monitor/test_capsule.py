from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.monitor import capsule as module
from sysmon_tui.monitor.capsule import (
    ALERTS,
    FACTS,
    HISTORY,
    REPORT,
    Capsule,
    open_capsule,
    read_report,
)
from sysmon_tui.monitor.desk import FRESH, UNFLUSHED, Desk
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import open_ledger, open_past, open_store
from sysmon_tui.storage.memory import MemoryLedger
from tests.clock import ManualClock
from tests.model.briefs import NOW
from tests.monitor.capsules import BEGAN, ENDED, FULL, record
from tests.scene import HOST

MARK = Mark(at=BEGAN + 5.0, set_at=BEGAN + 40.0, by=clean("eve"), note=clean("here"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return record(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def paths(desk: Desk) -> tuple[Path, Path]:
    """Report and capsule of the incident."""
    desk.incidents.begin(clean("ann"), "the disk fills", BEGAN)
    desk.mark(MARK)
    desk.mark(replace(MARK, set_at=ENDED + 60.0))
    ended = desk.incidents.end(clean("bob"), "moved the logs", ENDED)
    assert ended is not None
    return desk.write(ended, NOW)


def opened(path: Path, room: Path) -> Capsule:
    room.mkdir(exist_ok=True)
    return open_capsule(path, room)


def test_what_the_recorder_still_holds_is_written_first(tmp_path: Path) -> None:
    """A minute that is in the recorder's memory alone when the incident ends."""
    clock = ManualClock(wall=BEGAN, mono=1.0)

    def opening() -> Store:
        return open_store("sqlite:", state=tmp_path, retention=1e9, quota=1 << 24, derive=derive)

    ledger = open_ledger("sqlite:", state=tmp_path)
    writer = Writer(opening, ledger, clock=clock, wanted=Flush(tmp_path))
    writer.drain()
    figures: Families = {"node_load1": {(): 1.0}}
    for _ in range(8):
        clock.advance(1.0)
        writer.put([Batch(collector="cpu", wall=clock.wall(), mono=clock.mono(), families=figures)])
    desk = Desk(
        Incidents(tmp_path),
        ledger,
        open_past("sqlite:", state=tmp_path, derive=derive),
        HOST,
        flush=partial(Flush(tmp_path).ask, lambda _seconds: writer.drain()),
    )
    desk.begin(clean("ann"), "", BEGAN)
    _, path = desk.finish(clean("ann"), "", clock.wall())
    writer.stop(1.0)
    capsule = opened(path, tmp_path / "room")
    assert len(list(capsule.past.read(0.0, 1e11, collectors=frozenset({"cpu"})))) == 8


def test_where_nobody_records_the_report_says_so(tmp_path: Path) -> None:
    desk = Desk(Incidents(tmp_path), MemoryLedger(), None, HOST, flush=lambda: False)
    desk.begin(clean("ann"), "", BEGAN)
    report, _ = desk.finish(clean("ann"), "", ENDED)
    assert UNFLUSHED in report.read_text()
    # Long after, whatever was ever read is on the disk.
    assert UNFLUSHED not in desk.report(desk.named(""), ENDED + FRESH)


def test_what_was_recorded_is_in_it(paths: tuple[Path, Path], tmp_path: Path) -> None:
    report, path = paths
    assert (report.name, path.name) == ("20260326T030200Z.md", "20260326T030200Z.zip")
    assert {stat.S_IMODE(one.stat().st_mode) for one in paths} == {0o600}
    capsule = opened(path, tmp_path / "room")
    assert capsule.facts.incident.note == "moved the logs"
    assert capsule.facts.host.hostname == "db-7"
    assert capsule.facts.marks == (MARK,)
    assert "marked 03:02:05: here | eve" in report.read_text()
    batches = list(capsule.past.read(0.0, 1e11, collectors=frozenset({"cpu"})))
    assert len(batches) == 60
    assert len(list(capsule.past.processes(0.0, 1e11))) == 12
    kinds = [event.kind for event in capsule.ledger.history(100)]
    assert kinds == ["resolved", "acknowledged", "firing", "firing"]
    assert capsule.ledger.dossier(FULL.fingerprint).evidence
    (silence,) = capsule.ledger.silences()
    assert silence.note == "PASSWORD=***"
    assert (tmp_path / "room" / REPORT).read_text() == report.read_text()


def test_no_secret_leaves_with_it(paths: tuple[Path, Path], tmp_path: Path) -> None:
    opened(paths[1], tmp_path / "room")
    for file in (*paths[:1], *(tmp_path / "room").iterdir()):
        assert b"hunter2" not in file.read_bytes(), file.name


def test_names_are_left_out_where_asked(
    desk: Desk, paths: tuple[Path, Path], tmp_path: Path
) -> None:
    (incident,) = desk.incidents.past()
    report, path = desk.write(incident, NOW, anonymous=True)
    try:
        capsule = opened(path, tmp_path / "room")
        assert capsule.facts.host.hostname == "host"
        assert capsule.facts.incident.by == "person 1"
        actors = {event.actor for event in capsule.ledger.history(100)}
        assert actors == {"", "person 1"}
        text = report.read_text()
        assert not {"ann", "bob", "db-7"} & set(text.replace(",", " ").split())
    finally:
        desk.write(incident, NOW)


def test_where_it_cannot_be_written(desk: Desk, paths: tuple[Path, Path], tmp_path: Path) -> None:
    (incident,) = desk.incidents.past()
    (tmp_path / "file").write_text("")
    found = desk._account(incident, NOW, anonymous=False)
    with pytest.raises(StoreError, match="cannot be written"):
        module.write_capsule(tmp_path / "file" / "x.zip", found, "", past=None)


def changed(path: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The capsule with other members."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in members.items():
            file.writestr(name, body)
    return target


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.__delitem__(name)


def facts(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[FACTS] = json.dumps({**json.loads(members[FACTS]), **changes}).encode()

    return change


def with_a_trigger(members: dict[str, bytes]) -> None:
    db = sqlite3.connect(":memory:")
    db.deserialize(members[ALERTS])
    db.execute("CREATE TRIGGER t AFTER DELETE ON alert BEGIN DELETE FROM event; END")
    members[ALERTS] = db.serialize()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (without(FACTS), "there is no incident.json in it"),
        (without(ALERTS), "there is no alerts.sqlite in it"),
        (facts(version=99), "another version"),
        (facts(start=2e9, until=1e9), "of no time"),
        (facts(start="soon"), "Expected `float`"),
        (facts(host={}), "missing required field"),
        (with_a_trigger, "views or triggers"),
        (lambda members: members.update({HISTORY: b"no database" * 99}), "not a database"),
        (lambda members: members.update({FACTS: b"[" * 900_000}), "no capsule"),
        (lambda members: members.update({FACTS: b" " * (2 << 20)}), "too large"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(
    paths: tuple[Path, Path],
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    problem: str,
) -> None:
    path = changed(paths[1], tmp_path / "odd.zip", change)
    with pytest.raises(StoreError, match=problem) as caught:
        opened(path, tmp_path / "room")
    assert "odd.zip" in str(caught.value)


def test_members_go_nowhere_else(paths: tuple[Path, Path], tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["../escaped"] = b"x"
        members["/tmp/escaped"] = b"x"

    opened(changed(paths[1], tmp_path / "odd.zip", change), tmp_path / "room")
    assert {file.name for file in (tmp_path / "room").iterdir()} <= {HISTORY, ALERTS, FACTS, REPORT}
    assert not (tmp_path / "escaped").exists()


def test_one_without_a_report_has_none_to_print(paths: tuple[Path, Path], tmp_path: Path) -> None:
    opened(changed(paths[1], tmp_path / "odd.zip", without(REPORT)), tmp_path / "room")
    assert read_report(tmp_path / "room") == ""


def test_one_without_history_shows_its_alerts(paths: tuple[Path, Path], tmp_path: Path) -> None:
    path = changed(paths[1], tmp_path / "odd.zip", without(HISTORY))
    capsule = opened(path, tmp_path / "room")
    assert list(capsule.past.processes(0.0, 1e11)) == []
    assert capsule.ledger.load()


def test_one_too_large_and_one_that_is_not_there(
    paths: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match=r"none\.zip cannot be read"):
        opened(tmp_path / "none.zip", tmp_path / "room")
    monkeypatch.setattr(module, "LARGEST", 10)
    with pytest.raises(StoreError, match="is too large"):
        opened(paths[1], tmp_path / "room")


def test_texts_in_it_are_cleaned(paths: tuple[Path, Path], tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        body = json.loads(members[FACTS])
        body["host"]["hostname"] = "db\x1b[2J"
        body["incident"]["why"] = "\u202eevil"
        members[FACTS] = json.dumps(body).encode()

    found = opened(changed(paths[1], tmp_path / "odd.zip", change), tmp_path / "room").facts
    assert found.host.hostname == "db␛[2J"
    assert found.incident.why == "\ufffdevil"


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_an_error_of_ours_or_none(
    paths: tuple[Path, Path], tmp_path: Path, seed: int
) -> None:
    """Bits turned over, parts cut off, and both inside of the members as well."""
    dice = random.Random(seed)
    body = bytearray(paths[1].read_bytes())
    if seed % 3 == 0:
        del body[dice.randrange(len(body)) :]
    elif seed % 3 == 1:
        for _ in range(dice.randint(1, 20)):
            body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    else:
        body = bytearray(_damaged_inside(bytes(body), dice))
    path = tmp_path / "damaged.zip"
    path.write_bytes(body)
    room = tmp_path / "room"
    with suppress(StoreError):
        _use(opened(path, room))
    shutil.rmtree(room)


def _damaged_inside(body: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            member = bytearray(source.read(name))
            if dice.random() < 0.5:
                for _ in range(dice.randint(1, 40)):
                    member[dice.randrange(len(member))] ^= 1 << dice.randrange(8)
            target.writestr(name, bytes(member))
    return out.getvalue()


def _use(capsule: Capsule) -> None:
    """Everything a replay reads."""
    list(capsule.past.read(0.0, 1e11, collectors=frozenset({"cpu"})))
    list(capsule.past.processes(0.0, 1e11))
    for event in capsule.ledger.history(100):
        capsule.ledger.dossier(event.alert.fingerprint)
    capsule.ledger.silences()
