from __future__ import annotations

import os
from pathlib import Path

import pytest

from sysmon_tui.collectors.process_files import RESERVE, ProcessFiles
from sysmon_tui.collectors.process_scan import (
    ASLEEP,
    ASLEEP_TURNS,
    LONGEST_PATIENCE,
    RESTING_TURNS,
    SETTLED,
    ProcessScan,
    Turns,
)
from sysmon_tui.collectors.process_stat import parse_totals
from sysmon_tui.model.process import ProcessRow
from tests.clock import ManualClock
from tests.collectors.process_tree import (
    EMFILE,
    ESRCH,
    PAGE,
    Calls,
    FakeProc,
    open_descriptors,
    watch,
)

COUNT = 240
"""Divisible by the turns, so that every pass costs exactly the same."""
IDLE_PASSES = SETTLED + RESTING_TURNS * (ASLEEP - SETTLED) + 2
"""Until all that do nothing are asleep."""


class Scanner:
    """A scan driven at a pass a second."""

    def __init__(self, root: Path, descriptors: int = 1024) -> None:
        self.root = root
        self.clock = ManualClock()
        self.files = ProcessFiles(root, descriptors)
        self.scan = ProcessScan(self.files)
        self.visible: frozenset[int] = frozenset()

    def step(self, passes: int = 1, *, seconds: float = 1.0) -> dict[int, ProcessRow]:
        root = self.root
        for _ in range(passes):
            self.clock.advance(seconds)
            totals = parse_totals((root / "stat").read_bytes(), (root / "loadavg").read_bytes())
            self.scan.read(totals, self.clock.mono(), self.visible)
        return {row.pid: row for row in self.scan.roster.table.rows()}

    def close(self) -> None:
        self.scan.roster.close()
        self.files.close()


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
def scanner(proc: FakeProc, calls: Calls) -> Scanner:
    return Scanner(proc.root)


def test_the_first_read_has_no_rate(scanner: Scanner, proc: FakeProc) -> None:
    proc.run(5, 3.0)
    row = scanner.step()[5]
    assert (row.cpu, row.cpu_seconds) == (0.0, 3.0)


