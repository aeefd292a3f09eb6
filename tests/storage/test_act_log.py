"""What was done to processes is written down, a line for each act, for nobody else to read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.process_act import ProcessAct
from sysmon_tui.model.text import clean
from sysmon_tui.storage.act_log import ActLog
from tests.hold import target

ACT = ProcessAct(
    1_700_000_000.25,
    clean("mira from 10.0.0.7"),
    "SIGTERM",
    target(300, "ba\x1b[31md\n", command='sh -c "x\ny"'),
    "done",
)


def test_a_line_for_each_act(tmp_path: Path) -> None:
    log = ActLog(tmp_path / "state")
    log.append(ACT)
    log.append(ACT)
    lines = log.path.read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0]) == {
        "at": 1_700_000_000.25,
        "by": "mira from 10.0.0.7",
        "act": "SIGTERM",
        "pid": 300,
        "start": 86400.0,
        "uid": 70,
        "user": "postgres",
        "name": "ba␛[31md␊",
        "command": 'sh -c "x␊y"',
        "outcome": "done",
    }
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert "\x1b" not in log.path.read_text()


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = ActLog(tmp_path, largest=300)
    for _ in range(7):
        log.append(ACT)
    assert log.path.stat().st_size <= 600
    assert log.path.with_name("acts.jsonl.prev").exists()


def test_what_is_no_file_of_ours_is_not_written_to(tmp_path: Path) -> None:
    log = ActLog(tmp_path)
    (tmp_path / "elsewhere").touch()
    log.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot be written"):
        log.append(ACT)
    log.path.unlink()
    os.mkfifo(log.path)
    reader = os.open(log.path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(StoreError, match="not a regular file"):
        log.append(ACT)
    os.close(reader)
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_half_a_line_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ActLog(tmp_path)
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[:20]))
    with pytest.raises(StoreError, match="half a line"):
        log.append(ACT)
    monkeypatch.undo()
    log.append(ACT)
    assert json.loads(log.path.read_text().splitlines()[1])["pid"] == 300
