"""The one process that is looked at closely, beside the table or instead of it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from sysmon_tui.model import units, when
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.lines import column, inner, panel
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

TITLE_WIDTH = 14


class Detail(LinePanel):
    chosen: var[ProcessKey | None] = var(None)
    """The process under the cursor of the table."""

    def watch_chosen(self) -> None:
        if self.view is not None and self.view.over:
            self.redraw()

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        found = view.tick.processes.inspection
        key = self.chosen if view.over else found.key if found else None
        title = f"Process {key.pid}" if key else "Process"
        content: list[Line] = []
        if view.over:
            facts = recorded(view.tick, key, view.host.boot_time)
        else:
            facts = found.facts if found else (("", "reading"),)
        for name, value in facts:
            content += _fact(name, value, room, view.glyphs.ellipsis)
        return panel(
            title,
            "Enter, Esc close",
            content[:rows],
            width,
            height,
            view.glyphs,
            boxed=view.boxed,
            focused=True,
        )


def recorded(tick: Tick, key: ProcessKey | None, boot_time: float) -> Sequence[tuple[str, str]]:
    """What is known of a process of a past moment, as (title, value) pairs.

    Start times are counted from the boot, which need not be the one before.
    """
    table = tick.processes
    row = next((row for row in table.rows if row.key == key), None)
    if row is None:
        return (("", "not recorded at that moment"),)
    detail = table.details.get(row.pid)
    began = (("Started", when.written(boot_time + row.start_time)),) * (tick.wall >= boot_time)
    known = (
        (
            ("Command", detail.command),
            ("User", detail.user),
            ("Control group", detail.cgroup),
            ("Read", units.rate(detail.read_rate)),
            ("Written", units.rate(detail.write_rate)),
        )
        if detail is not None
        else (("Name", row.name), ("User", str(row.uid)))
    )
    return (
        *known,
        ("CPU", units.percent(row.cpu)),
        ("CPU time", units.duration(row.cpu_seconds)),
        ("Memory", units.size(row.rss)),
        ("State", row.state),
        ("Threads", str(row.threads)),
        ("Nice", str(row.nice)),
        ("Parent", str(row.ppid)),
        *began,
        ("", "More than this was not recorded"),
    )


def _fact(name: str, value: str, room: int, ellipsis: str) -> list[Line]:
    """A fact on as many lines as it needs, at most three: the command line is the long one."""
    title = column(name, min(TITLE_WIDTH, room), ellipsis)
    width = max(1, room - TITLE_WIDTH)
    pieces = [value[start : start + width] for start in range(0, min(len(value), 3 * width), width)]
    lines: list[Line] = [((title, "dim"), (pieces[0] if pieces else "", "text"))]
    lines += [((" " * len(title), "dim"), (piece, "text")) for piece in pieces[1:]]
    return lines
