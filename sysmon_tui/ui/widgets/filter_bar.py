"""The line in which a filter is typed; it takes the footer's place while it is open."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.message import Message
from textual.widgets import Input

from sysmon_tui.ui.widgets.entry import Entry


class FilterBar(Entry):
    DEFAULT_CSS = """
    FilterBar {
        dock: bottom; height: 1; border: none; padding: 0 1; display: none;
        background: $surface; color: $foreground;
        &:focus { border: none; }
    }
    """

    @dataclass
    class Typed(Message):
        """The filter as it stands now."""

        text: str

    class Closed(Message):
        """Nothing more will be typed; the filter stays as it was told last."""

    def __init__(self) -> None:
        super().__init__(
            select_on_focus=False,
            id="filter",
        )

    def open(self, text: str, looks_at: str) -> None:
        """Go on typing `text`; `looks_at` says what it is looked for in."""
        self.placeholder = f"text or regex in {looks_at}; Enter keeps, Esc clears"
        self.value = text
        self.cursor_position = len(text)
        # Both at once: what is typed next, however fast, is for the filter.
        self.display = True
        self.screen.set_focus(self)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_blur(self, _: events.Blur) -> None:
        self.display = False

    def key_escape(self, event: events.Key) -> None:
        event.stop()
        self.value = ""
        self.post_message(self.Closed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Closed())
