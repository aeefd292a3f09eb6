from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.standing import Port, Space, Standing
from sysmon_tui.monitor.looked import keep_look, last_look

STANDING = Standing(
    at=9.0,
    boot_time=1.0,
    failed=("a.service",),
    restarts={"b.service": 2.0},
    spaces={"/": Space(1.0, 2.0)},
    ports=(Port("tcp", "::", 22),),
)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    assert last_look(tmp_path, "ann") is None
    keep_look(tmp_path, "ann", Standing(at=1.0, boot_time=0.0))
    keep_look(tmp_path, "ann", STANDING)
    found = last_look(tmp_path, "ann")
    assert repr(found) == repr(STANDING)
    (file,) = (tmp_path / "looked").iterdir()
    assert file.name == "ann.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("user", ["../../etc/passwd", "..", "", "a" * 300, "müller", "a\0b"])
def test_a_name_is_no_path(tmp_path: Path, user: str) -> None:
    keep_look(tmp_path, user, STANDING)
    (file,) = (tmp_path / "looked").iterdir()
    assert file.is_file()
    assert last_look(tmp_path, user) is not None
    assert last_look(tmp_path, "somebody else") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": "x"}', "\udcff", "[" * 100_000])
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    keep_look(tmp_path, "ann", STANDING)
    (tmp_path / "looked" / "ann.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert last_look(tmp_path, "ann") is None


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "looked").write_text("a file")
    with pytest.raises(StoreError, match=r"ann\.json cannot be written"):
        keep_look(tmp_path, "ann", STANDING)
    assert last_look(tmp_path, "ann") is None


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "looked").mkdir()
    theirs = tmp_path / "theirs.json"
    theirs.write_text("theirs")
    (tmp_path / "looked" / "ann.json").symlink_to(theirs)
    with pytest.raises(StoreError, match="leads out of its directory"):
        keep_look(tmp_path, "ann", STANDING)
    assert last_look(tmp_path, "ann") is None
    assert theirs.read_text() == "theirs"


def test_names_that_look_alike_have_files_of_their_own(tmp_path: Path) -> None:
    for user in ("a_b", "a-b", "a.b", "_"):
        keep_look(tmp_path, user, STANDING)
    assert len(list((tmp_path / "looked").iterdir())) == 4
