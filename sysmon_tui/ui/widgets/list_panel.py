"""A panel with a cursor: moving, scrolling and choosing, the same in every list."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from sysmon_tui.ui.widgets.cursor import Cursor
from sysmon_tui.ui.widgets.line_panel import LinePanel


class ListPanel(LinePanel):
    """Subclasses fill `keys` while drawing and say how many rows they show."""

    can_focus = True

    @dataclass
    class Moved(Message):
        """Other rows are shown or another one is chosen."""

        panel: ListPanel

    @dataclass
    class Chosen(Message):
        """Enter or a second click on the chosen row."""

        panel: ListPanel

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self.cursor = Cursor()
        self.keys: Sequence[Hashable] = ()
        self.page = 1
        self.first_row = 0
        """Line of the panel on which the first item stands."""

    @property
    def chosen(self) -> Hashable | None:
        """The key under the cursor; None in an empty list."""
        return self.keys[self.cursor.index] if self.cursor.index < len(self.keys) else None

    def _move(self, step: int) -> None:
        self.cursor.move(step, self.keys, self.page)
        self.redraw()
        self.post_message(self.Moved(self))

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def action_page_up(self) -> None:
        self._move(-self.page)

    def action_page_down(self) -> None:
        self._move(self.page)

    def action_first(self) -> None:
        self._move(-len(self.keys))

    def action_last(self) -> None:
        self._move(len(self.keys))

    def action_choose(self) -> None:
        if self.chosen is not None:
            self.cursor.held = self.chosen
            self.post_message(self.Chosen(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(-3)

    def on_click(self, event: events.Click) -> None:
        index = self.cursor.top + event.y - self.first_row
        if event.y < self.first_row or index >= len(self.keys):
            return
        again = index == self.cursor.index
        self._move(index - self.cursor.index)
        if again:
            self.action_choose()
