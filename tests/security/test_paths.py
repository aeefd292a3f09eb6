"""A name from outside leads to a file in its directory, or nowhere."""

from __future__ import annotations

import errno
import os
import threading
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security import paths
from sysmon_tui.security.paths import OutOfPlace, confine, open_new, read


@pytest.fixture(params=["openat2", "walk"])
def base(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory, with and without the system call."""

    def missing(*_: object) -> int:
        raise OSError(errno.ENOSYS, "no such system call")

    if request.param == "walk":
        monkeypatch.setattr(paths, "openat2", missing)
    made = tmp_path / "base"
    made.mkdir()
    (tmp_path / "outside").write_text("theirs")
    return made


ODD = [
    "",
    ".",
    "..",
    "../outside",
    "/etc/passwd",
    "a/../../outside",
    ".hidden",
    "a\0b",
    "a b",
    "é",
    "a\n",
    "x" * 101,
    "a//b",
    "a/",
    "/".join("abcdefghi"),
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_refused(base: Path, name: str) -> None:
    for attempt in (confine, open_new, read):
        with pytest.raises(OutOfPlace):
            attempt(base, name)


def test_files_are_made_once_and_read_back(base: Path) -> None:
    (base / "sub").mkdir()
    for name in ("export.csv", "sub/b-1_2.json"):
        descriptor = open_new(base, name)
        os.write(descriptor, b"x,y")
        os.close(descriptor)
        assert read(base, name) == b"x,y"
        assert confine(base, name).stat().st_mode & 0o777 == 0o600
        with pytest.raises(SysmonError, match="already"):
            open_new(base, name)


def test_links_lead_nowhere(base: Path, tmp_path: Path) -> None:
    (base / "link").symlink_to(tmp_path / "outside")
    (base / "away").symlink_to(tmp_path)
    (base / "inside").write_text("mine")
    (base / "near").symlink_to("inside")
    for name in ("link", "away/outside"):
        with pytest.raises(OutOfPlace):
            confine(base, name)
        with pytest.raises(OutOfPlace):
            read(base, name)
    with pytest.raises(OutOfPlace):
        read(base, "near")
    with pytest.raises(OutOfPlace):
        open_new(base, "away/new")
    with pytest.raises(SysmonError):
        open_new(base, "link")
    assert (tmp_path / "outside").read_text() == "theirs"
    assert not (tmp_path / "new").exists()


def test_what_is_no_regular_file_is_not_read(base: Path) -> None:
    os.mkfifo(base / "fifo")
    (base / "dir").mkdir()
    (base / "big").write_bytes(b"123")
    for name, words in (("fifo", "regular"), ("dir", "regular"), ("none", "No such file")):
        with pytest.raises(SysmonError, match=words):
            read(base, name)
    with pytest.raises(SysmonError, match="larger than 2"):
        read(base, "big", 2)
    with pytest.raises(SysmonError, match="No such file"):
        read(base / "none", "a")


def test_a_sandbox_that_forbids_the_call_is_walked_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "uname", lambda: type("U", (), {"sysname": "Darwin"}))
    (tmp_path / "a").write_text("x")
    assert read(tmp_path, "a") == b"x"


@given(st.text(max_size=30))
def test_any_name_stays_or_is_refused(name: str) -> None:
    try:
        path = confine(Path("/base"), name)
    except OutOfPlace:
        return
    assert path.is_relative_to("/base")
    assert ".." not in path.parts


def test_swapping_links_does_not_lead_out(base: Path, tmp_path: Path) -> None:
    """Somebody exchanges a directory for a link to another one while we open files in it."""
    (base / "dir").mkdir()
    (base / "dir" / "file").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("theirs")
    (base / "swap").symlink_to(tmp_path / "elsewhere")
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            os.rename(base / "dir", base / "spare")
            os.rename(base / "swap", base / "dir")
            os.rename(base / "dir", base / "swap")
            os.rename(base / "spare", base / "dir")

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[bytes] = set()
    try:
        for number in range(1000):
            for attempt in (partial(read, base, "dir/file"), partial(_make, base, number)):
                try:
                    seen.add(attempt())
                except SysmonError:
                    continue
    finally:
        over.set()
        thread.join()
    assert seen <= {b"mine", b"made"}
    assert os.listdir(tmp_path / "elsewhere") == ["file"]


def _make(base: Path, number: int) -> bytes:
    os.close(open_new(base, f"dir/new-{number}"))
    return b"made"
