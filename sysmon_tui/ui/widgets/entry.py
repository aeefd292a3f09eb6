"""A line that is typed. A whole file pasted into it by mistake is cut, not drawn for a minute."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.widgets import Input

from sysmon_tui.model.text import TEXT_LIMIT


class Entry(Input):
    """As Textual's, which would measure and draw five megabytes of a paste, on the event loop."""

    def __init__(self, value: str | None = None, **arguments: Any) -> None:
        super().__init__(value, max_length=TEXT_LIMIT, **arguments)

    def on_paste(self, event: events.Paste) -> None:
        """The first line, as much of it as there is room for; else a long one is refused whole."""
        event.prevent_default()
        event.stop()
        begin, end = sorted(self.selection)
        room = TEXT_LIMIT - len(self.value) + end - begin
        lines = event.text[: max(0, room)].splitlines()
        if lines:
            self.replace(lines[0], begin, end)
