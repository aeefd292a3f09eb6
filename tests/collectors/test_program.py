"""Asking other programs: real ones, that answer, babble, hang or are not there."""

from __future__ import annotations

import os
import select
import stat
import subprocess
from pathlib import Path

import pytest

from sysmon_tui.collectors import program as module
from sysmon_tui.collectors.program import said
from sysmon_tui.model.errors import Unsupported


def script(directory: Path, text: str, name: str = "tool") -> str:
    """A program of that name; the path to look for it on."""
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return f"{directory}:/usr/bin:/bin"


def test_what_it_says_on_both_outputs(tmp_path: Path) -> None:
    path = script(tmp_path, 'echo "$1"; echo oops >&2; exit 3')
    assert said(("tool", "a b;c"), 20.0, path=path) == b"a b;c\noops\n"


def test_nothing_of_our_environment_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert b"SECRET" not in said(("tool",), 20.0, path=script(tmp_path, "env"))


def test_one_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    path = script(tmp_path, 'sleep 1000 & echo $! > "$1"; wait')
    pid_file = tmp_path / "pid"
    with pytest.raises(TimeoutError):
        said(("tool", str(pid_file)), 2.0, path=path)
    assert ended(int(pid_file.read_text()))


def ended(pid: int) -> bool:
    """Whether it ends; a killed process may take a moment to be gone."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    try:
        return bool(poll.poll(20_000))
    finally:
        os.close(fd)


def test_one_that_cannot_be_killed_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = subprocess.Popen.wait

    def wait(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        waited(process)
        raise subprocess.TimeoutExpired("tool", timeout or 0.0)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    assert said(("tool",), 20.0, path=script(tmp_path, "echo done")) == b"done\n"


def test_one_that_babbles_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OUTPUT_LIMIT", 1000)
    text = said(("tool",), 20.0, path=script(tmp_path, "while :; do echo babble; done"))
    assert 1000 <= len(text) <= 1000 + 65536


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="tool is not installed"):
        said(("tool",), 1.0, path=str(tmp_path))


def test_one_that_cannot_be_run(tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"\x7fELF junk")
    file.chmod(stat.S_IRWXU)
    with pytest.raises(Unsupported, match="cannot be run"):
        said(("tool",), 1.0, path=str(tmp_path))
    assert os.listdir(tmp_path) == ["tool"]
