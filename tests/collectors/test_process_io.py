from __future__ import annotations

import os
from collections.abc import Iterator
from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.process_detail import (
    COMMAND_AGE,
    MOST_MOVED,
    parse_io,
)
from tests.collectors.process_reader import Reader, io, show
from tests.collectors.process_tree import EACCES, Calls, FakeProc, watch


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


def test_rates_are_bytes_a_second_since_the_read_before(reader: Reader, proc: FakeProc) -> None:
    reader.demand = show(3)
    first = reader.step()[3]
    assert isnan(first.read_rate)
    assert isnan(first.write_rate)
    io(proc, 3, 4000, 500)
    assert reader.step()[3][2:4] == (4000.0, 500.0)
    assert reader.step()[3][2:4] == (0.0, 0.0)


def test_a_rate_of_one_that_is_read_seldom_is_over_all_that_time(
    reader: Reader, proc: FakeProc
) -> None:
    reader.demand = show(3)
    reader.step(20)
    io(proc, 3, 4000, 0)
    assert reader.step(4)[3].read_rate == pytest.approx(1000.0)


def test_a_counter_that_goes_back_is_no_negative_rate(reader: Reader, proc: FakeProc) -> None:
    io(proc, 3, 500, 500)
    reader.demand = show(3)
    reader.step()
    io(proc, 3, 0, 0)
    assert reader.step()[3][2:4] == (0.0, 0.0)


def test_a_denied_rate_is_not_known_and_not_asked_for_again_and_again(
    reader: Reader, calls: Calls
) -> None:
    calls.fail["open", "3/io"] = EACCES
    reader.demand = show(3)
    assert isnan(reader.step(2)[3].read_rate)
    calls.reset()
    reader.step(5)
    assert calls.counts["open"] == 0
    calls.fail.clear()
    assert reader.step(int(COMMAND_AGE) + 2)[3].read_rate == 0.0


def test_odd_counters_are_not_known(reader: Reader, proc: FakeProc) -> None:
    proc.file(3, "io", b"what\n")
    reader.demand = show(3)
    assert isnan(reader.step(3)[3].read_rate)


def test_what_moves_or_waits_for_a_device_is_looked_at(reader: Reader, proc: FakeProc) -> None:
    proc.processes[7].state = "D"
    proc.write(7)
    reader.step()
    proc.processes[8].pages += 1
    proc.write(8)
    assert set(reader.step()) == {7, 8}
    io(proc, 7, 100, 0)
    assert reader.step()[7].read_rate == 100.0


def test_a_rate_is_followed_until_it_is_none(reader: Reader, proc: FakeProc) -> None:
    reader.step()
    for step in range(1, 3):
        proc.processes[8].pages += 1
        proc.write(8)
        io(proc, 8, 0, 700 * step)
        found = reader.step()
    assert found[8].write_rate == 700.0
    assert reader.step(5)[8].write_rate == 0.0


def test_a_rate_is_followed_into_sleep(reader: Reader, proc: FakeProc) -> None:
    """Written by the kernel in the process's name, while it does nothing itself."""
    proc.processes[9].state = "D"
    proc.write(9)
    reader.demand = show(8)
    reader.step(10)
    io(proc, 8, 0, 700)
    assert reader.step(4)[8].write_rate > 0.0
    reader.demand = show()
    assert reader.step(12)[8].write_rate == 0.0


def test_one_pass_looks_at_no_more_than_so_many_and_at_all_in_time(
    tmp_path: Path, calls: Calls
) -> None:
    proc = FakeProc(tmp_path / "proc")
    pids = range(1, 2 * MOST_MOVED + 1)
    for pid in pids:
        proc.begin(pid)
        io(proc, pid, 0, 0)
    reader = Reader(proc, tmp_path / "none")
    reader.step()
    seen: set[str] = set()
    for turn in range(2):
        for pid in pids:
            proc.processes[pid].pages += 1
            proc.write(pid)
        calls.reset()
        assert len(reader.step()) == MOST_MOVED * (turn + 1)
        looked = [name for name in calls.opened if name.endswith("/io")]
        assert len(looked) == MOST_MOVED
        seen.update(looked)
    assert len(seen) == len(pids)
    reader.close()


def test_an_idle_machine_costs_no_reads_of_details(reader: Reader, calls: Calls) -> None:
    reader.step(60)
    calls.reset()
    reader.step(10)
    assert calls.counts["open"] == 0


def test_a_still_screen_costs_a_read_of_each_row_in_four_passes(
    reader: Reader, calls: Calls
) -> None:
    reader.demand = show(*range(1, 21))
    reader.step(60)
    calls.reset()
    reader.step(4)
    assert sum(name.endswith("/io") for name in calls.opened) == 20


@given(st.binary(max_size=200))
def test_io_garbage_is_refused(text: bytes) -> None:
    parse_io(text)
    assert parse_io(b"read_bytes: " + text[:1] + b"x write_bytes: 1") is None


@pytest.mark.parametrize("number", ["-1", "9" * 30])
def test_io_counters_the_kernel_cannot_have_are_refused(number: str) -> None:
    assert parse_io(f"read_bytes: {number}\nwrite_bytes: 1\n".encode()) is None
    assert parse_io(f"read_bytes: 1\nwrite_bytes: {number}\n".encode()) is None
