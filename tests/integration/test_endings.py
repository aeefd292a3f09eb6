"""However it ends, it ends: the right exit code, the terminal as it was, nothing left running."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sysmon_tui.storage import open_ledger
from tests.integration.live import COMMAND, FIRST_DATA, environ, live

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and terminals")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.signal(number)
        assert term.exit_status() == status
        assert term.left_behind() == []


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["default", "nohup"])
def test_a_closed_terminal_ends_it(tmp_path: Path, ignored: tuple[signal.Signals, ...]) -> None:
    with live(tmp_path, ignored=ignored) as term:
        term.wait_for(FIRST_DATA)
        before = term.cpu_seconds()
        term.hang_up()
        assert term.process.wait(10) in (129, 143)
        assert before < 10.0


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        COMMAND,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ(tmp_path),
    )
    assert done.returncode == 2
    assert "--plain" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_stopped_and_continued(tmp_path: Path) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.signal(signal.SIGSTOP)
        term.wait_for(lambda t: t.is_stopped())
        term.resize(100, 32)
        term.signal(signal.SIGCONT)
        term.wait_for(r"q Quit")
        term.wait_for(lambda t: "q Quit" in t.screen.lines[31])
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


def test_job_control(tmp_path: Path) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.signal(signal.SIGTSTP)
        term.wait_for(lambda t: t.is_stopped())
        # The shell's screen is back.
        term.wait_for(lambda t: not t.modes.on.get(1049))
        term.signal(signal.SIGCONT)
        term.wait_for(lambda t: t.modes.on.get(1049))
        term.wait_for(FIRST_DATA)
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


def test_400_resizes(tmp_path: Path) -> None:
    sizes = random.Random(7)
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        for _ in range(400):
            term.resize(
                *sizes.choice([(1, 1), (20, 5), (sizes.randint(1, 250), sizes.randint(1, 90))])
            )
            term.pump(0.005)
        term.resize(120, 40)
        term.wait_for(lambda t: "q Quit" in t.screen.lines[39])
        term.wait_for(FIRST_DATA)
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


def test_an_acknowledgement_survives_kill_9(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.toml").write_text(
        """
[[rules]]
name = "AlwaysHere"
metric = "node_load15"
warning = { above = -1.0, clear = -2.0 }
summary = "the load is a number"
"""
    )
    with live(tmp_path) as term:
        term.wait_for(r"firing .*the load is a number")
        term.send("aa")
        term.wait_for(r"the load is a number .*✓")
        # Shown at once, and safe a moment later: by a second at a start, while history is opened.
        ledger = open_ledger("sqlite:", state=tmp_path / "state")
        term.wait_for(lambda _: any(alert.ack for alert in ledger.load()))
        term.signal(signal.SIGKILL)
        assert term.exit_status() == -signal.SIGKILL
    with live(tmp_path) as term:
        term.wait_for(r"the load is a number .*✓")
        term.send("q")
        assert term.exit_status() == 0


def test_the_charts_are_filled_on_the_second_start(tmp_path: Path) -> None:
    def drawn(line: str) -> int:
        return sum("\u2801" <= c <= "\u28ff" for c in line)

    def memory(term: object) -> int:
        lines = term.screen.lines  # type: ignore[attr-defined]
        return drawn(next((line for line in lines if "Memory" in line), ""))

    with live(tmp_path) as term:
        term.wait_for(lambda t: memory(t) >= 3)
        length = memory(term)
        term.send("q")
        assert term.exit_status() == 0
    with live(tmp_path) as term:
        # More at once than one that begins anew could have drawn by its second tick.
        term.wait_for(lambda t: memory(t) >= length, timeout=10)
        term.send("q")
        assert term.exit_status() == 0


def test_orphans_do_not_burn(tmp_path: Path) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        pid = term.pid
        term.hang_up()
        term.process.wait(10)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
