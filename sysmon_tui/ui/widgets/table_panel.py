"""What the small tables share: title, frame, and what to say when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.sample import Status
from sysmon_tui.ui.lines import inner
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.table import Cell, Column, table
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel


def figure(text: str, severity: Severity, *, quiet: bool) -> Cell:
    """A figure lit by its severity, dim where it says nothing."""
    return (text, severity.word if severity else "dim" if quiet else "text")


def mark(severity: Severity, view: View) -> Cell:
    """The shape at the start of a row; nothing where all is well."""
    return (view.glyphs.severity(severity), severity.word) if severity else (" ", "dim")


class TablePanel(LinePanel):
    """A panel whose content is `rows(view)`, ranked worst first; what does not fit is counted."""

    can_focus = True
    title: ClassVar[str]
    collector: ClassVar[str]
    """Whose state explains an empty panel."""
    columns: ClassVar[tuple[Column, ...]]

    def rows(self, view: View) -> list[Sequence[Cell]]:
        raise NotImplementedError

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, space = inner(width, height, boxed=view.boxed)
        rows = self.rows(view)
        content: list[Line] = table(self.columns, rows[: space - 1], room, view.glyphs)
        hidden = len(rows) - (space - 1)
        note = self._state(view)
        if not rows:
            content = [((note or "none", "dim"),)]
            note = ""
        elif hidden > 0 and not note:
            note = f"+{hidden} more"
        return self.framed(view, self.title, note, content, width, height)

    def _state(self, view: View) -> str:
        for state in view.tick.collectors:
            if state.name == self.collector and state.status is not Status.OK:
                age = f" {units.duration(state.age)} old" if state.age < 1e9 else ""
                return f"{state.status}{age}: {state.note}" if state.note else str(state.status)
        return "" if view.tick.collectors else view.unknown
