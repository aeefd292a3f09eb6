"""Private files: who may have written them, and writes that end half way."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sysmon_tui.security import files
from sysmon_tui.security.errors import Insecure, Missing, SecretsError
from sysmon_tui.security.files import read_private, sweep, write_atomic


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_atomic(tmp_path / "own" / "key", b"old")
    return tmp_path / "own" / "key"


def test_what_is_written_is_ours_alone_and_reads_back(path: Path) -> None:
    assert read_private(path) == (b"old", "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o660, 0o610])
def test_what_others_can_read_or_write_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(Insecure, match="chmod 600 key"):
        read_private(path)


def test_links_fifos_directories_and_giants_are_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(SecretsError, match="cannot be read"):
        read_private(tmp_path / "link")
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(Insecure, match="regular"):
        read_private(tmp_path / "fifo")
    with pytest.raises(Insecure, match="regular"):
        read_private(tmp_path)
    with pytest.raises(Insecure, match="larger than 2 bytes"):
        read_private(path, 2)
    with pytest.raises(Missing):
        read_private(tmp_path / "none")


def test_what_belongs_to_somebody_else_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(path, 4711, 4711)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(Insecure, match="somebody else"):
        read_private(path)


def test_a_mounted_secret_may_be_a_link_but_not_loose_on_a_disk(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(path)
    assert read_private(tmp_path / "link", mounted=True) == (b"old", "")
    path.chmod(0o644)
    monkeypatch.setattr(files, "_in_memory", lambda _device: False)
    with pytest.raises(Insecure):
        read_private(tmp_path / "link", mounted=True)
    monkeypatch.setattr(files, "_in_memory", lambda _device: True)
    content, warning = read_private(tmp_path / "link", mounted=True)
    assert content == b"old"
    assert "others can read" in warning


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no tmpfs")
def test_what_lies_in_memory_is_known() -> None:
    assert files._in_memory(os.stat("/dev/shm").st_dev)
    assert not files._in_memory(os.stat("/proc").st_dev)


def test_the_one_before_is_kept_when_asked_for(path: Path) -> None:
    write_atomic(path, b"new", keep=True)
    write_atomic(path, b"newer", keep=True)
    assert path.read_bytes() == b"newer"
    assert path.with_name("key.prev").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("write", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("fchmod", errno.EPERM),
        ("replace", errno.EROFS),
        ("link", errno.EIO),
    ],
)
def test_a_write_that_fails_leaves_the_old_one_and_no_litter(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        write_atomic(path, b"new", keep=True)
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert set(os.listdir(path.parent)) <= {"key", "key.prev"}


def test_short_writes_are_gone_on_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, data[:1]))
    write_atomic(path, b"several")
    assert path.read_bytes() == b"several"


def test_what_a_killed_program_left_is_swept_when_it_is_old(path: Path) -> None:
    place = path.parent
    for name in (".key.0123456789abcdef.new", ".key.new", "key.0123456789abcdef.new"):
        (place / name).write_text("")
    now = (place / ".key.new").stat().st_mtime
    assert sweep(place, now + 10) == 0
    assert sweep(place, now + 700) == 1
    assert not (place / ".key.0123456789abcdef.new").exists()
    assert sweep(place / "none", now) == 0


def test_where_files_have_one_name_only_none_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", fail)
    write_atomic(path, b"new", keep=True)
    assert path.read_bytes() == b"new"
