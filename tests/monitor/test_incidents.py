from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.incident import LONGEST
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.incidents import CURRENT, Incidents
from tests.model.briefs import NOW

ANN, BOB = clean("ann"), clean("bob")


@pytest.fixture
def incidents(tmp_path: Path) -> Incidents:
    return Incidents(tmp_path)


def test_one_begins_and_every_program_knows_it(incidents: Incidents, tmp_path: Path) -> None:
    assert incidents.current() is None
    begun = incidents.begin(ANN, " it is slow, token=abcdef123456 ", NOW)
    assert (begun.name, begun.by, begun.why) == ("20260326T030300Z", ANN, "it is slow, token=***")
    assert Incidents(tmp_path).current() == begun
    assert not begun.over(NOW + LONGEST - 1.0)
    (file,) = (tmp_path / "incidents").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (CURRENT, 0o600)


def test_two_do_not_begin_two(incidents: Incidents) -> None:
    begun = incidents.begin(ANN, "", NOW)
    with pytest.raises(SysmonError, match="goes on already, begun by ann"):
        incidents.begin(BOB, "", NOW + 1.0)
    assert incidents.current() == begun


def test_it_ends_once_and_is_kept(incidents: Incidents) -> None:
    assert incidents.end(ANN, "", NOW) is None
    incidents.begin(ANN, "slow", NOW)
    ended = incidents.end(BOB, "PASSWORD=x1y2z3 changed", NOW + 600.0)
    assert ended is not None
    assert (ended.ended, ended.ended_by, ended.note) == (NOW + 600.0, BOB, "PASSWORD=*** changed")
    assert ended.over(NOW + 600.0)
    assert incidents.end(ANN, "", NOW + 601.0) is None
    incidents.begin(ANN, "again", NOW + 700.0)
    incidents.end(ANN, "", NOW + 800.0)
    assert [one.why for one in incidents.past()] == ["again", "slow"]


def test_nobody_ended_it(incidents: Incidents) -> None:
    begun = incidents.begin(ANN, "", NOW)
    assert begun.over(NOW + LONGEST)
    ended = incidents.end(BOB, "", NOW + 2 * LONGEST)
    assert ended is not None
    assert (ended.ended, ended.ended_by) == (NOW + LONGEST, "")


def test_one_that_nobody_ended_is_in_nobody_s_way(incidents: Incidents) -> None:
    first = incidents.begin(ANN, "", NOW)
    second = incidents.begin(BOB, "", NOW + LONGEST)
    assert incidents.current() == second
    assert [one.name for one in incidents.past()] == [first.name]


def test_files_that_are_none_are_left_out(incidents: Incidents) -> None:
    incidents.begin(ANN, "", NOW)
    incidents.end(ANN, "", NOW + 1.0)
    (incidents.directory / "20990101T000000Z.json").write_text("[" * 90_000)
    (incidents.directory / CURRENT).write_text("{}")
    assert incidents.current() is None
    assert len(incidents.past()) == 1


def test_a_damaged_one_is_kept_aside_and_in_nobody_s_way(incidents: Incidents) -> None:
    incidents.begin(ANN, "slow", NOW)
    (incidents.directory / CURRENT).write_bytes(damage := b'{"name": "20260')
    begun = incidents.begin(BOB, "", NOW + 1.0)
    assert incidents.current() == begun
    (kept,) = incidents.directory.glob(f"{CURRENT}.corrupt-*")
    assert kept.read_bytes() == damage


def test_a_damaged_one_that_cannot_be_moved_is_told(
    incidents: Incidents, monkeypatch: pytest.MonkeyPatch
) -> None:
    incidents.begin(ANN, "slow", NOW)
    (incidents.directory / CURRENT).write_bytes(b"[]")

    def refuse(path: Path) -> Path:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("sysmon_tui.monitor.incidents.set_aside", refuse)
    with pytest.raises(StoreError, match="cannot be used: Operation not permitted"):
        incidents.begin(BOB, "", NOW + 1.0)


def test_where_nothing_can_be_written(incidents: Incidents, tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("a file")
    with pytest.raises(StoreError, match="cannot be used"):
        incidents.begin(ANN, "", NOW)
    with pytest.raises(StoreError, match="cannot be used"):
        incidents.current()


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", ".bashrc", ""])
def test_a_name_in_a_file_leads_nowhere(incidents: Incidents, tmp_path: Path, name: str) -> None:
    incidents.begin(ANN, "slow", NOW)
    current = tmp_path / "incidents" / CURRENT
    current.write_text(current.read_text().replace("20260326T030300Z", name))
    assert incidents.current() is None
    assert incidents.end(ANN, "", NOW) is None
    assert sorted(path.name for path in tmp_path.rglob("*")) == [CURRENT, "incidents"]