def test_cpu_is_cores_since_the_read_before(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step()
    proc.run(5, 0.5)
    proc.run(6, 3.0)
    rows = scanner.step(seconds=2.0)
    assert rows[5].cpu == pytest.approx(0.25)
    assert rows[6].cpu == pytest.approx(1.5)
    assert rows[7].cpu == 0.0


def test_one_that_goes_idle_says_so_at_once_and_then_stays_the_same(
    scanner: Scanner, proc: FakeProc
) -> None:
    scanner.step()
    proc.run(5, 0.5)
    busy = scanner.step()
    idle = scanner.step()
    assert busy[5].cpu == pytest.approx(0.5)
    assert idle[5] == busy[5]._replace(cpu=0.0)
    later = scanner.step()
    assert all(later[pid] is idle[pid] for pid in later)


def test_a_line_that_says_the_same_gives_the_same_row(scanner: Scanner, proc: FakeProc) -> None:
    before = scanner.step(2)
    stat = proc.root / "5/stat"
    stat.write_bytes(stat.read_bytes().replace(b" 0\n", b" 1\n"))
    assert scanner.step()[5] is before[5]


def test_a_table_in_which_nothing_moved_is_the_same_tuple(scanner: Scanner) -> None:
    scanner.step(2)
    before = scanner.scan.roster.table.rows()
    scanner.step(20)
    assert scanner.scan.roster.table.rows() is before


def test_a_counter_that_goes_back_is_no_negative_rate(scanner: Scanner, proc: FakeProc) -> None:
    proc.run(5, 3.0)
    scanner.step()
    proc.run(5, -1.0)
    assert scanner.step()[5].cpu == 0.0


def test_two_passes_at_one_moment_divide_by_nothing(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step()
    proc.run(5, 1.0)
    assert scanner.step(seconds=0.0)[5].cpu == 0.0


# -- budgets -------------------------------------------------------------------------------------


def test_every_file_is_opened_once(scanner: Scanner, calls: Calls) -> None:
    scanner.step()
    assert calls.counts["open"] == COUNT + 1
    calls.reset()
    scanner.step(40)
    assert calls.opened == []


def test_idle_ones_are_read_in_turns_then_left_alone(scanner: Scanner, calls: Calls) -> None:
    scanner.step()
    calls.reset()
    scanner.step()
    assert calls.counts["pread"] == COUNT
    scanner.step(SETTLED - 1)
    for _ in range(RESTING_TURNS):
        calls.reset()
        scanner.step()
        assert calls.counts["pread"] == COUNT / RESTING_TURNS
    scanner.step(IDLE_PASSES)
    for _ in range(ASLEEP_TURNS):
        calls.reset()
        scanner.step()
        assert calls.counts["pread"] == COUNT / ASLEEP_TURNS


def test_proc_is_listed_in_one_of_sixteen_quiet_passes(scanner: Scanner, calls: Calls) -> None:
    scanner.step(1 + IDLE_PASSES)
    calls.reset()
    scanner.step(32)
    assert calls.counts["listdir"] == 2


def test_passes_far_apart_leave_nobody_out(scanner: Scanner, calls: Calls) -> None:
    scanner.step(SETTLED + 1)
    calls.reset()
    scanner.step(seconds=60.0)
    assert calls.counts["pread"] == COUNT


def test_what_is_on_the_screen_is_read_in_every_fourth_pass_at_least(
    scanner: Scanner, proc: FakeProc
) -> None:
    scanner.visible = frozenset({5, 9999})
    scanner.step(IDLE_PASSES + 20)
    proc.run(5, 0.04, seen=False)
    assert scanner.step(RESTING_TURNS)[5].cpu_seconds == pytest.approx(0.04)


def test_what_comes_onto_the_screen_leaves_its_sleep(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step(IDLE_PASSES + 20)
    proc.run(5, 0.04, seen=False)
    scanner.visible = frozenset({5})
    assert scanner.step(1 + RESTING_TURNS)[5].cpu_seconds == pytest.approx(0.04)


def test_a_process_waiting_for_a_device_is_watched(scanner: Scanner, proc: FakeProc) -> None:
    proc.processes[5].state = "D"
    proc.write(5)
    scanner.step(IDLE_PASSES)
    assert set(scanner.scan.active) == {5}
    proc.processes[5].state = "S"
    proc.write(5)
    assert scanner.step()[5].state == "S"
    scanner.step(SETTLED)
    assert not scanner.scan.active


# -- the balance ---------------------------------------------------------------------------------


def test_a_sleeper_that_wakes_is_found_in_the_same_pass(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step(IDLE_PASSES)
    for pid in (20, 21, 22):
        proc.run(pid, 0.9)
    rows = scanner.step()
    assert all(rows[pid].cpu > 0.0 for pid in (20, 21, 22))
    for pid in (20, 21, 22):
        proc.run(pid, 0.9)
    assert scanner.step()[21].cpu == pytest.approx(0.9), "from now on it is read in every pass"


def test_a_small_sleeper_is_found_in_its_turn(scanner: Scanner, proc: FakeProc) -> None:
    scanner.step(IDLE_PASSES)
    proc.run(5, 0.05)
    assert scanner.step(ASLEEP_TURNS)[5].cpu_seconds == pytest.approx(0.05)


def test_time_nobody_can_explain_causes_ever_fewer_full_passes(
    scanner: Scanner, proc: FakeProc, calls: Calls
) -> None:
    """Short-lived processes, or a container that sees the host's total."""
    scanner.step(IDLE_PASSES)
    full = 0
    for _ in range(4 * LONGEST_PATIENCE):
        proc.busy += 100
        proc.write_totals()
        calls.reset()
        scanner.step()
        full += calls.counts["pread"] >= COUNT
    assert full == 8, "after 0, 2, 6, 14, 30, 62, 94 and 126 passes"


def test_children_that_came_and_went_are_explained_by_who_waited_for_them(
    scanner: Scanner, proc: FakeProc, calls: Calls
) -> None:
    """A shell that runs one command after another: all are read at most once, to find it."""
    scanner.step(IDLE_PASSES)
    full = 0
    for _ in range(10):
        proc.busy += 80
        proc.processes[5].children += 80
        proc.write(5)
        proc.write_totals()
        calls.reset()
        scanner.step()
        full += calls.counts["pread"] >= COUNT
    assert full <= 1
    assert scanner.scan.roster.tracked[5].row.cpu == 0.0
    for pid in range(100, 160):
        proc.run(pid, 0.1)
    proc.processes[5].pages += 1
    proc.write(5)
    rows = scanner.step()
    assert all(rows[pid].cpu for pid in range(100, 160)), "old children explain nothing new"


def test_patience_ends_when_calm_returns(scanner: Scanner, proc: FakeProc, calls: Calls) -> None:
    scanner.step(IDLE_PASSES)
    for _ in range(8):
        proc.busy += 100
        proc.write_totals()
        scanner.step()
    scanner.step(LONGEST_PATIENCE)
    proc.run(5, 0.9)
    calls.reset()
    assert scanner.step()[5].cpu > 0.0
    assert calls.counts["pread"] == COUNT


def test_a_process_that_just_began_explains_its_time(
    scanner: Scanner, proc: FakeProc, calls: Calls
) -> None:
    scanner.step(IDLE_PASSES)
    proc.begin(500)
    proc.run(500, 0.9)
    calls.reset()
    scanner.step()
    assert calls.counts["pread"] == COUNT / ASLEEP_TURNS + 1


# -- comings and goings --------------------------------------------------------------------------


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


def test_turns_take_each_process_once_a_round() -> None:
    turns = Turns(3)
    assert turns.take(2) == ([{}, {}], [{}])
    first, second = turns.take(1), turns.take(3)
    assert (len(first[0]), len(first[1])) == (1, 2)
    assert (len(second[0]), second[1]) == (3, [])
