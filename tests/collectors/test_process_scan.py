from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.collectors.process_scan import (
    ASLEEP_TURNS,
    LONGEST_PATIENCE,
    RESTING_TURNS,
    SETTLED,
    Turns,
)
from tests.collectors.process_reader import COUNT, IDLE_PASSES, Scanner
from tests.collectors.process_tree import (
    Calls,
    FakeProc,
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


def test_cpu_has_no_more_digits_than_history_keeps(scanner: Scanner, proc: FakeProc) -> None:
    """Or the screen, which rounds once more, would show another figure in the past."""
    scanner.step()
    proc.run(5, 0.01)
    assert scanner.step(seconds=0.01 / 0.246496)[5].cpu == 0.2465


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


def test_turns_take_each_process_once_a_round() -> None:
    turns = Turns(3)
    assert turns.take(2) == ([{}, {}], [{}])
    first, second = turns.take(1), turns.take(3)
    assert (len(first[0]), len(first[1])) == (1, 2)
    assert (len(second[0]), second[1]) == (3, [])
