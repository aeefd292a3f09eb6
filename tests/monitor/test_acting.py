"""An act is allowed, done and written down; what fails is written down as well."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_stat import TICK, parse_stat
from sysmon_tui.model.errors import Gone, Refused
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Signal
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.acting import Acting
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Acts, Settings, Storage
from tests.clock import ManualClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and pidfd")
MIRA = clean("mira")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def key_of(pid: int) -> ProcessKey:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_bytes())
    assert stat is not None
    return ProcessKey(pid, stat.start * TICK)


def written(state: Path) -> list[tuple[str, str]]:
    lines = map(json.loads, (state / "acts.jsonl").read_text().splitlines())
    return [(line["act"], line["outcome"]) for line in lines]


def test_every_act_is_written_down(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    acting = Acting(Roots(), tmp_path, ManualClock(), allowed=True)
    with closing(acting.hold(key_of(child.pid))) as hold:
        assert (hold.certain, hold.refusal, hold.target.name) == (True, "", "sleep")
        assert hold.us.ancestors
        before, after = hold.renice(1, MIRA)
        assert after == before + 1
        hold.send(Signal.TERM, MIRA)
        assert child.wait() == -signal.SIGTERM
        with pytest.raises(Gone):
            hold.send(Signal.KILL, MIRA)
        assert hold.unwritten == ""
    assert written(tmp_path) == [
        ("nice +1", "done"),
        ("SIGTERM", "done"),
        ("SIGKILL", "it has ended already"),
    ]


def test_a_full_disk_does_not_keep_one_from_it(
    child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    (tmp_path / "acts.jsonl").mkdir()
    acting = Acting(Roots(), tmp_path, ManualClock(), allowed=True)
    with closing(acting.hold(key_of(child.pid))) as hold:
        hold.send(Signal.TERM, MIRA)
        assert child.wait() == -signal.SIGTERM
        assert "cannot be written" in hold.unwritten


def test_the_settings_can_forbid_it(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    dirs = Dirs(tmp_path, tmp_path)
    for allowed in (True, False):
        settings = Settings(storage=Storage(url="memory:"), acts=Acts(processes=allowed))
        monitor = assemble(settings, dirs, clock=ManualClock())
        if allowed:
            monitor.hold(key_of(child.pid)).close()
        else:
            with pytest.raises(Refused, match=r"under \[acts\]"):
                monitor.hold(key_of(child.pid))
        monitor.stop()
