"""What changed between two moments, and in which words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sysmon_tui.model.compared import figure, lines
from sysmon_tui.model.difference import Fate, complete, difference, moves
from sysmon_tui.model.metric import Families, SeriesKey, labels
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick

BOOT = 1000.0
THEN, NOW = 5000.0, 5600.0
MIB = 1 << 20


def row(pid: int, name: str, cpu: float = 0.0, rss: int = MIB, started: float = 10.0) -> ProcessRow:
    return ProcessRow(pid, started, 1, 0, clean(name), "S", cpu, 1.0, rss, 1, 0, False)


def tick(
    wall: float,
    *rows: ProcessRow,
    idle: int = 0,
    io: Mapping[int, float] | None = None,
    families: Families | None = None,
) -> Tick:
    """`idle` processes are not in the table."""
    details = {
        pid: ProcessDetail(clean("cmd"), clean("root"), rate, 0.0)
        for pid, rate in (io or {}).items()
    }
    table = ProcessTable(rows=rows, details=details, states={"S": len(rows) + idle})
    return Tick(number=0, wall=wall, mono=0.0, processes=table, families=families or {})


def fates(before: Tick, after: Tick) -> dict[str, Fate]:
    found = difference(before, after, boot_time=BOOT, spreads={})
    return {mover.name: mover.fate for mover in found.resources[0].movers}


def test_the_share_of_the_difference_ranks() -> None:
    before = tick(THEN, row(1, "steady", 0.5), row(2, "burner", 0.1), row(3, "eased", 0.4))
    after = tick(NOW, row(1, "steady", 0.5), row(2, "burner", 1.0), row(3, "eased", 0.3))
    cpu = difference(before, after, boot_time=BOOT, spreads={}).resources[0]
    assert [(mover.name, round(mover.share, 3)) for mover in cpu.movers] == [
        ("burner", 0.9),
        ("eased", 0.1),
    ]
    assert cpu.before == pytest.approx(1.0)
    assert cpu.after == pytest.approx(1.8)
    assert sum(mover.share for mover in cpu.movers) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        # Ended: the table of now has everybody.
        (tick(THEN, row(1, "a", 1.0)), tick(NOW, row(2, "b")), Fate.GONE),
        # Ended: its pid is somebody else's by now.
        (tick(THEN, row(1, "a", 1.0)), tick(NOW, row(1, "b", started=9.0), idle=5), Fate.GONE),
        # Nobody knows: the table has only the busiest.
        (tick(THEN, row(1, "a", 1.0)), tick(NOW, row(2, "b"), idle=5), Fate.UNSEEN),
        (tick(THEN, row(2, "b"), idle=5), tick(NOW, row(1, "a", 1.0)), Fate.UNSEEN),
        # It was started between the two.
        (tick(THEN, row(2, "b")), tick(NOW, row(1, "a", 1.0, started=4200.0)), Fate.NEW),
        (tick(THEN, row(1, "a", 0.5)), tick(NOW, row(1, "a", 1.0)), Fate.STAYED),
    ],
)
def test_fates(before: Tick, after: Tick, fate: Fate) -> None:
    assert fates(before, after)["a"] is fate


def test_what_is_counted() -> None:
    before = tick(THEN, row(1, "a"), row(2, "b"))
    after = tick(NOW, row(2, "b"), row(3, "c", started=4100.0), row(4, "d", started=4200.0))
    found = difference(before, after, boot_time=BOOT, spreads={})
    assert (found.new, found.gone) == (2, 1)
    assert found.known == (False, False)
    assert complete(after.processes)
    assert not complete(tick(NOW, row(1, "a"), idle=1).processes)
    assert not complete(ProcessTable())


def test_memory_and_traffic_have_rankings_of_their_own() -> None:
    before = tick(THEN, row(1, "a"), row(2, "b"), io={2: 5000.0})
    after = tick(NOW, row(1, "a", rss=9 * MIB), row(2, "b"), io={1: float("nan")})
    _, memory, io = difference(before, after, boot_time=BOOT, spreads={}).resources
    assert [(mover.name, mover.after - mover.before) for mover in memory.movers] == [
        ("a", 8.0 * MIB)
    ]
    assert [(mover.name, mover.share) for mover in io.movers] == [("b", 1.0)]
    assert io.movers[0].command == "cmd"
    assert memory.movers[0].command == "cmd"


CPU, LOAD = "sysmon_cpu_ratio", "node_load1"
BUSY, IDLE = labels(mode="busy"), labels(mode="idle")


def test_metrics_are_measured_by_what_they_usually_do() -> None:
    before = tick(THEN, families={CPU: {BUSY: 0.1, IDLE: 0.9}, LOAD: {(): 1.0}})
    after = tick(NOW, families={CPU: {BUSY: 0.3, IDLE: 0.7}, LOAD: {(): 3.0}})
    spreads = {SeriesKey(CPU, BUSY): 0.02, SeriesKey(CPU, IDLE): 0.1, SeriesKey(LOAD): 1.0}
    found = moves(before, after, spreads)
    assert [(move.key, round(move.times, 6)) for move in found] == [
        (SeriesKey(CPU, BUSY), 10.0),
        (SeriesKey(LOAD), 2.0),
    ]


def test_counters_clocks_and_unknown_figures_do_not_move() -> None:
    nan = float("nan")
    before = tick(
        THEN,
        families={
            "node_time_seconds": {(): 1.0},
            "node_cpu_seconds_total": {(): 1.0},
            "node_boot_time_seconds": {(): 1.0},
            "a": {(): nan},
            "b": {(): 1.0},
            "c": {(): 1.0},
        },
    )
    later = {name: dict.fromkeys(family, 9e9) for name, family in before.families.items()}
    after = tick(NOW, families=later | {"b": {(): nan}, "c": {(): 1.0}, "d": {(): 5.0}})
    assert moves(before, after, {}) == ()


def test_what_is_little_is_little_however_calm_it_was() -> None:
    before = tick(THEN, families={"sysmon_disk_read_bytes_per_second": {(): 0.0}})
    after = tick(NOW, families={"sysmon_disk_read_bytes_per_second": {(): 4096.0}})
    (move,) = moves(before, after, {})
    assert move.times < 0.1


def test_lines_fit_and_name_the_first() -> None:
    before = tick(THEN, row(1, "burner", 1.0), row(2, "x" * 60, 0.2), families={LOAD: {(): 9.0}})
    after = tick(NOW, row(2, "x" * 60, 0.1), row(3, "hog", 0.1, started=4100.0))
    found = difference(before, after, boot_time=BOOT, spreads={})
    text = lines(found, width=76, now=NOW)
    assert all(len(line) <= 76 for line in text)
    assert text[0].endswith("(10m)")
    assert f"Nothing was recorded at {text[0].split()[2]}" in text[1]
    assert text[2] == "PROCESSES  1 new  1 gone"
    assert text[3] == "CPU  1.20 -> 0.20 cores"
    assert text[4].split() == ["83%", "-", "gone", "1.00", "->", "0.00", "burner", "(1)"]
    assert "+ new" in "\n".join(text)
    assert "        nothing changed" in text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (CPU, 0.5, "50%"),
        ("a_bytes_per_second", 2048.0, "2.0K/s"),
        ("a_bytes", 2048.0, "2.0K"),
        ("a_seconds", 0.002, "2.0ms"),
        ("a_celsius", 45.0, "45°C"),
        (LOAD, 1.5, "1.5"),
    ],
)
def test_figures_by_what_a_name_counts(name: str, value: float, text: str) -> None:
    assert figure(name, value) == text
