from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.collectors.process_detail import (
    BUSIEST,
    COMMAND_AGE,
    NEW_COMMANDS,
)
from sysmon_tui.model.process import ProcessDemand
from tests.collectors.process_reader import Reader, io, show
from tests.collectors.process_tree import Calls, FakeProc, watch


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path / "proc")
    for pid in range(1, 41):
        proc.begin(pid)
        proc.file(pid, "cmdline", b"run\0--number\0%d\0" % pid)
        io(proc, pid, 0, 0)
    return proc


@pytest.fixture
def reader(proc: FakeProc, tmp_path: Path) -> Iterator[Reader]:
    passwd = tmp_path / "passwd"
    passwd.write_text(f"ann:x:{os.getuid()}:0:::\n")
    reader = Reader(proc, passwd)
    yield reader
    reader.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return watch(monkeypatch)


def test_rows_on_the_screen_have_command_and_user(reader: Reader) -> None:
    reader.demand = show(3, 4, 9999)
    found = reader.step()
    assert set(found) == {3, 4}
    assert found[3][:2] == ("run --number 3", "ann")


def test_rows_on_the_screen_have_their_control_group(reader: Reader, proc: FakeProc) -> None:
    proc.file(3, "cgroup", b"0::/system.slice/nginx.service\n")
    reader.demand = show(3, 4)
    found = reader.step()
    assert (found[3].cgroup, found[4].cgroup) == ("nginx.service", "")
    proc.file(3, "cgroup", b"0::/user.slice\n")
    assert reader.step(int(COMMAND_AGE))[3].cgroup == "user.slice"


def test_the_same_details_are_the_same_object(reader: Reader) -> None:
    reader.demand = show(3)
    before = reader.step(2)
    assert reader.step(5) is before


@pytest.mark.parametrize(
    ("content", "command"),
    [
        (b"", "[worker]"),
        (b"\0\0", "[worker]"),
        (b"nginx: master process   ", "nginx: master process"),
        (b"sh\0-c\0a\nb\x1b]0;x\x07\0", "sh -c a␊b␛]0;x␇"),
        (b"\xff\xfe", "��"),
        (b"x" * 9000, "x" * 4096),
    ],
)
def test_a_command_is_joined_cleaned_and_cut(
    reader: Reader, proc: FakeProc, content: bytes, command: str
) -> None:
    proc.file(3, "cmdline", content)
    reader.demand = show(3)
    assert reader.step()[3].command == command


def test_secrets_in_a_command_are_never_known(reader: Reader, proc: FakeProc) -> None:
    proc.file(3, "cmdline", b"app\0--password\0s3cr3t\0-v\0")
    reader.demand = show(3)
    assert reader.step()[3].command == "app --password *** -v"


def test_a_secret_cut_off_by_the_limit_is_none_either(reader: Reader, proc: FakeProc) -> None:
    proc.file(3, "cmdline", b"app\0" + b"x" * 4074 + b"\0redis://me:s3cr3t@db\0")
    reader.demand = show(3)
    assert reader.step()[3].command.endswith("x redis://me:***")


def test_a_kernel_thread_is_not_asked_for_its_command(
    reader: Reader, proc: FakeProc, calls: Calls
) -> None:
    proc.processes[3].flags = 0x00200000
    proc.write(3)
    reader.demand = show(3)
    assert reader.step()[3].command == "[worker]"
    assert "3/cmdline" not in calls.opened


def test_an_unreadable_command_is_the_name(reader: Reader, proc: FakeProc) -> None:
    (proc.root / "3/cmdline").unlink()
    reader.demand = show(3)
    assert reader.step()[3].command == "[worker]"


def test_a_rewritten_title_is_noticed_after_a_while(reader: Reader, proc: FakeProc) -> None:
    reader.demand = show(3)
    reader.step(2)
    proc.file(3, "cmdline", b"new title")
    assert reader.step()[3].command == "run --number 3"
    assert reader.step(int(COMMAND_AGE))[3].command == "new title"


def test_another_program_has_another_command_at_once(reader: Reader, proc: FakeProc) -> None:
    reader.demand = show(3)
    reader.step(2)
    proc.processes[3].comm = b"other"
    proc.write(3)
    proc.file(3, "cmdline", b"/bin/other")
    assert reader.step()[3].command == "/bin/other"


def test_a_change_of_user_is_shown(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.demand = show(3)
    reader.step()
    monkeypatch.setattr(reader.files, "owner", lambda _: 4321)
    assert reader.step()[3].user == "4321"


def test_what_ended_has_no_details(reader: Reader, proc: FakeProc) -> None:
    reader.demand = show(3, 4)
    reader.step()
    proc.end(3)
    assert set(reader.step()) == {4}


def test_the_busiest_have_details_unasked(reader: Reader, proc: FakeProc) -> None:
    reader.step()
    for pid in range(1, 21):
        proc.run(pid, pid / 10.0)
    found = reader.step()
    assert set(found) >= set(range(21 - BUSIEST, 21))


def test_all_commands_come_some_hundred_a_pass(tmp_path: Path, calls: Calls) -> None:
    proc = FakeProc(tmp_path / "proc")
    for pid in range(1, NEW_COMMANDS + 101):
        proc.begin(pid)
        proc.file(pid, "cmdline", b"x%d" % pid)
    reader = Reader(proc, tmp_path / "none")
    reader.demand = ProcessDemand(every_command=True)
    assert len(reader.step()) == NEW_COMMANDS
    found = reader.step()
    assert {detail.command for detail in found.values()} == {f"x{pid}" for pid in proc.processes}
    assert found[1].user == str(os.getuid())
    calls.reset()
    reader.step(3)
    assert calls.counts["open"] == 0
    proc.begin(7000)
    proc.file(7000, "cmdline", b"late")
    assert reader.step()[7000].command == "late"
    reader.close()
