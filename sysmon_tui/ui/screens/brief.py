"""What changed since this user last looked, over whatever was on the screen; any key closes it."""

from __future__ import annotations

from textwrap import wrap

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.brief import Brief
from sysmon_tui.model.brief_text import BriefLine, brief_lines, headline
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import clip
from sysmon_tui.ui.screens.dialog import Dialog

MARGIN = 4
"""Columns of frame and padding."""
WIDEST = 118
_STYLES = {
    Severity.CRITICAL: "bold $error",
    Severity.WARNING: "$warning",
    Severity.INFO: "$primary",
    Severity.OK: "dim",
}


class BriefScreen(Dialog[None]):
    DEFAULT_CSS = "BriefScreen #brief { width: auto; }"

    def __init__(self, brief: Brief, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._brief = brief

    def compose(self) -> ComposeResult:
        box = Static(id="brief", classes="dialog--box", markup=False)
        box.border_title = "Since you last looked" if self._brief.looked else "Lately"
        box.border_subtitle = "any key closes"
        yield box

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        width = min(self.app.size.width, WIDEST) - MARGIN
        head = wrap(self._glyphs.text(headline(self._brief)), max(1, width))
        parts = [Content(line).stylize("bold") for line in head]
        parts.append(Content(""))
        parts += [self._line(line, width) for line in brief_lines(self._brief)]
        self.query_one("#brief", Static).update(Content("\n").join(parts))

    def _line(self, line: BriefLine, width: int) -> Content:
        mark = self._glyphs.severity(line.severity) if line.severity else " "
        text = self._clip(f"{mark} {line}", width)
        return Content(text).stylize(_STYLES[line.severity], 0, len(mark) + 11)

    def _clip(self, text: str, width: int) -> str:
        return clip(self._glyphs.text(text), width, self._glyphs.ellipsis)

    def on_key(self, event: events.Key) -> None:
        """Whatever is pressed closes it, and does nothing else."""
        event.stop()
        event.prevent_default()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()
