from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.process_files import RESERVE, ProcessFiles
from sysmon_tui.collectors.process_roster import LIST_EVERY, ProcessRoster, RowTable
from sysmon_tui.collectors.process_stat import TICK, Totals
from sysmon_tui.model.process import ProcessRow
from sysmon_tui.model.text import SafeText
from tests.collectors.process_tree import (
    EACCES,
    EMFILE,
    PAGE,
    Calls,
    FakeProc,
    open_descriptors,
    watch,
)


def row(pid: int, state: str = "S", threads: int = 1) -> ProcessRow:
    return ProcessRow(pid, 1.0, 0, 0, SafeText("x"), state, 0.0, 0.0, 0, threads, 0, kernel=False)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["R", "S", "Z", ""]), st.integers(0, 5)))
)
def test_rows_stay_sorted_and_the_sums_right(steps: list[tuple[int, str, int]]) -> None:
    """An empty state stands for the end of that process."""
    table = RowTable()
    expected: dict[int, ProcessRow] = {}
    for pid, state, threads in steps:
        if state:
            expected[pid] = row(pid, state, threads)
            table.put(expected[pid])
        elif expected.pop(pid, None):
            table.remove(pid)
        assert table.rows() == tuple(expected[pid] for pid in sorted(expected))
        assert table.states() == Counter(one.state for one in expected.values())
        assert table.threads == sum(one.threads for one in expected.values())


def test_a_table_that_did_not_change_is_the_same_object() -> None:
    table = RowTable()
    table.put(row(3))
    assert table.rows() is table.rows()


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path)
    for pid in (1, 20, 300):
        proc.begin(pid)
    return proc


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return watch(monkeypatch)


class Follower:
    """A roster and the totals it is given: they move only when asked to."""

    def __init__(self, proc: FakeProc, descriptors: int = 1024) -> None:
        self.files = ProcessFiles(proc.root, descriptors)
        self.roster = ProcessRoster(self.files)
        self.forks = 1

    def follow(self, *, moved: bool = True) -> list[int]:
        self.forks += moved
        found = self.roster.follow(Totals(0.0, self.forks, 5), 0.0)
        return [process.pid for process in found]

    def close(self) -> None:
        self.roster.close()
        self.files.close()


def test_a_row_says_what_the_line_and_the_directory_say(proc: FakeProc) -> None:
    proc.begin(
        7,
        comm=b"k\x1b/0",
        state="I",
        ppid=2,
        flags=0x00200040,
        user=150,
        system=50,
        nice=-20,
        threads=4,
        start=250,
        pages=3,
    )
    follower = Follower(proc)
    assert follower.follow() == [1, 7, 20, 300]
    assert follower.roster.tracked[7].row == ProcessRow(
        pid=7,
        start_time=250 * TICK,
        ppid=2,
        uid=os.getuid(),
        name=SafeText("k␛/0"),
        state="I",
        cpu=0.0,
        cpu_seconds=200 * TICK,
        rss=3 * PAGE,
        threads=4,
        nice=-20,
        kernel=True,
    )
    follower.close()


def test_only_new_ones_are_met_and_the_ended_leave(proc: FakeProc) -> None:
    follower = Follower(proc)
    assert follower.follow() == [1, 20, 300]
    proc.begin(25)
    proc.end(20)
    assert follower.follow() == [25]
    assert [one.pid for one in follower.roster.table.rows()] == [1, 25, 300]
    assert follower.roster.forgotten == [20]
    follower.close()


def test_proc_is_listed_only_when_the_counters_moved(proc: FakeProc, calls: Calls) -> None:
    follower = Follower(proc)
    for _ in range(LIST_EVERY):
        follower.follow(moved=False)
    assert calls.counts["listdir"] == 1
    follower.follow(moved=False)
    assert calls.counts["listdir"] == 2, "now and then it is listed all the same"
    follower.follow()
    assert calls.counts["listdir"] == 3
    follower.close()


def test_without_counters_every_pass_lists(proc: FakeProc, calls: Calls) -> None:
    follower = Follower(proc)
    for _ in range(3):
        follower.roster.follow(Totals(), 0.0)
    assert calls.counts["listdir"] == 3
    follower.close()


