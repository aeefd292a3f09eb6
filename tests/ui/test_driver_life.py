"""What terminals and job control do to the app: it goes on, or ends and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pty import KEYS, TIMEOUT, Pty
from tests.ui.test_driver import (
    COLUMNS,
    ROWS,
    assert_nothing_is_amiss,
    leave,
    ready,
    specimen,
    step,
)

KINDS = pytest.mark.parametrize("kind", ["diff", "whole"])


def until(condition: Callable[[], object]) -> None:
    """Wait without reading from the terminal."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def count(file: Path) -> int:
    """Lines in it."""
    return file.read_bytes().count(b"\n") if file.exists() else 0


# A terminal that does not read


@KINDS
def test_the_loop_goes_on_while_the_terminal_does_not_read(kind: str, tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    with specimen(kind, "--beat", beats) as term:
        term.wait_for(r"step \d")
        before, mark = count(beats), len(term.output)
        until(lambda: count(beats) > before + 150)
        term.send("\x02\x12")
        until(lambda: count(beats) > before + 170)
        term.wait_for_output(b"\x1b[", mark)
        term.send("\x07")
        term.wait_for("<ctrl\\+g>")
        assert b"\x1b]52;" not in term.output[mark:]
        assert_nothing_is_amiss(term)
        leave(term)


@KINDS
def test_a_terminal_that_reads_slowly_is_sent_whole_sequences(kind: str, tmp_path: Path) -> None:
    with specimen(kind, "--beat", tmp_path / "beats") as term:
        term.wait_for(r"step \d")
        for _ in range(150):
            term.trickle(700)
        term.send("\x07")
        term.wait_for("<ctrl\\+g>")
        assert_nothing_is_amiss(term)
        leave(term)


def test_a_terminal_that_never_reads_is_given_back_nevertheless(tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    with specimen("diff", "--beat", beats) as term:
        term.wait_for(r"step \d")
        before = count(beats)
        until(lambda: count(beats) > before + 150)
        term.signal(signal.SIGTERM)
        until(lambda: term.process.poll() is not None)
        assert term.exit_status() == 128 + signal.SIGTERM
        assert term.left_behind() == []


# Input


def test_keys_arrive() -> None:
    with specimen("diff") as term:
        ready(term)
        for name, shown in (("escape", "escape"), ("up", "up"), ("f5", "f5"), ("f1", "f1")):
            term.send(KEYS[name])
            term.wait_for(f"<{shown}>")
        term.send("x漢")
        term.wait_for("x漢")
        term.send("字".encode()[:1])
        term.send("字".encode()[1:])
        term.wait_for("x漢字")
        term.send("\x1b[200~pasted text\x1b[201~")
        term.wait_for("x漢字pasted text")
        term.send("\x1b[<0;8;4M\x1b[<0;8;4m")
        term.wait_for("<click:7,3>")
        leave(term)


def test_a_lone_escape_is_told_from_the_start_of_a_sequence() -> None:
    with specimen("diff") as term:
        ready(term)
        term.send("\x1b")
        term.wait_for("<escape>")
        term.send("\x1b[")
        term.send("A")
        term.wait_for("<up>")
        leave(term)


def test_resizes_in_band_replace_the_signal() -> None:
    with specimen("diff") as term:
        ready(term)
        term.send("\x1b[?2048;2$y")
        term.wait_for(lambda term: term.modes.on.get(2048) and term.modes.on.get(1016))
        term.resize(60, 22)
        term.settle()
        term.send("\x1b[48;22;60;440;600t")
        term.wait_for(r"^.{59}▎$")
        step(term, 1)
        assert_nothing_is_amiss(term)
        leave(term)


@pytest.mark.parametrize("in_band", [False, True])
def test_a_resize_whose_timer_was_lost_is_made_up_for(in_band: bool) -> None:
    with specimen("diff") as term:
        ready(term)
        if in_band:
            term.send("\x1b[?2048;2$y")
            term.wait_for(lambda term: term.modes.on.get(2048))
        term.send("\x15")
        term.wait_for("<ctrl\\+u>")
        for columns, rows in ((60, 22), (70, 24)):
            term.resize(columns, rows)
            if in_band:
                term.send(f"\x1b[48;{rows};{columns};440;600t")
            term.wait_for(rf"^.{{{columns - 1}}}▎$")
        assert_nothing_is_amiss(term)
        leave(term)


def test_an_idle_input_thread_does_not_wake() -> None:
    with specimen("diff") as term:
        ready(term)
        task = next(
            task for task in Path(f"/proc/{term.pid}/task").iterdir() if int(task.name) != term.pid
        )

        def switches() -> int:
            lines = (task / "status").read_text().splitlines()
            return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

        # It may still be on its way to sleep; one that polls as Textual's does has no such pause.
        for _ in range(20):
            before = switches()
            term.settle(0.6)
            if switches() == before:
                break
        else:
            pytest.fail("it wakes again and again")


# The end


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)])
def test_a_terminal_that_is_gone_ends_the_app(ignored: tuple[signal.Signals, ...]) -> None:
    argv = [sys.executable, "-m", "tests.ui.specimen", "diff"]
    with Pty(argv, columns=COLUMNS, rows=ROWS, ignored=ignored) as term:
        ready(term)
        before = term.cpu_seconds()
        children = os.times()
        term.hang_up()
        assert term.exit_status(3.0) == 128 + signal.SIGHUP
        spent = os.times().children_user - children.children_user
        assert spent < before + 1.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
@KINDS
def test_a_signal_ends_the_app_and_restores_the_terminal(kind: str, number: signal.Signals) -> None:
    argv = [sys.executable, "-m", "tests.ui.specimen", kind]
    with Pty(argv, columns=COLUMNS, rows=ROWS, ignored=[number]) as term:
        ready(term)
        assert {"?1003", "?1049", "?25", "keyboard", "termios"} <= set(term.left_behind())
        term.signal(number)
        assert term.exit_status() == 128 + number
        assert term.left_behind() == []


