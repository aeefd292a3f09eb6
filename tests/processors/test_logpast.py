"""Old log lines to the batches that following the log would have yielded."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from sysmon_tui.model.metric import labels
from sysmon_tui.processors.logfile import Log, logs_of
from sysmon_tui.processors.logpast import HOLE, batches
from sysmon_tui.processors.logtime import LogTime

T = 1_700_000_040.0
"""A whole minute."""
ERRORS = labels(log="app", pattern="errors")
MATCHES, LINES = "sysmon_logfile_matches_total", "sysmon_logfile_lines_total"


def log(**patterns: str) -> Log:
    given = {f"app.{name}": text for name, text in patterns.items()}
    return logs_of({"app": ""}, given, "here")["app"]


def told(lines: list[str], of: Log, step: float = 60.0) -> list[tuple[float, float, float]]:
    """When, how many lines and how many errors by then."""
    read = batches((line.encode() + b"\n" for line in lines), of, LogTime(2e9), step)
    return [
        (batch.wall - T, batch.families[LINES][labels(log="app")], batch.families[MATCHES][ERRORS])
        for batch in read
    ]


def test_counters_grow_with_the_times_in_the_lines() -> None:
    lines = [
        "left out, as nobody knows when",
        f"{T + 5:.0f} ERROR one",
        "  a trace with ERROR belongs to it",
        f"{T + 59:.0f} fine",
        f"{T + 60:.0f} fine",
        f"{T + 200:.0f} ERROR two",
        f"{T + 190:.0f} ERROR out of order",
    ]
    assert told(lines, log(errors="ERROR")) == [
        (0.0, 0.0, 0.0),
        (60.0, 3.0, 2.0),
        (120.0, 4.0, 2.0),
        (180.0, 4.0, 2.0),
        (240.0, 6.0, 4.0),
    ]


def test_of_a_hole_nothing_is_told() -> None:
    lines = [f"{T:.0f} ERROR", f"{T + 2 * HOLE + 30:.0f} ERROR"]
    assert [at for at, _, _ in told(lines, log(errors="ERROR"))] == [
        0.0, 60.0, 2 * HOLE + 60.0
    ]  # fmt: skip


def test_quantiles_are_those_of_each_step() -> None:
    lines = [f"{T + second:.0f} took {second / 10}".encode() for second in range(120)]
    found = list(batches(lines, log(time=r"took (?P<took_seconds>[0-9.]+)"), LogTime(2e9), 60.0))
    key = labels(log="app", pattern="time", quantile="0.5")
    medians = [batch.families["sysmon_logfile_took_seconds"][key] for batch in found[1:]]
    assert 2.5 < medians[0] < 3.5
    assert 8.5 < medians[1] < 9.5


def test_a_log_without_times_yields_nothing() -> None:
    assert told(["ERROR", "fine"], log(errors="ERROR")) == []


def test_memory_does_not_grow_with_the_log() -> None:
    def peak(lines: int) -> int:
        made: Iterator[bytes] = (
            b"%d ERROR /path/%d took 0.5\n" % (T + number // 10, number) for number in range(lines)
        )
        read = batches(made, log(errors="ERROR (?P<path>\\S+)"), LogTime(2e9), 60.0)
        tracemalloc.start()
        for _ in read:
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(30_000) < peak(3_000) + 200_000