def test_names_that_are_no_pids_are_no_processes(proc: FakeProc) -> None:
    for name in ("007", "0", "²", "12345678901", "self"):
        (proc.root / name).mkdir()
    follower = Follower(proc)
    assert follower.follow() == [1, 20, 300]
    follower.close()


def test_one_that_ends_before_it_is_read_is_no_error(proc: FakeProc, calls: Calls) -> None:
    before = open_descriptors()
    (proc.root / "44").mkdir()
    proc.begin(45)
    (proc.root / "45/stat").write_bytes(b"")
    proc.begin(46)
    calls.fail["stat", "46"] = 2
    follower = Follower(proc)
    assert follower.follow() == [1, 20, 300]
    proc.begin(44)
    assert follower.follow() == [44], "the pid may be used by another process later"
    follower.close()
    assert open_descriptors() == before


def test_one_that_may_not_be_read_is_tried_again_only_now_and_then(
    proc: FakeProc, calls: Calls
) -> None:
    calls.fail["open", "20/stat"] = EACCES
    follower = Follower(proc)
    assert follower.follow() == [1, 300]
    assert follower.roster.denied == {"20"}
    follower.follow()
    calls.fail.clear()
    calls.reset()
    for _ in range(LIST_EVERY - 2):
        assert follower.follow() == []
    assert calls.opened == []
    assert follower.follow() == [20]
    assert follower.roster.denied == set()
    follower.close()


def test_a_refused_one_that_ended_is_forgotten(proc: FakeProc, calls: Calls) -> None:
    calls.fail["open", "20/stat"] = EACCES
    follower = Follower(proc)
    follower.follow()
    proc.end(20)
    follower.follow()
    assert follower.roster.denied == set()
    follower.close()


def test_beyond_the_limit_files_are_opened_for_each_read(proc: FakeProc) -> None:
    follower = Follower(proc, descriptors=RESERVE + 1)
    assert follower.follow() == [1, 20, 300]
    assert [process.fd >= 0 for process in follower.roster.tracked.values()] == [
        True,
        False,
        False,
    ]
    follower.close()


def test_when_descriptors_run_out_kept_ones_are_given_back(proc: FakeProc, calls: Calls) -> None:
    follower = Follower(proc)
    follower.follow()
    assert follower.files.kept == 3
    proc.begin(44)
    calls.fail["open", "44/stat"] = EMFILE
    assert follower.follow() == []
    assert follower.files.kept == 0
    calls.fail.clear()
    assert follower.follow(moved=False) == [44], "it is not forgotten"
    assert follower.files.kept == 0, "and nothing is kept from now on"
    follower.close()


def test_a_listing_without_descriptors_keeps_what_is_known(proc: FakeProc, calls: Calls) -> None:
    follower = Follower(proc)
    calls.fail["listdir", proc.root.name] = EMFILE
    with pytest.raises(OSError, match="many"):
        follower.follow()
    calls.fail.clear()
    assert follower.follow() == [1, 20, 300]
    calls.fail["listdir", proc.root.name] = EMFILE
    proc.begin(44)
    assert follower.follow() == []
    assert len(follower.roster.table.rows()) == 3
    calls.fail.clear()
    assert follower.follow(moved=False) == [44]
    follower.close()


def test_shedding_gives_back_a_part_only(tmp_path: Path, calls: Calls) -> None:
    proc = FakeProc(tmp_path)
    for pid in range(1, 101):
        proc.begin(pid)
    follower = Follower(proc)
    follower.follow()
    proc.begin(200)
    calls.fail["open", "200/stat"] = EMFILE
    follower.follow()
    assert follower.files.kept == 100 - RESERVE // 4
    follower.close()


def test_an_unreadable_owner_stays_as_it_was(proc: FakeProc, calls: Calls) -> None:
    follower = Follower(proc)
    follower.follow()
    calls.fail["stat", "20"] = 2
    assert follower.roster.owner(follower.roster.tracked[20]) == os.getuid()
    follower.close()
