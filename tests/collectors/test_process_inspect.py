from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sysmon_tui.collectors.process_files import ProcessFiles
from sysmon_tui.collectors.process_inspect import ENDED, HINT, Inspector
from sysmon_tui.collectors.process_roster import ProcessRoster
from sysmon_tui.collectors.process_stat import Totals
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.process import ProcessInspection, ProcessKey
from sysmon_tui.model.units import MISSING
from tests.collectors.process_tree import EACCES, Calls, FakeProc, watch

PID = 42


class Subject:
    """An inspector and the one process it looks at."""

    def __init__(self, proc: FakeProc, passwd: Path) -> None:
        self.proc = proc
        self.files = ProcessFiles(proc.root, 1024)
        self.roster = ProcessRoster(self.files)
        users = UserNames(passwd)
        users.refresh()
        self.inspector = Inspector(proc.root, self.files, users)
        self.roster.follow(Totals(), 0.0)
        self.key: ProcessKey | None = self.roster.tracked[PID].row.key

    def read(self) -> ProcessInspection | None:
        return self.inspector.read(self.key, self.roster.tracked)

    def facts(self) -> dict[str, str]:
        found = self.read()
        assert found is not None
        return dict(found.facts)


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    proc = FakeProc(tmp_path / "proc")
    proc.begin(1, comm=b"init", ppid=0)
    proc.begin(
        PID, comm=b"db", state="D", user=7000, system=35, nice=5, threads=8, start=40000, pages=256
    )
    directory = proc.root / str(PID)
    contents = {
        "cmdline": b"/usr/bin/db\0--port\x001\x1b\0",
        "smaps_rollup": b"00-ff ---p [rollup]\nRss: 9 kB\nPss:     2048 kB\nSwap:    512 kB\n",
        "limits": b"Limit  Soft Limit Hard Limit Units\nMax open files   1024   4096   files\n",
        "io": b"read_bytes: 3145728\nwrite_bytes: 1024\n",
        "cgroup": b"1:name=systemd:/\n0::/system.slice/db.service\n",
        "oom_score": b"666\n",
        "wchan": b"do_epoll_wait",
        "status": b"Name: db\nvoluntary_ctxt_switches:\t120\nnonvoluntary_ctxt_switches:\t7\n",
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    (directory / "exe").symlink_to("/usr/bin/db (deleted)")
    (directory / "cwd").symlink_to("/var/\x1b[2Jlib")
    (directory / "fd").mkdir()
    for number in range(3):
        (directory / "fd" / str(number)).touch()
    passwd = tmp_path / "passwd"
    passwd.write_text(f"ann:x:{os.getuid()}:0:::\n")
    subject = Subject(proc, passwd)
    yield subject
    subject.inspector.close()
    subject.roster.close()
    subject.files.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return watch(monkeypatch)


def test_every_fact_in_reading_order(subject: Subject) -> None:
    assert subject.facts() == {
        "Command": "/usr/bin/db --port 1␛",
        "Executable": "/usr/bin/db (deleted)",
        "Directory": "/var/␛[2Jlib",
        "User": f"ann ({os.getuid()})",
        "State": "waiting for a device",
        "Parent": "1 init",
        "Started": "10m ago",
        "CPU time": "0:01:10",
        "Threads": "8",
        "Nice": "5",
        "Priority": "25",
        "Resident": "1.0M",
        "Virtual": "4.0M",
        "Proportional": "2.0M",
        "Swapped": "512K",
        "Open files": "3 of 1024",
        "Read": "3.0M",
        "Written": "1.0K",
        "Switches": "120 voluntary, 7 forced",
        "Control group": "db.service",
        "OOM score": "666",
        "Waits in": "do_epoll_wait",
    }


def test_titles_fit_the_column_the_screen_has_for_them(subject: Subject) -> None:
    assert max(map(len, subject.facts())) <= 13


def test_nothing_is_read_when_nothing_is_asked(subject: Subject, calls: Calls) -> None:
    subject.key = None
    assert subject.read() is None
    assert calls.counts["open"] == 0


def test_dear_facts_are_read_in_every_third_pass(subject: Subject, calls: Calls) -> None:
    for _ in range(6):
        subject.read()
    assert calls.opened.count(f"{PID}/smaps_rollup") == 2
    assert calls.opened.count(f"{PID}/fd") == 2
    subject.key = None
    subject.read()
    subject.key = subject.roster.tracked[PID].row.key
    subject.read()
    assert calls.opened.count(f"{PID}/smaps_rollup") == 3, "a pane opened anew is filled at once"


def test_what_may_not_be_read_is_missing_with_one_hint(subject: Subject, calls: Calls) -> None:
    for name in ("smaps_rollup", "fd", "io", "wchan", "status"):
        calls.fail["open", f"{PID}/{name}"] = EACCES
    facts = subject.facts()
    for title in ("Proportional", "Swapped", "Open files", "Read", "Written", "Waits in"):
        assert facts[title] == MISSING
    assert facts["OOM score"] == "666"
    assert (HINT[0], facts[HINT[0]]) == HINT
    calls.fail.clear()
    for _ in range(3):
        facts = subject.facts()
    assert HINT[0] not in facts


def test_what_is_not_there_is_missing(subject: Subject) -> None:
    directory = subject.proc.root / str(PID)
    for name in ("exe", "cwd", "smaps_rollup", "io", "cgroup", "oom_score", "wchan", "status"):
        (directory / name).unlink()
    (subject.proc.root / "uptime").unlink()
    facts = subject.facts()
    missing = {"Executable", "Directory", "Proportional", "Swapped", "Read", "Written"}
    missing |= {"Switches", "Control group", "OOM score", "Waits in", "Started"}
    assert {title for title, value in facts.items() if value == MISSING} == missing


def test_a_process_that_ended_is_said_to_have_ended(subject: Subject) -> None:
    key = subject.key
    assert key is not None
    subject.roster.drop(subject.roster.tracked[PID])
    assert subject.read() == ProcessInspection(key, (("State", ENDED),))


def test_another_process_under_the_pid_is_not_the_one_asked_for(subject: Subject) -> None:
    subject.key = ProcessKey(PID, 1.0)
    assert subject.facts() == {"State": ENDED}


def test_an_unknown_parent_and_a_little_time(subject: Subject) -> None:
    process = subject.roster.tracked[PID]
    process.row = process.row._replace(ppid=777, cpu_seconds=1.234, state="?")
    facts = subject.facts()
    assert (facts["Parent"], facts["CPU time"], facts["State"]) == ("777", "1.23s", "?")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", MISSING),
        (b"0::/\n", "/"),
        (b"9:cpu:/\n4:memory:/docker/abc\n0::/\n", "docker/abc"),
        (b"0::/a:b\n", "a:b"),
        (b"0::/system.slice/docker-" + b"0" * 64 + b".scope\n", "docker/000000000000"),
    ],
)
def test_the_control_group_is_the_one_that_tells_most(
    subject: Subject, content: bytes, shown: str
) -> None:
    subject.proc.file(PID, "cgroup", content)
    assert subject.facts()["Control group"] == shown


def test_one_that_runs_waits_in_nothing(subject: Subject) -> None:
    subject.proc.file(PID, "wchan", b"0")
    assert subject.facts()["Waits in"] == MISSING


def test_a_limit_that_is_not_stated_is_missing(subject: Subject) -> None:
    subject.proc.file(PID, "limits", b"Max open files\n")
    assert subject.facts()["Open files"] == f"3 of {MISSING}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=120))
def test_garbage_in_any_file_never_raises(subject: Subject, text: bytes) -> None:
    for name in ("cmdline", "limits", "io", "cgroup", "oom_score", "wchan", "status"):
        subject.proc.file(PID, name, text)
    subject.proc.file(PID, "smaps_rollup", b"Pss: " + text + b"\nSwap:")
    (subject.proc.root / "uptime").write_bytes(text)
    for _ in range(3):
        assert len(subject.facts()) == 22
