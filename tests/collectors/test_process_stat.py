from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.process_stat import PAGE, TICK, Totals, parse_stat, parse_totals
from tests.collectors.process_tree import FakeProcess

LINE = FakeProcess(
    comm=b"bash",
    ppid=7,
    flags=64,
    user=12,
    system=30,
    children=9,
    nice=-5,
    threads=3,
    start=900,
    pages=4,
).line(42)


def test_every_figure_is_from_its_field() -> None:
    stat = parse_stat(LINE)
    assert stat is not None
    assert stat == (b"bash", "S", 7, 64, 42, 9, -5, 3, 900, 4 * PAGE)


@pytest.mark.parametrize(
    "comm",
    [b"a b", b"a) S 1 (b", b"((", b"))", b"a\nb", b"", b"\xff\x1b[31m", b") R 9 9"],
)
def test_a_name_may_hold_what_separates_fields(comm: bytes) -> None:
    stat = parse_stat(FakeProcess(comm=comm, ppid=7).line(42))
    assert stat is not None
    assert (stat.comm, stat.ppid) == (comm, 7)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1 bash S 1",
        b"1 (bash) S 1 2 3",
        b"1 )bash( S " + b"1 " * 40,
        b"1 (bash) SS " + b"1 " * 40,
        b"1 (bash) 9 " + b"1 " * 40,
        b"1 (bash) \xff " + b"1 " * 40,
        b"1 (bash) S " + b"x " * 40,
        b"1 (bash) S " + b"-1 " * 40,
        b"1 (bash) S " + b"9" * 30 + b" 1" * 40,
    ],
)
def test_what_is_no_stat_line_is_refused(text: bytes) -> None:
    assert parse_stat(text) is None


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_understood_but_never_raises(text: bytes) -> None:
    parse_stat(text)
    parse_stat(b"1 (" + text + b") S " + text)
    parse_totals(text, text)
    parse_totals(b"cpu " + text + b"\nprocesses " + text, b"0 0 0 1/" + text)


def test_totals_leave_out_what_no_process_used() -> None:
    stat = b"cpu  10 20 30 400 50 60 70 80 9 9\ncpu0 1\nintr 5\nprocesses 1234\nprocs_running 1\n"
    busy, *counts = parse_totals(stat, b"0.1 0.2 0.3 2/91 6342\n")
    assert busy == pytest.approx(60 * TICK)
    assert counts == [1234, 91]


def test_totals_say_which_are_missing() -> None:
    assert parse_totals(b"", b"") == Totals(0.0, -1, -1)
    assert parse_totals(b"cpu  1 2 3 4\nprocesses 5\n", b"0 0 0 x") == Totals(6 * TICK, 5, -1)
