"""One line asked of the user: a note, a duration, what to silence. Escape asks for nothing."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.dialog import Dialog
from sysmon_tui.ui.widgets.entry import Entry


class Ask(Dialog[str | None]):
    """Ends with the line, or with None; a line that `wrong` objects to keeps it open."""

    DEFAULT_CSS = "Ask #ask { width: 72; }"
    BINDINGS = [Binding("escape", "leave", "Leave")]

    def __init__(
        self,
        title: str,
        glyphs: Glyphs,
        *,
        line: str = "",
        remark: Callable[[str], str] = lambda _line: "",
        wrong: Callable[[str], str] = lambda _line: "",
    ) -> None:
        """`remark` is shown under the line as it is typed; `wrong` is what speaks against it."""
        super().__init__(glyphs)
        self._title = title
        self._line = line
        self._remark = remark
        self._wrong = wrong

    def compose(self) -> ComposeResult:
        box = Vertical(
            Entry(self._line, select_on_focus=False),
            Static(markup=False, id="remark"),
            id="ask",
            classes="dialog--box",
        )
        box.border_title = Content(self._glyphs.text(self._title))
        box.border_subtitle = "Enter does it, Esc leaves"
        yield box

    def on_mount(self) -> None:
        self._say(self._wrong(self._line) or self._remark(self._line))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._say(self._wrong(event.value) or self._remark(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if not self._wrong(event.value):
            self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.query_one("#remark", Static).update(Content(self._glyphs.text(text)))