def test_a_loop_that_hangs_is_ended_by_the_watchdog() -> None:
    with specimen("diff") as term:
        ready(term)
        term.send("\x19")
        term.settle()
        term.signal(signal.SIGTERM)
        term.signal(signal.SIGHUP)
        assert term.exit_status() in (128 + signal.SIGTERM, 128 + signal.SIGHUP)
        assert term.left_behind() == []


def can_be_first_process() -> bool:
    test = ["unshare", "-pf", "--kill-child", "true"]
    try:
        return subprocess.run(test, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_be_first_process(), reason="may not make a PID namespace")
def test_the_first_process_of_a_container_can_be_ended() -> None:
    argv = ["unshare", "-pf", sys.executable, "-m", "tests.ui.specimen", "diff"]
    with Pty(argv, columns=COLUMNS, rows=ROWS) as term:
        ready(term)
        children = Path(f"/proc/{term.pid}/task/{term.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert term.exit_status() == 128 + signal.SIGTERM
        assert term.left_behind() == []


# Job control


@pytest.mark.parametrize("by", ["signal", "key"])
@KINDS
def test_stopping_gives_the_terminal_back_and_continuing_takes_it(kind: str, by: str) -> None:
    with specimen(kind) as term:
        ready(term)
        step(term, 1)
        if by == "signal":
            term.signal(signal.SIGTSTP)
        else:
            term.send("\x1a")
        term.wait_for(Pty.is_stopped)
        term.settle()
        assert term.left_behind() == []
        term.screen.feed("\x1b[2J$ fg")
        term.signal(signal.SIGCONT)
        term.wait_for("step 1")
        step(term, 2)
        term.send(KEYS["up"])
        term.wait_for("<up>")
        assert_nothing_is_amiss(term)
        leave(term)


def test_the_title_goes_and_comes_back_with_the_app() -> None:
    with specimen("diff") as term:
        ready(term)
        mark = len(term.output)
        term.send("\x10")
        term.wait_for_output(b"\x1b]2;step 0\x1b\\", mark)
        mark = len(term.output)
        term.signal(signal.SIGTSTP)
        term.wait_for(Pty.is_stopped)
        term.settle()
        assert term.output[mark:].count(b"\x1b[23;2t") == 1
        mark = len(term.output)
        term.signal(signal.SIGCONT)
        term.wait_for_output(b"\x1b[22;2t\x1b]2;step 0\x1b\\", mark)
        leave(term)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
def test_in_the_background_it_waits_for_its_turn() -> None:
    with Pty(["bash", "--norc", "-i"], columns=COLUMNS, rows=ROWS) as term:
        term.send(f"{sys.executable} -m tests.ui.specimen diff\n")
        term.wait_for("step 0")
        term.wait_for("filter")
        term.send("\x1a")
        term.wait_for("Stopped")
        term.screen.feed("\x1b[2J\x1b[H")
        term.send("bg\n")
        term.wait_for(r"specimen diff &")
        term.screen.feed("\x1b[2J\x1b[H")
        for _ in range(20):
            term.send("jobs\n")
            term.settle(0.1)
        term.wait_for("Stopped")
        assert not term.modes.on[1049]
        term.send("fg\n")
        term.wait_for("step 0")
        step(term, 1)
        term.send("\x11")
        term.wait_for(lambda term: not term.modes.on[1049])
        term.send("exit\n")
        assert term.exit_status() == 0
        assert term.modes.left_behind() == ["?2004"] * term.modes.on.get(2004, False)


def test_continuing_after_a_stop_that_nobody_heard_of_repaints() -> None:
    with specimen("diff") as term:
        ready(term)
        step(term, 1)
        term.signal(signal.SIGSTOP)
        term.wait_for(Pty.is_stopped)
        term.screen.feed("\x1b[2J$ fg")
        term.signal(signal.SIGCONT)
        term.wait_for("step 1")
        term.wait_for("filter")
        for _ in range(3):
            term.send(KEYS["up"])
            term.wait_for("<up>")
            term.send(KEYS["down"])
            term.wait_for("<down>")
        assert term.modes.keyboard == 1
        leave(term)


def test_another_program_may_have_the_terminal_for_a_while() -> None:
    with specimen("diff") as term:
        ready(term)
        term.send("\x0f")
        term.wait_for("OUTSIDE")
        assert term.left_behind() == []
        term.signal(signal.SIGTSTP)
        term.wait_for(Pty.is_stopped)
        term.signal(signal.SIGCONT)
        term.send("done\n")
        term.wait_for("step 0")
        step(term, 1)
        assert_nothing_is_amiss(term)
        leave(term)


@KINDS
def test_four_hundred_resizes(kind: str) -> None:
    sizes = [(1, 1), (20, 5), (200, 60), (3, 40), (120, 2), (80, 24), (2, 1), (133, 43)]
    with specimen(kind) as term:
        ready(term)
        for number in range(400):
            term.resize(*sizes[number % len(sizes)])
            term.pump()
            if number % 50 == 0:
                term.send("\x0e")
        term.resize(COLUMNS, ROWS)
        term.wait_for("step 8")
        term.wait_for(r"^.{89}▎$")
        assert_nothing_is_amiss(term)
        leave(term)


def test_a_size_that_changes_and_changes_back_is_repaired() -> None:
    with specimen("diff") as term:
        ready(term)
        step(term, 1)
        term.screen.feed("\x1b[2J")
        os.kill(term.pid, signal.SIGWINCH)
        term.wait_for("step 1")
        term.wait_for("filter")
        leave(term)
