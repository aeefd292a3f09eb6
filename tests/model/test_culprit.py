"""Who is named as the cause."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from sysmon_tui.model.culprit import culprit
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick

MIB = 1 << 20


def process(pid: int, name: str, cpu: float, rss: int, *, kernel: bool = False) -> ProcessRow:
    return ProcessRow(pid, 1.0, 1, 0, clean(name), "S", cpu, 1.0, rss, 1, 0, kernel)


def detail(read: float, write: float) -> ProcessDetail:
    return ProcessDetail(clean("x"), clean("root"), read, write)


TICK = Tick(
    number=1,
    wall=0.0,
    mono=0.0,
    processes=ProcessTable(
        rows=(
            process(2, "kswapd0", 9.0, 0, kernel=True),
            process(3, "python3", 1.94, 5 * MIB),
            process(4, "postgres", 0.5, 90 * MIB),
        ),
        details={3: detail(MIB, MIB), 4: detail(9 * MIB, nan), 9: detail(99 * MIB, 0.0)},
    ),
)


@pytest.mark.parametrize(
    ("resource", "named"),
    [("cpu", "python3 (3) 194%"), ("memory", "postgres (4) 90.0M"), ("", ""), ("disk", "")],
)
def test_it_is_who_uses_most(resource: str, named: str) -> None:
    assert culprit(TICK, resource) == named


def test_of_traffic_only_what_is_known_of_a_process_that_is_there_counts() -> None:
    assert culprit(TICK, "io") == ""
    there = replace(TICK.processes, details={3: detail(MIB, MIB), 4: detail(9 * MIB, nan)})
    assert culprit(replace(TICK, processes=there), "io") == "python3 (3) 2.0M/s"


def test_nobody_stands_out_on_an_idle_machine() -> None:
    idle = ProcessTable(rows=(process(3, "python3", 0.04, 0),))
    assert culprit(replace(TICK, processes=idle), "cpu") == ""
    assert culprit(replace(TICK, processes=idle), "io") == ""
    assert culprit(replace(TICK, processes=ProcessTable()), "memory") == ""
