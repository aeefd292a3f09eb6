"""Reports of a stretch whose figures are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import nan
from xml.etree import ElementTree

import pytest

from sysmon_tui.analysis import page, text
from sysmon_tui.analysis.alerting import tallies
from sysmon_tui.analysis.consumers import LONGEST, consumers
from sysmon_tui.analysis.document import headline, sections
from sysmon_tui.analysis.report import Report, report_of
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.process import (
    ProcessDetail,
    ProcessLife,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from tests.analysis.past import batch, reading_of

HOUR = 1_700_002_800.0
OFFSET = 2_800.0
"""From the beginning of the hand-made past to a whole hour."""
EVIL = "<script>|*x*"


def clock(at: float) -> str:
    return f"+{(at - HOUR) / 60.0:.0f}m"


def past(minutes: int = 240) -> Iterator[Batch]:
    """Four hours: load of its hour with a peak, a disk that fills, one that is named in spite."""
    for n in range(4 * minutes):
        second = OFFSET + 15.0 * n
        hour = n // 240
        families: Families = {"node_load1": {(): 40.0 if n in (600, 601, 602, 603) else 1.0 + hour}}
        yield batch(second, families)
        size, free = 1000.0, 500.0 - 0.05 * n
        mount = labels(mountpoint=EVIL, device="/dev/sda", fstype="ext4")
        yield batch(
            second + 0.5,
            {"sysmon_filesystem_used_ratio": {mount: (size - free) / size}},
            "filesystem",
        )


def event(at: float, kind: str, rule: str = "Hot", name: str = "a", **pairs: str) -> AlertEvent:
    alert = Alert(
        fingerprint=name, rule=rule, labels=labels(**pairs), state=State.FIRING,
        severity=Severity.WARNING, value=1.0, worst=1.0, since=at,
    )  # fmt: skip
    return AlertEvent(HOUR + at, kind, alert)


EVENTS = (
    event(-10.0, "firing"),
    event(60.0, "firing"),
    event(90.0, "acknowledged"),
    event(95.0, "acknowledged"),
    event(360.0, "resolved"),
    event(400.0, "firing", "Full", "b"),
    event(500.0, "firing"),
    event(560.0, "resolved"),
    event(600.0, "firing"),
    event(700.0, "firing", "Hot", "c", drill="true"),
    event(710.0, "resolved", "Other", "d"),
)


@pytest.fixture(scope="module")
def report() -> Report:
    return report_of(reading_of(past()).past, EVENTS, HOUR + 5.0, HOUR + 14_400.0)


def test_figures(report: Report) -> None:
    load, disk = report.lines
    assert (report.start, report.end, report.span) == (HOUR, HOUR + 14_400.0, 60.0)
    assert load.quantiles == (2.5, 4.0, 4.0)
    assert (load.greatest, load.greatest_at) == (40.0, HOUR + 9_000.0)
    assert disk.forecast is not None
    assert disk.forecast.middle == pytest.approx(452.0 / 0.2 * 60.0, rel=0.01)
    assert report.recorded == 1.0


def test_hours_and_what_was_unusual(report: Report) -> None:
    load = [hour for hour in report.hours if hour.line is report.lines[0]]
    assert [clock(hour.start) for hour in load] == ["+180m", "+120m", "+60m"]
    assert load[0].mean == 4.0
    first = report.anomalies[0]
    assert (clock(first.start), first.end - first.start, first.value) == ("+150m", 60.0, 40.0)


def test_alerts(report: Report) -> None:
    hot, full = report.alerts
    assert (hot.rule, hot.fired, hot.acknowledged) == ("Hot", 3, 1)
    assert (hot.to_acknowledge, hot.to_resolve) == (30.0, 180.0)
    assert (hot.flapping, hot.going_on) == (1, 1)
    assert (full.fired, full.flapping, full.going_on) == (1, 0, 1)
    assert full.to_resolve != full.to_resolve


def test_nothing_happened() -> None:
    assert tallies((), 0.0, 1.0) == []
    empty = report_of(reading_of([]).past, (), HOUR, HOUR + 60.0)
    assert list(sections(empty, clock)) == []
    assert empty.recorded == 0.0
    assert "0% of 1m recorded" in headline(empty, clock)


def test_a_long_stretch_has_wider_spans() -> None:
    month = report_of(reading_of([]).past, (), HOUR, HOUR + 30 * 86_400.0)
    assert month.span == 900.0


def test_on_a_terminal(report: Report) -> None:
    told = list(text.terminal("box", headline(report, clock), sections(report, clock)))
    assert told[0] == "box: +0m to +240m, 100% of 4h recorded"
    assert "UNUSUAL" in told
    load = next(line for line in told[told.index("FIGURES") :] if line.startswith("Load  "))
    assert load.split()[1:7] == ["2.65", "2.5", "4", "4", "40", "+150m"]
    assert [line for line in told if len(line) > 120] == []


def test_as_markdown_nothing_from_outside_is_markup(report: Report) -> None:
    told = "\n".join(text.markdown("box", headline(report, clock), sections(report, clock)))
    assert told.startswith("# box\n")
    assert "\\<script\\>\\|\\*x\\*" in told
    assert "<script>" not in told
    figures = told[told.index("## Figures") : told.index("## Busiest hours")]
    (disk,) = (line for line in figures.splitlines() if line.startswith("| Filesystem"))
    assert len(re.findall(r"(?<!\\)\|", disk)) == 8


def test_as_html_nothing_from_outside_is_markup(report: Report) -> None:
    told = "\n".join(page.page("b<ox", headline(report, clock), sections(report, clock)))
    assert "<script" not in told
    assert "&lt;script&gt;" in told
    assert "default-src 'none'" in told
    body = told[told.index("<body>") : told.index("</html>")]
    root = ElementTree.fromstring(body)
    assert root.findtext("h1") == "b<ox"
    charts = root.findall(".//svg")
    assert len(charts) == 2
    for chart in charts:
        d = chart.findall("path")[1].attrib["d"]
        ys = [float(pair.split(",")[1]) for pair in re.findall(r"[\d.]+,[\d.]+", d)]
        assert all(0.0 <= y <= page.HIGH for y in ys)


def test_a_gap_is_a_gap_in_a_chart() -> None:
    holed = [one for one in past(60) if not OFFSET + 900.0 <= one.mono - 1000.0 < OFFSET + 1800.0]
    report = report_of(reading_of(holed).past, (), HOUR, HOUR + 3600.0)
    told = "\n".join(page.page("box", "", sections(report, clock)))
    assert re.findall(r'class="course" d="([^"]*)"', told)[0].count("M") == 2
    assert report.recorded == 0.75


def row(pid: int, name: str, spent: float, rss: int = 10, cpu: float = 0.5) -> ProcessRow:
    return ProcessRow(pid, 1.0, 1, 0, clean(name), "S", cpu, spent, rss, 1, 0, False)


JOB = row(3, "job", 4.0)


def test_consumers() -> None:
    detail = ProcessDetail(clean("x"), clean("root"), 100.0, nan, clean("db.service"))
    begun = ProcessLife(60.0, True, row(3, "job", 0.5), clean(""), clean(""))
    ended = ProcessLife(120.0, False, row(3, "job", 9.0), clean(""), clean("bob"), clean("cron"))
    tables = [
        (0.0, ProcessTable((row(1, "db", 1000.0, 50), row(2, "db", 5.0, 60)), {1: detail})),
        (
            60.0,
            ProcessTable((row(1, "db", 1030.0), row(3, "job", 4.0)), {1: detail}, lives=(begun,)),
        ),
        (120.0, ProcessTable((row(1, "db", 1040.0), row(4, "late", 900.0)), lives=(ended,))),
        (9999.0, ProcessTable((row(1, "db", 1040.0),), {1: detail})),
    ]
    found = {one.name: one for one in consumers(tables)}
    assert found["db"].cpu_seconds == 40.0
    assert found["db"].memory == 110
    assert found["db"].io_bytes == 100.0 * (60.0 + LONGEST)
    assert found["job"].cpu_seconds == 9.0
    assert found["late"].cpu_seconds == 30.0
    places = {name: (one.user, one.cgroup) for name, one in found.items()}
    assert places == {"db": ("root", "db.service"), "job": ("bob", "cron"), "late": ("", "")}


def test_a_program_of_many_places_is_named_by_where_it_used_most() -> None:
    def at(number: int, used: float) -> tuple[float, ProcessTable]:
        of = {
            pid: ProcessDetail(clean("x"), clean("root"), cgroup=clean(f"box{pid}"))
            for pid in (1, 2, 3)
        }
        rows = (row(1, "db", used), row(2, "db", 3 * used), row(3, "db", 0.0, cpu=0.0))
        return 60.0 * number, ProcessTable(rows, of)

    (found,) = consumers([at(0, 1.0), at(1, 5.0)])
    assert (found.user, found.cgroup) == ("root", "box2 +2")


def test_made_up_names_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysmon_tui.analysis.consumers.PROGRAMS", 3)
    table = ProcessTable(tuple(row(n, f"x{n}", 1.0) for n in range(9)))
    assert len(consumers([(0.0, table), (60.0, table)])) == 3
