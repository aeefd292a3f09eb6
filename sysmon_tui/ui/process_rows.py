"""Lines of the process table: its titles, a process, and what the panel's title says of all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.ui.lines import column, fit
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.process_order import Item, Sort
from sysmon_tui.ui.table import Column, fitting, widths
from sysmon_tui.ui.view import View

COLUMNS = (
    Column("PID", 7),
    Column("USER", 9, right=False, drop=3),
    Column("S", 1, right=False, drop=5),
    Column("CPU%", 6),
    Column("MEM", 6),
    Column("TIME", 8, drop=4),
    Column("THR", 4, drop=7),
    Column("READ", 8, drop=8),
    Column("WRITE", 8, drop=8),
    Column("CGROUP", 20, right=False, drop=9),
    Column("COMMAND", 0, right=False),
)
SORTED = {Sort.CPU: 3, Sort.MEMORY: 4, Sort.TIME: 5, Sort.PID: 0, Sort.IO: 7}
COMMAND_LEAST = 24
CGROUP = 9
"""Its column, which there is where the command keeps room, and where there are groups at all."""
CGROUP_FROM = 150
"""Columns of the table."""
BUSY = 0.5
"""Cores from which a process is lit."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the rows of one repaint have in common."""

    view: View
    room: int
    kept: Sequence[int]
    """Indexes of `COLUMNS`."""
    widths: Sequence[int]
    tagged: frozenset[Hashable]

    @classmethod
    def of(
        cls, view: View, room: int, tagged: frozenset[Hashable], *, grouped: bool = False
    ) -> Sheet:
        """`grouped` where processes are in control groups."""
        kept = fitting(COLUMNS, room, COMMAND_LEAST)
        if CGROUP in kept and not (grouped and room >= CGROUP_FROM):
            kept.remove(CGROUP)
        return cls(view, room, kept, widths(COLUMNS, kept, room), tagged)


def titles(sheet: Sheet, sort: Sort, *, inverted: bool) -> Line:
    glyphs = sheet.view.glyphs
    mark = glyphs.sort_up if inverted else glyphs.sort_down
    spans: list[Span] = []
    for index, width in zip(sheet.kept, sheet.widths, strict=True):
        spec = COLUMNS[index]
        active = index == SORTED[sort]
        text = f"{spec.title}{mark}" if active else spec.title
        padded = column(text, width, "", right=spec.right) + " "
        spans.append((padded, "accent" if active else "dim"))
    return tuple(spans)


def line(item: Item, sheet: Sheet, *, chosen: bool) -> Line:
    row = item.row
    detail = sheet.view.tick.processes.details.get(row.pid)
    front = _front(row, detail, sheet)
    program, arguments = _command(row, detail)
    command = fit(
        (
            (item.branch, "dim"),
            (program, "text"),
            (f" {arguments}" if arguments else "", "dim"),
        ),
        sheet.widths[-1],
    )
    if chosen:
        text = front + "".join(part for part, _ in command)
        return ((column(text, sheet.room, ""), "selected"),)
    return ((front, _role(row)), *command)


def _front(row: ProcessRow, detail: ProcessDetail | None, sheet: Sheet) -> str:
    """All but the command."""
    glyphs = sheet.view.glyphs
    texts = _texts(row, detail)
    front = "".join(
        column(texts[index], width, glyphs.ellipsis, right=COLUMNS[index].right) + " "
        for index, width in zip(sheet.kept[:-1], sheet.widths[:-1], strict=True)
    )
    if row.key not in sheet.tagged:
        return front
    # After the pid, the first column, which is never left out.
    pid = sheet.widths[0]
    return f"{front[:pid]}{glyphs.cursor}{front[pid + 1 :]}"


def total(table: ProcessTable) -> int:
    """How many there are: a recorded table has the busiest rows and the count of all."""
    return max(len(table.rows), sum(table.states.values()))


def counts(table: ProcessTable) -> list[str]:
    """How many do what, as far as that is worth a word."""
    running, waiting, zombies = (table.states.get(state, 0) for state in "RDZ")
    parts = [f"{running} running"]
    if waiting:
        parts.append(f"{waiting} in disk wait")
    if zombies:
        parts.append(f"{zombies} zombie")
    if table.threads:
        parts.append(f"{table.threads} threads")
    if table.hidden:
        parts.append("others hidden")
    return parts


def cpu_time(seconds: float) -> str:
    """As ps and top write it: minutes and hundredths, then hours, then days."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 100:
        return f"{int(minutes)}:{rest:05.2f}"
    if minutes < 6000:
        return f"{int(minutes) // 60}h{int(minutes) % 60:02d}m"
    return f"{int(minutes) // 1440}d{int(minutes) // 60 % 24:02d}h"


def _share(cores: float) -> str:
    percent = cores * 100.0
    return f"{percent:.1f}" if percent < 1000 else f"{percent:.0f}"


def _io(rate: float) -> str:
    return "" if isnan(rate) or rate < 1.0 else units.rate(rate)


def _command(row: ProcessRow, detail: ProcessDetail | None) -> tuple[str, str]:
    """The program as it was called, and its arguments."""
    if row.kernel:
        return f"[{row.name}]", ""
    if detail is None or not detail.command:
        return row.name, ""
    program, _, arguments = detail.command.partition(" ")
    return program, arguments


def _role(row: ProcessRow) -> str:
    if row.state == "D":
        return "warning"
    if row.state == "Z":
        return "dim"
    return "accent" if row.cpu >= BUSY else "text" if row.cpu >= 0.005 else "dim"


def _texts(row: ProcessRow, detail: ProcessDetail | None) -> tuple[str, ...]:
    """The cells before the command, in the order of `COLUMNS`."""
    return (
        str(row.pid),
        detail.user if detail else str(row.uid),
        row.state,
        _share(row.cpu),
        units.size(row.rss) if row.rss else "0",
        cpu_time(row.cpu_seconds),
        str(row.threads),
        _io(detail.read_rate) if detail else "",
        _io(detail.write_rate) if detail else "",
        detail.cgroup if detail else "",
    )
