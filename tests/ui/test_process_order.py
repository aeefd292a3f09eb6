"""Filter, sort and tree over process tables."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.text import clean
from sysmon_tui.ui.process_order import Sort, matcher, order, tree

BRANCHES = ("|-", "`-", "| ")


def row(pid: int, *, ppid: int = 0, cpu: float = 0.0, rss: int = 0, spent: float = 0.0,
        name: str = "x") -> ProcessRow:  # fmt: skip
    return ProcessRow(pid, float(pid), ppid, 0, clean(name), "S", cpu, spent, rss, 1, 0, False)


TABLE = ProcessTable(
    rows=(
        row(1, rss=10, spent=9.0, name="init"),
        row(5, ppid=1, cpu=0.5, rss=5, name="nginx"),
        row(7, ppid=1, cpu=1.5, rss=70, spent=1.0, name="postgres"),
        row(9, ppid=5, rss=20, spent=5.0, name="nginx"),
    ),
    details={
        5: ProcessDetail(clean("nginx: master /etc/nginx.conf"), clean("www"), 1.0, 2.0),
        7: ProcessDetail(clean("postgres -D /var/lib"), clean("pg"), nan, nan),
        9: ProcessDetail(clean("nginx: worker (a[b)"), clean("www"), 50.0, 0.0),
    },
)


def pids(rows: list[ProcessRow]) -> list[int]:
    return [one.pid for one in rows]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.CPU, [7, 5, 9, 1]),
        (Sort.MEMORY, [7, 9, 1, 5]),
        (Sort.TIME, [1, 9, 7, 5]),
        (Sort.PID, [1, 5, 7, 9]),
        (Sort.IO, [9, 5, 1, 7]),
    ],
)
def test_largest_first(sort: Sort, expected: list[int]) -> None:
    assert pids(order(TABLE, sort)) == expected


def test_inverted_turns_the_order_round() -> None:
    assert pids(order(TABLE, Sort.MEMORY, inverted=True)) == [5, 1, 9, 7]
    assert pids(order(TABLE, Sort.PID, inverted=True)) == [9, 7, 5, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NGINX", [5, 9]),
        ("^post", [7]),
        ("www", [5, 9]),
        ("/etc/", [5]),
        ("a[b", [9]),
        ("7", [7]),
        ("nothing", []),
    ],
)
def test_filter_takes_text_or_regex(text: str, expected: list[int]) -> None:
    assert pids(order(TABLE, Sort.PID, matches=matcher(text))) == expected


def test_an_empty_filter_is_none() -> None:
    assert matcher("") is None


def test_tree_draws_branches() -> None:
    items = tree(order(TABLE, Sort.PID), BRANCHES)
    assert [(item.row.pid, item.branch) for item in items] == [
        (1, ""),
        (5, "|-"),
        (9, "| `-"),
        (7, "`-"),
    ]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), unique_by=lambda p: p[0]))
def test_tree_loses_nobody_even_with_cycles(parents: list[tuple[int, int]]) -> None:
    rows = [row(pid, ppid=ppid) for pid, ppid in parents]
    items = tree(rows, BRANCHES)
    assert sorted(item.row.pid for item in items) == sorted(one.pid for one in rows)
