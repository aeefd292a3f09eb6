from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.collectors.process_files import RESERVE
from sysmon_tui.collectors.process_scan import (
    RESTING_TURNS,
    SETTLED,
)
from tests.collectors.process_reader import COUNT, IDLE_PASSES, Scanner
from tests.collectors.process_tree import (
    EMFILE,
    ESRCH,
    PAGE,
    Calls,
    FakeProc,
    open_descriptors,
    watch,
)


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path)
    for pid in range(1, COUNT + 1):
        proc.begin(pid)
    return proc


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return watch(monkeypatch)


@pytest.fixture
def scanner(proc: FakeProc, calls: Calls) -> Iterator[Scanner]:
    scanner = Scanner(proc.root)
    yield scanner
    scanner.close()


def test_the_ended_leave_and_the_new_appear_in_the_next_pass(
    scanner: Scanner, proc: FakeProc
) -> None:
    scanner.step(IDLE_PASSES)
    before = scanner.files.kept
    proc.end(5)
    proc.begin(500)
    assert set(scanner.step()) == set(proc.processes)
    assert scanner.files.kept == before
    assert scanner.scan.roster.forgotten == [5]


def test_a_read_that_finds_no_process_drops_it(
    scanner: Scanner, proc: FakeProc, calls: Calls
) -> None:
    scanner.step(2)
    calls.names[scanner.scan.roster.tracked[5].fd] = "5/stat"
    calls.fail["pread", "5/stat"] = ESRCH
    assert 5 not in scanner.step()
    calls.fail.clear()
    assert 5 in scanner.step(), "its pid may be another's already: /proc is listed again"


def test_a_pid_in_use_again_is_another_process(proc: FakeProc) -> None:
    """Seen where no descriptor is kept: a kept one would say that its process ended."""
    scanner = Scanner(proc.root, descriptors=RESERVE)
    proc.run(5, 8.0)
    old = scanner.step(2)[5]
    proc.begin(5, start=9000, comm=b"other")
    assert 5 not in scanner.step()
    assert 5 in scanner.scan.roster.forgotten
    new = scanner.step()[5]
    assert (new.name, new.cpu, new.key == old.key) == ("other", 0.0, False)
    scanner.close()


def test_without_kept_descriptors_all_is_the_same(
    proc: FakeProc, calls: Calls, scanner: Scanner
) -> None:
    poor = Scanner(proc.root, descriptors=RESERVE)
    for passes in (1, 2, 30):
        proc.run(7, 0.5)
        assert poor.step(passes) == scanner.step(passes)
    assert (poor.files.kept, scanner.files.kept) == (0, COUNT)
    poor.close()


def test_without_free_descriptors_rows_stay_as_they_were(proc: FakeProc, calls: Calls) -> None:
    poor = Scanner(proc.root, descriptors=RESERVE)
    poor.step(2)
    proc.run(5, 0.5)
    calls.fail["open", "5/stat"] = EMFILE
    assert poor.step()[5].cpu_seconds == 0.0
    calls.fail.clear()
    assert poor.step()[5].cpu == pytest.approx(0.25), "over both seconds"
    poor.close()


def test_another_program_under_the_same_pid_is_told(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step(2)
    proc.processes[5].comm = b"new one\x07"
    proc.write(5)
    assert scanner.step()[5].name == "new one␇"
    assert scanner.scan.roster.forgotten == [5]
    scanner.step()
    assert scanner.scan.roster.forgotten == []


@pytest.mark.parametrize("passes", [1, 3])
def test_a_daemon_that_takes_its_user_later_is_seen_with_it(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, passes: int
) -> None:
    """At the second read, and again when it comes to rest."""
    scanner.step(passes)
    monkeypatch.setattr(scanner.files, "owner", lambda pid: 4000 + pid)
    assert scanner.step()[5].uid == 4005


def test_one_that_wakes_right_after_it_came_to_rest_is_active_again(
    scanner: Scanner, proc: FakeProc
) -> None:
    scanner.step(1 + SETTLED)
    assert not scanner.scan.active
    for pid in proc.processes:
        proc.run(pid, 0.01, seen=False)
    scanner.step()
    assert len(scanner.scan.active) == COUNT / RESTING_TURNS


def test_kernel_threads_are_not_asked_for_their_user(
    proc: FakeProc, scanner: Scanner, calls: Calls
) -> None:
    proc.processes[5].flags = 0x00200000
    proc.write(5)
    scanner.step()
    calls.reset()
    scanner.step()
    assert calls.counts["stat"] == COUNT - 1


def test_a_line_turned_garbage_drops_the_row_until_it_is_one_again(
    scanner: Scanner, proc: FakeProc
) -> None:
    scanner.step(2)
    proc.file(5, "stat", b"\xff" * 900)
    assert 5 not in scanner.step()
    assert 5 not in scanner.step()
    proc.write(5)
    proc.begin(501)
    assert {5, 501} <= scanner.step().keys()


def test_a_fork_storm_leaks_no_descriptor(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step()
    before = open_descriptors()
    for generation in range(10):
        pids = range(1000 * (generation + 1), 1000 * (generation + 1) + 50)
        for pid in pids:
            proc.begin(pid, pages=generation)
        rows = scanner.step()
        assert rows[pids[0]].rss == generation * PAGE
        for pid in pids:
            proc.end(pid)
    assert set(scanner.step()) == set(proc.processes)
    assert open_descriptors() == before
    scanner.close()
    assert open_descriptors() == before - COUNT - 1


def test_a_real_process_is_followed_to_its_end() -> None:
    scanner = Scanner(Path("/proc"))
    pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    try:
        row = scanner.step()[pid]
        assert (row.ppid, row.uid) == (os.getpid(), os.geteuid())
        fd = scanner.scan.roster.tracked[pid].fd
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.pread(fd, 100, 0)
    assert pid not in scanner.step(2)
    scanner.close()
