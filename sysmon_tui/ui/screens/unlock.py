"""The password before an act. It is never shown, kept or put into a message."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security.secret import Secret
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lock import Lock
from sysmon_tui.ui.screens.dialog import Dialog
from sysmon_tui.ui.widgets.entry import Entry


class Unlock(Dialog[bool]):
    """Ends with True for the right password; escape ends it with False."""

    DEFAULT_CSS = "Unlock #unlock { width: 60; }"
    BINDINGS = [Binding("escape", "leave", "Leave")]

    def __init__(self, lock: Lock, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._lock = lock

    def compose(self) -> ComposeResult:
        box = Vertical(
            Entry(password=True),
            Static(markup=False, id="remark"),
            id="unlock",
            classes="dialog--box",
        )
        box.border_title = Content(f"Password of {self._lock.user}")
        box.border_subtitle = "Enter does it, Esc leaves"
        yield box

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        password = Secret(event.value)
        event.input.value = ""
        self._try(password)

    @work(group="unlock", exclusive=True)
    async def _try(self, password: Secret[str]) -> None:
        """On a thread: a hash takes a tenth of a second, and the users file may hang."""
        remark = self.query_one("#remark", Static)
        try:
            right = await asyncio.to_thread(self._lock.check, password)
        except SysmonError as error:
            remark.update(Content(str(error)))
            return
        if right:
            self.dismiss(True)
        else:
            remark.update("That is not it")

    def action_leave(self) -> None:
        self.dismiss(False)
