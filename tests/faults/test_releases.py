"""Files of other versions: older ones are read and brought up to date beside a copy, newer ones are
read or refused with a hint, and nothing is lost either way.

`releases/` holds what the program of each version wrote, one file for each version of its form. An
older program is this one with the forms it had.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.writer import RecordingState
from sysmon_tui.security.errors import TooNew
from sysmon_tui.security.keys import Keys, KeySources
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import Users
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.save import save
from sysmon_tui.settings.schema import Collection, Settings
from sysmon_tui.settings.store import load
from sysmon_tui.storage import ledger as ledger_module
from sysmon_tui.storage import open_past, open_store, sqlite_form, sqlite_past
from sysmon_tui.storage import outbox as outbox_module
from sysmon_tui.storage import sqlite as sqlite_module
from sysmon_tui.storage.database import Form
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.outbox import SqliteOutbox
from tests.clock import ManualClock
from tests.storage.history_file import query

RELEASES = Path(__file__).with_name("releases")
HISTORY, LEDGER = "history.sqlite", "alerts.sqlite"
FORMS = {"history": sqlite_form.FORM, "ledger": ledger_module.FORM}
CPU = frozenset({"cpu"})


def versions(kind: str) -> list[int]:
    """Those of which there is a file."""
    return sorted(int(path.stem.rpartition("-")[2]) for path in RELEASES.glob(f"{kind}-*.sql"))


def released(kind: str, version: int, path: Path) -> Path:
    """The file as it was left by the program of that version."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.executescript((RELEASES / f"{kind}-{version}.sql").read_text())
    db.close()
    path.chmod(0o600)
    return path


def version_of(path: Path) -> int:
    return int(query(path, "PRAGMA user_version")[0][0])


def seconds(state: Path) -> list[int]:
    past = open_past("sqlite:", state=state)
    return [round(one.wall) - 1_700_000_000 for one in past.read(0.0, 1e12, collectors=CPU)]


def record_nothing(state: Path) -> None:
    open_store("sqlite:", state=state, retention=1e9, quota=64 << 20).close()


@pytest.mark.parametrize("kind", FORMS)
def test_there_is_a_file_of_every_version_before_this_one(kind: str) -> None:
    assert set(versions(kind)) >= set(range(1, len(FORMS[kind].migrations)))


@pytest.mark.parametrize("version", versions("history"))
def test_an_older_history_is_read_as_it_is_and_then_brought_up_to_date(
    tmp_path: Path, version: int
) -> None:
    path = released("history", version, tmp_path / HISTORY)
    assert seconds(tmp_path) == list(range(90))
    assert version_of(path) == version, "looking changes nothing"
    newest = len(sqlite_form.FORM.migrations)
    record_nothing(tmp_path)
    assert version_of(path) == newest
    assert seconds(tmp_path) == list(range(90))
    copy = tmp_path / f"{HISTORY}.before-{newest}"
    if version < newest:
        assert version_of(copy) == version
        assert query(copy, "SELECT sum(count) FROM chunk") == [(90,)]
    record_nothing(tmp_path)
    assert not copy.exists(), "it went well, so that the copy is not needed"
    assert seconds(tmp_path) == list(range(90))
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("version", versions("ledger"))
def test_an_older_ledger_keeps_alerts_acknowledgements_and_silences(
    tmp_path: Path, version: int
) -> None:
    path = released("ledger", version, tmp_path / LEDGER)
    ledger = SqliteLedger(path)
    alerts = {alert.rule: alert for alert in ledger.load()}
    newest = len(ledger_module.FORM.migrations)
    copy = tmp_path / f"{LEDGER}.before-{newest}"
    assert copy.exists() == (version < newest)
    assert set(alerts) == {"Memory", "Load"}
    ack = alerts["Memory"].ack
    assert ack is not None
    assert (ack.by, ack.note) == ("ann", "looking at it")
    assert [event.kind for event in ledger.history(9)] == ["acknowledged", "pending", "firing"]
    assert [silence.by for silence in ledger.silences()] == (["bob"] if version > 1 else [])
    ledger.record([AlertEvent(1_700_000_100.0, "resolved", alerts["Memory"])])
    assert len(ledger.history(9)) == 4
    assert version_of(path) == newest


def older(monkeypatch: pytest.MonkeyPatch, kind: str, version: int) -> None:
    """From here on this program is the one of `version`."""
    form: Form = replace(FORMS[kind], migrations=FORMS[kind].migrations[:version])
    modules = (sqlite_module, sqlite_past) if kind == "history" else (ledger_module,)
    for module in modules:
        monkeypatch.setattr(module, "FORM", form)


