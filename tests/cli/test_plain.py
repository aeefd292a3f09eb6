"""The line mode: what is printed, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.cli.plain import follow, lines
from sysmon_tui.cli.signals import ending
from sysmon_tui.model.alert import AlertEvent, State
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.process import NO_PROCESSES
from sysmon_tui.model.text import clean
from tests.cli.conftest import Run
from tests.cli.machine import Machine, alert, busy, calm

ROOT = Path(__file__).parents[2]

ENDLESS = (
    "from tests.cli.machine import Endless, in_place; in_place(Endless());"
    "from sysmon_tui.__main__ import main; main()"
)


def test_a_tick_is_one_line_that_says_the_worst_of_each_kind() -> None:
    assert list(lines(busy(2), first=False)) == [
        "00:15:02 cpu 57%, memory 97%, swap 4.0%, load 1.25, pressure io 7.0%, disk sda 40%, "
        "filesystem /var 93%, net eth0 2.0M/s in 8.0M/s out, top python3 (40) 194%"
    ]


def test_the_first_tick_tells_what_was_wrong_before_and_has_no_rates_to_show() -> None:
    wrong = (alert(taken_by="jonas"), replace(alert(""), state=State.PENDING))
    assert list(lines(replace(busy(1), alerts=wrong), first=True)) == [
        "00:15:01 alert firing critical: 97% of memory is used, for 2m 1s, taken by jonas",
        "00:15:01 alert pending critical: MemoryAvailable, for 2m 1s",
    ]


def test_a_resolved_alert_is_not_standing() -> None:
    over = replace(alert(), state=State.RESOLVED)
    assert list(lines(replace(calm(1), alerts=(over,)), first=True)) == []


def test_each_change_of_an_alert_is_a_line_of_its_own() -> None:
    events = (
        AlertEvent(901.0, "firing", alert()),
        AlertEvent(902.0, "moved", alert()),
        AlertEvent(902.0, "acknowledged", alert(), clean("mira from 10.0.0.9")),
    )
    printed = list(lines(replace(calm(3), events=events, alerts=(alert(),)), first=False))
    assert printed[:-1] == [
        "00:15:01 alert firing critical: 97% of memory is used",
        "00:15:02 alert acknowledged critical: 97% of memory is used, by mira from 10.0.0.9",
    ]
    assert printed[-1].startswith("00:15:03 cpu ")


def test_what_is_not_known_is_left_out() -> None:
    known: Families = {"node_load1": {(): 0.5}}
    assert list(lines(replace(calm(2), families=known), first=False)) == [
        "00:15:02 load 0.5, top python3 (40) 194%"
    ]
    assert list(lines(replace(calm(2), families={}), first=False)) == [
        "00:15:02 top python3 (40) 194%"
    ]
    still: Families = {
        "sysmon_network_receive_bytes_per_second": {labels(device="eth0"): 0.0},
        "node_load1": {(): 0.5},
    }
    assert list(lines(replace(calm(2), families=still), first=False)) == [
        "00:15:02 load 0.5, top python3 (40) 194%"
    ]
    nobody = replace(calm(2), families=known, processes=NO_PROCESSES)
    assert list(lines(nobody, first=False)) == ["00:15:02 load 0.5"]


def test_it_prints_as_many_ticks_as_asked_and_stops_the_monitor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = Machine(calm(1), calm(2), calm(3), calm(4))
    follow(machine, 2)
    printed = capsys.readouterr().out.splitlines()
    assert [line[:8] for line in printed] == ["00:15:02", "00:15:03"]
    assert machine.done == ["start", "stop"]


def test_news_between_two_readings_repeat_no_figures(capsys: pytest.CaptureFixture[str]) -> None:
    event = AlertEvent(901.0, "acknowledged", alert(), clean("mira"))
    news = replace(calm(2), batches=(), events=(event,))
    follow(Machine(calm(1), news, calm(3), calm(4)), 1)
    assert [line[:15] for line in capsys.readouterr().out.splitlines()] == [
        "00:15:01 alert ",
        "00:15:03 cpu 12",
    ]


def test_it_ends_with_the_monitor(capsys: pytest.CaptureFixture[str]) -> None:
    follow(Machine(calm(1), calm(2)), None)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_failure_while_printing_stops_the_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sysmon_tui.cli.plain.say", fail)
    machine = Machine()
    with pytest.raises(ZeroDivisionError):
        follow(machine, None)
    assert machine.done == ["start", "stop"]


def test_signals_are_ours_only_while_it_runs() -> None:
    before = signal.getsignal(signal.SIGTERM)
    follow(Machine(), None)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_was_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            monkeypatch.delattr(signal, "SIGHUP")
            with ending():
                assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        monkeypatch.undo()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_command_line_prints_lines_and_problems_apart(
    run: Run, machine: Machine, settings_file: Path
) -> None:
    settings_file.write_text("[screen]\nthem = 1\n[collection]\ninterval = 4")
    machine.notices = ("history is paused",)
    result = run("--plain", "--no-history")
    assert result.exit_code == 0
    assert result.stdout.startswith("00:15:02 cpu ")
    assert result.stderr.splitlines() == [
        f"sysmon-tui: {settings_file}:2: screen.them: unknown setting. Did you mean theme?",
        "sysmon-tui: history is paused",
    ]
    assert machine.settings.storage.url == "memory:"
    assert machine.settings.collection.interval == 4.0
    assert machine.dirs is not None
    assert machine.dirs.config == settings_file.parent


def test_a_count_asks_for_lines(run: Run, machine: Machine) -> None:
    machine.ticks = (calm(1), calm(2), calm(3))
    assert len(run("--count", "1").stdout.splitlines()) == 1


class TestEnding:
    """In a process of its own, as the shell sees it."""

    @pytest.mark.parametrize(
        ("number", "code"),
        [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    )
    def test_a_signal_ends_it_with_the_shells_code(self, number: int, code: int) -> None:
        with endless() as process:
            assert process.stdout is not None
            assert b"cpu " in process.stdout.readline()
            process.send_signal(number)
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == code
        assert stderr == b""

    def test_a_reader_that_has_seen_enough_ends_it_quietly(self) -> None:
        with endless() as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr is not None
            assert process.stderr.read() == b""
            assert process.wait(timeout=30) == 141

    def test_a_full_disk_is_one_clean_line(self) -> None:
        with Path("/dev/full").open("wb") as full:
            process = endless(stdout=full.fileno())
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == 1
        assert stderr.decode() == (
            "sysmon-tui: the output cannot be written: No space left on device\n"
        )


def endless(stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ENDLESS, "--plain", "--no-history"],
        cwd=ROOT,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
