"""A closer look at one process, in a /proc of our own making."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_look import ProcessLook
from sysmon_tui.model.evidence import COMMAND_LIMIT, Suspect
from sysmon_tui.model.text import clean
from tests.collectors.process_tree import TICKS, FakeProc

SUSPECT = Suspect(
    pid=41,
    start_time=500 / TICKS,
    started=0.0,
    name=clean("worker"),
    user=clean("0"),
    state="D",
    cpu=0.0,
    rss=0.0,
)


@pytest.fixture
def fake(tmp_path: Path) -> FakeProc:
    (tmp_path / "proc").mkdir()
    fake = FakeProc(tmp_path / "proc")
    fake.begin(41, start=500)
    fake.file(41, "cmdline", b"worker\0--all\0")
    fake.file(41, "wchan", b"folio_wait_bit")
    fake.file(41, "cgroup", b"1:cpu:/old\n0::/system.slice/x.service\n")
    (tmp_path / "etc").mkdir()
    uid = (tmp_path / "proc/41").stat().st_uid
    (tmp_path / "etc/passwd").write_text(f"ann:x:{uid}:0::/:/bin/sh\n")
    return fake


def look(fake: FakeProc, suspect: Suspect = SUSPECT) -> Suspect:
    return ProcessLook(Roots(proc=fake.root, root=fake.root.parent))(suspect)


def test_what_the_table_did_not_have(fake: FakeProc) -> None:
    seen = look(fake)
    assert seen == replace(
        SUSPECT,
        user=clean("ann"),
        command=clean("worker --all"),
        waits_in=clean("folio_wait_bit"),
        group=clean("/system.slice/x.service"),
    )


def test_what_is_known_stays(fake: FakeProc) -> None:
    assert look(fake, replace(SUSPECT, command=clean("worker ***"))).command == "worker ***"


def test_another_process_of_that_pid_is_not_looked_at(fake: FakeProc) -> None:
    other = replace(SUSPECT, start_time=1.0)
    assert look(fake, other) is other


@pytest.mark.parametrize("pid", [99, 1 << 30])
def test_one_that_ended(fake: FakeProc, pid: int) -> None:
    gone = replace(SUSPECT, pid=pid)
    assert look(fake, gone) is gone


def test_junk_is_no_process(fake: FakeProc) -> None:
    fake.file(41, "stat", b"junk")
    assert look(fake) is SUSPECT


def test_files_that_are_not_there_leave_out_what_they_say(fake: FakeProc) -> None:
    for name in ("wchan", "cgroup", "cmdline"):
        (fake.root / "41" / name).unlink()
    seen = look(fake)
    assert (seen.user, seen.command, seen.waits_in, seen.group) == ("ann", "[worker]", "", "")


@pytest.mark.parametrize(
    ("cgroup", "group"), [(b"", ""), (b"4:memory:/a\n", "/a"), (b"0::/\x1b[2J\n", "/\u241b[2J")]
)
def test_control_groups_of_all_kinds(fake: FakeProc, cgroup: bytes, group: str) -> None:
    fake.file(41, "cgroup", cgroup)
    assert look(fake).group == group


def test_what_waits_in_nothing(fake: FakeProc) -> None:
    fake.file(41, "wchan", b"0")
    assert look(fake).waits_in == ""


def test_a_long_command_is_cut(fake: FakeProc) -> None:
    fake.file(41, "cmdline", b"x" * 4000)
    assert len(look(fake).command) == COMMAND_LIMIT