@pytest.mark.parametrize("version", versions("history"))
def test_a_rollback_reads_newer_history_and_leaves_it_alone(
    tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = released("history", versions("history")[-1], tmp_path / HISTORY)
    record_nothing(tmp_path)
    query(path, f"PRAGMA user_version = {len(sqlite_form.FORM.migrations) + 1}")
    before = path.read_bytes()
    older(monkeypatch, "history", version)
    with pytest.raises(StoreError, match=r"newer version.*Update sysmon-tui"):
        record_nothing(tmp_path)
    assert seconds(tmp_path) == list(range(90))
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", range(1, len(ledger_module.FORM.migrations)))
def test_a_rollback_reads_newer_alerts_and_leaves_them_alone(
    tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = released("ledger", versions("ledger")[-1], tmp_path / LEDGER)
    alerts = SqliteLedger(path).load()
    before = path.read_bytes()
    older(monkeypatch, "ledger", version)
    ledger = SqliteLedger(path)
    assert ledger.load() == alerts
    assert len(ledger.history(9)) == 3
    with pytest.raises(StoreError, match=r"newer version.*Update sysmon-tui"):
        ledger.record([AlertEvent(1.0, "resolved", alerts[0])])
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_newer_files_pause_recording_with_a_hint_and_the_watch_goes_on(tmp_path: Path) -> None:
    state = tmp_path / "state"
    released("history", versions("history")[-1], state / HISTORY)
    released("ledger", versions("ledger")[-1], state / LEDGER)
    SqliteOutbox(state / "outbox.db").close()
    for name in (HISTORY, LEDGER):
        query(state / name, "PRAGMA user_version = 99")
    before = {path.name: path.read_bytes() for path in state.glob("*.sqlite")}
    clock = ManualClock()
    off = ("process", "filesystem", "sensors", "cgroup", "unit", "netstat")
    settings = Settings(collection=Collection(disabled=off))
    monitor = assemble(settings, Dirs(config=tmp_path, state=state), clock=clock)
    for _ in range(30):
        clock.advance(1.0)
        tick = monitor.beat()
        monitor.writer.drain()
    assert tick.family("node_load1")
    assert monitor.recording.state is RecordingState.PAUSED
    assert any(re.search("newer version.*Update", notice) for notice in monitor.notices)
    assert {alert.rule for alert in tick.alerts} >= {"Memory"}, "what is known is shown"
    monitor.stop()
    for name, content in before.items():
        assert (state / name).read_bytes() == content


def test_a_newer_outbox_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    box = SqliteOutbox(path)
    assert box.due("ann", 1e12, 10) == ()
    box.close()
    query(path, f"PRAGMA user_version = {len(outbox_module.FORM.migrations) + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        SqliteOutbox(path).due("ann", 1e12, 10)
    assert path.read_bytes() == before


def test_settings_of_the_first_version_mean_what_they_meant(tmp_path: Path) -> None:
    shutil.copy(RELEASES / "settings.toml", tmp_path)
    loaded = load(Dirs(config=tmp_path, state=tmp_path), {}, {})
    assert loaded.problems == ()
    found = loaded.settings
    assert (found.screen.glyphs, found.screen.sort, found.screen.tree) == ("block", "memory", True)
    assert found.collection.intervals == {"filesystem": 60.0}
    assert (found.host.root, found.storage.quota_mib) == ("/host", 64)
    assert [rule["name"] for rule in found.rules] == ["Mine"]


def test_settings_of_a_newer_version_are_named_used_as_far_as_known_and_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.toml"
    text = (RELEASES / "settings.toml").read_text()
    path.write_text(
        text.replace("tree = true", "tree = true\nhologram = true") + "\n[mars]\nx = 1\n"
    )
    loaded = load(Dirs(config=tmp_path, state=tmp_path), {}, {})
    said = "\n".join(map(str, loaded.problems))
    assert "hologram" in said
    assert "mars" in said
    assert not loaded.intact
    assert loaded.settings.storage.quota_mib == 64
    assert loaded.settings.screen.tree
    save(path, {"storage.quota_mib": 65})
    kept = path.read_text()
    assert "hologram = true" in kept
    assert "[mars]" in kept
    assert "quota_mib = 65" in kept


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    for name in ("secrets.json", "key", "users.json"):
        shutil.copy(RELEASES / name, tmp_path)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def vault_in(place: Path) -> Vault:
    return Vault(place, Keys(KeySources(directory=place)), place)


def test_secrets_and_passwords_of_the_first_version_open(sealed: Path) -> None:
    assert vault_in(sealed).get("smtp.password").reveal() == "correct horse"
    assert Users(sealed, sealed).check("ann", Secret("battery staple"), "here", 1.0)


def written_to(action: Callable[[], object], path: Path) -> SysmonError:
    """What is said where a newer version's file is to be used; the file is as it was."""
    before = path.read_bytes()
    with pytest.raises(TooNew) as caught:
        action()
    assert path.read_bytes() == before
    return caught.value


def test_secrets_of_a_newer_version_are_refused_with_a_hint(sealed: Path) -> None:
    path = sealed / "secrets.json"
    raw = path.read_bytes().replace(b"secrets/1", b"secrets/2").replace(b'"v":1', b'"v":2')
    path.write_bytes(raw)
    error = written_to(lambda: vault_in(sealed).put("other", Secret("x")), path)
    assert "Use the program that wrote them" in str(error)


def test_users_of_a_newer_version_are_refused_with_a_hint(sealed: Path) -> None:
    path = sealed / "users.json"
    path.write_text(path.read_text().replace('"v": 1', '"v": 2, "realms": []'))
    users = Users(sealed, sealed)
    error = written_to(lambda: users.set_password("bob", Secret("x" * 20)), path)
    assert "Use the program that wrote it" in str(error)
    written_to(users.names, path)


def test_lines_of_other_versions_are_read(tmp_path: Path) -> None:
    """Older ones lack a field, newer ones have another."""
    line = '{"wall":17000000%02d.0,"mono":%d.0,"session":1,"collector":"cpu"%s}\n'
    text = line % (1, 1, "") + line % (2, 2, ',"families":{"x":[[{},1.5]]},"future":{"a":[1]}')
    (tmp_path / "1970-07-16.1.jsonl").write_text(text)
    past = open_past(f"jsonl://{tmp_path}", state=tmp_path)
    found = list(past.read(0.0, 1e12, collectors=CPU))
    assert len(found) == 2
    assert found[1].families == {"x": {(): 1.5}}
