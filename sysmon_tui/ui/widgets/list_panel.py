"""A panel of rows: moving, scrolling, choosing, tagging and filtering, the same in every list."""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from operator import is_

from textual import events
from textual.message import Message
from textual.reactive import var

from sysmon_tui.ui.widgets.cursor import Cursor
from sysmon_tui.ui.widgets.line_panel import LinePanel


class ListPanel(LinePanel):
    """Subclasses fill `keys` while drawing and say how many rows they show."""

    can_focus = True

    inverted: var[bool] = var(False)
    """The other way round than its order would have it."""
    filter: var[str] = var("")
    """Only rows that match are shown; empty shows all."""

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
        self._tagged: frozenset[Hashable] = frozenset()
        self._asked: tuple[object, ...] = ()

    def watch_inverted(self) -> None:
        self._again()

    def watch_filter(self) -> None:
        self._again()

    def _again(self) -> None:
        """The rows are others, or stand in another order."""
        self._let_go()
        self.redraw()
        if self.is_mounted:
            self.post_message(self.Moved(self))

    def _let_go(self) -> None:
        self.cursor.reset()

    def _differs(self, *asked: object) -> bool:
        """Whether the rows must be made anew, because what they are made from is not the same.

        A key press moves the cursor over what is there: with thousands of rows sorting them again
        would be most of its latency.
        """
        same = len(asked) == len(self._asked) and all(map(is_, asked, self._asked))
        self._asked = asked
        return not same

    # The cursor

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

    # Tags

    @property
    def tagged(self) -> int:
        """How many are tagged."""
        return len(self._tagged)

    def untag(self) -> None:
        self._tagged = frozenset()
        self.redraw()

    def _tag(self, keys: Set[Hashable]) -> None:
        """Tag these, or take their tags off where all have one, and go on to the next row."""
        self._tagged = self._tagged - keys if keys <= self._tagged else self._tagged | keys
        self.action_down()

    # The mouse

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
