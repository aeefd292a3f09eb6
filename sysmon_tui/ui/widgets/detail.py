"""The one process that is looked at closely, beside the table or instead of it."""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.ui.lines import column, inner, panel
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

TITLE_WIDTH = 14


class Detail(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        found = view.tick.processes.inspection
        title = f"Process {found.key.pid}" if found else "Process"
        content: list[Line] = []
        missing = "reading" if view.shown is None else "not recorded: the table shows what was"
        for name, value in found.facts if found else (("", missing),):
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


def _fact(name: str, value: str, room: int, ellipsis: str) -> list[Line]:
    """A fact on as many lines as it needs, at most three: the command line is the long one."""
    title = column(name, min(TITLE_WIDTH, room), ellipsis)
    width = max(1, room - TITLE_WIDTH)
    pieces = [value[start : start + width] for start in range(0, min(len(value), 3 * width), width)]
    lines: list[Line] = [((title, "dim"), (pieces[0] if pieces else "", "text"))]
    lines += [((" " * len(title), "dim"), (piece, "text")) for piece in pieces[1:]]
    return lines
