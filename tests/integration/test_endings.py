"""However it ends, it ends: the right exit code, the terminal as it was, nothing left running."""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from sysmon_tui.storage import open_ledger, open_past
from tests.emulator import Emulator
from tests.integration.live import COMMAND, FIRST_DATA, environ, live, no_other_rules
from tests.pty import Pty

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


SOON = 3.0
"""Seconds in which it has ended, whatever the terminal does: 1.5 are the watchdog's."""


def beats(home: Path) -> list[float]:
    """The moments at which CPU was recorded, on the clock of `time.monotonic`."""
    past = open_past(f"sqlite://{home}/state/history.sqlite", state=home / "state")
    return [batch.mono for batch in past.read(0.0, 1e12, collectors=frozenset({"cpu"}))]


def assert_recorded_until(home: Path, end: float) -> None:
    """What was measured up to then is on the disk; a beat or two were under way."""
    assert end - beats(home)[-1] < 2.5


def running(home: Path) -> list[psutil.Process]:
    """The program and whatever it started, by the home they were given."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("HOME") == str(home):
                found.append(process)
    return found


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["default", "nohup"])
def test_a_closed_terminal_ends_it(tmp_path: Path, ignored: tuple[signal.Signals, ...]) -> None:
    with live(tmp_path, ignored=ignored) as term:
        term.wait_for(FIRST_DATA)
        assert term.pid in [process.pid for process in running(tmp_path)]
        burnt, gone = os.times().children_user, time.monotonic()
        spent = term.cpu_seconds()
        term.hang_up()
        assert term.process.wait(10) in (129, 143)
        assert time.monotonic() - gone < SOON
        assert psutil.wait_procs(running(tmp_path), timeout=SOON)[1] == []
        assert os.times().children_user - burnt < spent + 1.0
    assert_recorded_until(tmp_path, gone)


def test_sigterm_ends_it_while_nobody_reads(tmp_path: Path) -> None:
    with live(tmp_path, "--interval", "0.2") as term:
        term.wait_for(FIRST_DATA)
        term.fill()
        asked = time.monotonic()
        term.signal(signal.SIGTERM)
        assert term.process.wait(10) == 143
        assert time.monotonic() - asked < SOON
        assert term.exit_status() == 143
        assert term.left_behind() == []
    assert_recorded_until(tmp_path, asked)


def may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run(["unshare", "-pf", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="may not make a PID namespace")
@pytest.mark.parametrize(
    "read",
    [pytest.param(True, id="read", marks=pytest.mark.slow), pytest.param(False, id="blocked")],
)
def test_the_first_process_of_a_container_can_be_ended(tmp_path: Path, read: bool) -> None:
    argv = ["unshare", "-pf", *COMMAND]
    with Pty(argv, columns=120, rows=40, environ=environ(tmp_path)) as term:
        term.wait_for(FIRST_DATA)
        (first,) = psutil.Process(term.pid).children()
        if not read:
            term.fill()
        asked = time.monotonic()
        first.send_signal(signal.SIGTERM)
        assert (term.exit_status(10) if read else term.process.wait(10)) == 143
        assert time.monotonic() - asked < SOON
        assert term.exit_status() == 143
        assert term.left_behind() == []
    assert_recorded_until(tmp_path, asked)


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


def test_without_input_it_says_so_too(tmp_path: Path) -> None:
    """As under cron with a terminal at hand, where others paint for ever."""
    command = ["sh", "-c", f"exec {shlex.join(COMMAND)} </dev/null"]
    with Pty(command, columns=120, rows=40, environ=environ(tmp_path)) as term:
        assert term.exit_status() == 2
        assert "--plain" in term.screen.text
        assert b"\x1b" not in term.output


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
    """What is stopped records nothing: a gap, after which it goes on where it is now."""
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.signal(signal.SIGTSTP)
        term.wait_for(lambda t: t.is_stopped())
        stopped = time.monotonic()
        # The shell's screen is back.
        term.wait_for(lambda t: not t.modes.on.get(1049))
        continued = time.monotonic()
        term.signal(signal.SIGCONT)
        term.wait_for(lambda t: t.modes.on.get(1049))
        term.wait_for(FIRST_DATA)
        shown = set[str]()

        def has_gone_on(term: Pty) -> bool:
            shown.update(re.findall(r"\d\d:\d\d:\d\d", term.screen.lines[0]))
            return len(shown) > 2

        term.wait_for(has_gone_on)
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []
    found = beats(tmp_path)
    assert found == sorted(found)
    assert not [at for at in found if stopped < at < continued]
    assert found[-1] > continued


def test_400_resizes(tmp_path: Path) -> None:
    sizes = random.Random(7)
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for("q Quit")
        before = 0
        for number in range(400):
            odd = [(1, 1), (20, 5), (0, 0), (sizes.randint(1, 250), sizes.randint(1, 90))]
            term.resize(*sizes.choice(odd))
            term.pump(0.005)
            if number == 100:
                # By now every panel has been drawn once, and what is loaded late is loaded.
                before = term.resident()
        term.resize(120, 40)
        term.wait_for(lambda t: "q Quit" in t.screen.lines[39])
        term.wait_for(FIRST_DATA)
        assert term.resident() - before < 10 << 20
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


def test_a_tiny_terminal(tmp_path: Path) -> None:
    """It starts where nobody knows the size and comes to tiny ones."""
    with live(tmp_path, columns=0, rows=0) as term:
        for size in ((0, 0), (1, 1), (20, 5)):
            term.resize(*size)
            term.screen.feed("\x1b[2J")
            term.wait_for(lambda t: t.screen.text.strip())
        term.resize(120, 40)
        term.wait_for(lambda t: "q Quit" in t.screen.lines[39])
        term.wait_for(FIRST_DATA)
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


class Unseen(Emulator):
    """A screen so big that it takes longer to emulate than to draw."""

    def feed(self, text: str) -> None:
        """Nobody looks."""


def has_written(size: int, term: Pty) -> bool:
    return len(term.output) >= size


@pytest.mark.slow
def test_a_huge_terminal(tmp_path: Path) -> None:
    with live(tmp_path, columns=1000, rows=500) as term:
        term.screen = Unseen(1, 1)
        resident = []
        for _ in range(4):
            for size, least in (((1000, 500), 300_000), ((1, 1), 1)):
                term.resize(*size)
                mark = len(term.output)
                term.wait_for(partial(has_written, mark + least))
            resident.append(term.resident())
        assert max(resident[2:]) - resident[1] < 10 << 20
        term.resize(120, 40)
        term.settle(timeout=60)
        term.screen = Emulator(120, 40, wrap=True)
        term.send("\x0c")
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
        + no_other_rules()
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
