"""Frozen evidence as lines: the culprit, tables, series with the firing moment, and logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import nan

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.evidence import Evidence, Group, Log, Stall, Suspect, Trace
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.summary import UNITS
from sysmon_tui.ui.chart import chart, nice_top, plot_width
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import cells, clip, column, heading
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.spark import PER_CELL, sparkline
from sysmon_tui.ui.table import Cell, Column, table

CHART_HEIGHT = 7
FIGURES = 17
"""Columns for the last and the greatest value of a series."""
FOLDED = 2
"""Lines that one line of a log may take."""

_PROCESSES = (
    Column("PID", 7),
    Column("USER", 10, right=False),
    Column("S", 1),
    Column("CPU", 5),
    Column("MEM", 5),
    Column("READ", 7, drop=2),
    Column("WRITE", 7, drop=2),
    Column("COMMAND", 0, right=False),
)
_WAITING = (
    Column("PID", 7),
    Column("USER", 10, right=False),
    Column("WAITS IN", 22, right=False),
    Column("COMMAND", 0, right=False),
)
_GROUPS = (Column("CPU", 5), Column("MEM", 5), Column("IO", 7), Column("GROUP", 0, right=False))
_PRESSURE = (
    Column("RESOURCE", 0, right=False),
    Column("10 s", 6),
    Column("60 s", 6),
    Column("5 min", 6),
)
_NARROW = 34
"""Columns of the pressure table: wider it would only be harder to read."""


def evidence_lines(
    evidence: Evidence, alert: Alert, width: int, rows: int, glyphs: Glyphs
) -> list[Line]:
    """Everything of it; at most `rows` processes."""

    def part(title: str, lines: Sequence[Line]) -> list[Line]:
        head = heading(title, "", width, glyphs, focused=False)
        return [head, *lines, ()] if lines else []

    def rows_of(
        columns: Sequence[Column], found: Sequence[Sequence[Cell]], room: int
    ) -> list[Line]:
        return table(columns, found, room, glyphs) if found else []

    role = evidence.severity.word
    return [
        *_culprit(evidence, alert),
        *rows_of(_PROCESSES, _process_cells(evidence.processes[:rows], role), width),
        (),
        *part("Fifteen minutes before", _series(evidence.traces, width, glyphs)),
        *part("Waiting for a device", rows_of(_WAITING, _waiting_cells(evidence.waiting), width)),
        *part("Control groups", rows_of(_GROUPS, _group_cells(evidence.groups), width)),
        *part("Pressure", rows_of(_PRESSURE, _pressure_cells(evidence), min(width, _NARROW))),
        *(
            line
            for log in evidence.logs
            for line in part(_log_title(log), _log(log, width, glyphs))
        ),
    ]


def _culprit(evidence: Evidence, alert: Alert) -> list[Line]:
    lines: list[Line] = []
    if evidence.fingerprint != alert.fingerprint:
        gathered = str(SeriesKey(evidence.rule, evidence.labels))
        lines.append(((f"Many fired at once; gathered for {gathered}", "dim"),))
    if evidence.culprit:
        lines.append((("Culprit     ", "dim"), (evidence.culprit, evidence.severity.word)))
    return lines


def _process_cells(processes: Iterable[Suspect], worst: str) -> list[list[Cell]]:
    """The first row is the one to look at."""
    return [
        [
            (str(one.pid), role),
            (one.user, role),
            (one.state, role),
            (units.percent(one.cpu), role),
            (units.size(one.rss), role),
            (units.rate(one.read_rate), role),
            (units.rate(one.write_rate), role),
            (one.command or one.name, role),
        ]
        for one, role in zip(processes, (worst, *["text"] * 99), strict=False)
    ]


def _waiting_cells(waiting: Iterable[Suspect]) -> list[list[Cell]]:
    return [
        [
            (str(one.pid), "text"),
            (one.user, "text"),
            (one.waits_in or units.MISSING, "text"),
            (one.command or one.name, "text"),
        ]
        for one in waiting
    ]


def _group_cells(groups: Iterable[Group]) -> list[list[Cell]]:
    return [
        [
            (units.percent(one.cpu), "text"),
            (units.size(one.memory), "text"),
            (units.rate(one.io), "text"),
            (one.name, "text"),
        ]
        for one in groups
    ]


def _pressure_cells(evidence: Evidence) -> list[list[Cell]]:
    """What the alert is about first."""

    def rank(stall: Stall) -> tuple[bool, float]:
        return (stall.resource != evidence.resource, -stall.short)

    return [
        [
            (f"{one.resource}, {one.kind}", "text"),
            *((units.percent(share), "text") for share in (one.short, one.minute, one.long)),
        ]
        for one in sorted(evidence.pressure, key=rank)
    ]


def _series(traces: Sequence[Trace], width: int, glyphs: Glyphs) -> list[Line]:
    if not traces:
        return []
    first = traces[0]
    return [
        ((clip(first.title, width, glyphs.ellipsis), "series-1"), *_bound(first, width)),
        *_chart(first, width, glyphs),
        *(_row(trace, width, glyphs) for trace in traces[1:]),
    ]


def _bound(trace: Trace, width: int) -> Line:
    if trace.bound != trace.bound:
        return ()
    text = f"  bound {_spell(trace, trace.bound)}"
    return ((text, "warning"),) if cells(trace.title) + cells(text) <= width else ()


def _chart(trace: Trace, width: int, glyphs: Glyphs) -> list[Line]:
    count = PER_CELL * plot_width(width)
    known = [value for value in (*trace.values, trace.bound) if value == value]
    high = max(known, default=0.0)
    series = [(resampled(trace.values, count), "series-1")]
    if trace.bound == trace.bound:
        series.append(([trace.bound] * count, "warning"))
    return chart(
        series,
        width,
        CHART_HEIGHT,
        top=1.0 if trace.unit == "ratio" and 0.5 < high <= 1.0 else nice_top(high, least=1e-3),
        end_index=count,
        seconds_per_sample=len(trace.values) * trace.step / count,
        glyphs=glyphs,
        format_value=lambda value: _spell(trace, value),
        fill=True,
        end="fired",
    )


def _row(trace: Trace, width: int, glyphs: Glyphs) -> Line:
    title = min(30, max(12, width // 3))
    room = max(4, width - title - 1 - FIGURES)
    known = [value for value in trace.values if value == value]
    high = max(known)
    top = 1.0 if trace.unit == "ratio" and high <= 1.0 else nice_top(high, least=1e-3)
    (drawn,) = sparkline(
        resampled(trace.values, PER_CELL * room),
        room,
        1,
        top=top,
        end_index=PER_CELL * room,
        glyphs=glyphs,
    )
    last, most = (f"{_spell(trace, value):>7}" for value in (known[-1], high))
    return (
        (column(trace.title, title, glyphs.ellipsis) + " ", "dim"),
        (drawn, "spark"),
        (f" {last}", "text"),
        (f" {glyphs.arrow_up}{most}", "dim"),
    )


def _spell(trace: Trace, value: float) -> str:
    return UNITS.get(trace.unit, units.number)(value)


def resampled(values: Sequence[float], count: int) -> list[float]:
    """As many values over the same time: the greatest of each share, or each several times."""
    size = len(values)
    if not size:
        return []
    return [
        _greatest(
            values[at * size // count : max(at * size // count + 1, (at + 1) * size // count)]
        )
        for at in range(count)
    ]


def _greatest(values: Sequence[float]) -> float:
    return max((value for value in values if value == value), default=nan)


def _log_title(log: Log) -> str:
    return "Kernel log" if log.source == "kernel" else "Journal"


def _log(log: Log, width: int, glyphs: Glyphs) -> list[Line]:
    note: list[Line] = [((clip(log.note, width, glyphs.ellipsis), "dim"),)] if log.note else []
    room = max(8, width - 10)
    lines: list[Line] = []
    for line in log.lines:
        when = units.clock(line.at) if line.at == line.at else ""
        for piece in folded(line.text, room, glyphs.ellipsis):
            lines.append(((f"{when:<10}", "dim"), (piece, "text")))
            when = ""
    return [*lines, *note]


def folded(text: str, width: int, ellipsis: str) -> Iterator[str]:
    """A long line on `FOLDED` lines; what is wider is cut."""
    for _ in range(FOLDED - 1):
        piece = clip(text, width, "")
        if len(piece) == len(text):
            break
        yield piece
        text = text[len(piece) :].lstrip()
    yield clip(text, width, ellipsis)
