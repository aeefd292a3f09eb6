"""The keys that work now: those of the focused panel first, then those that always do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.reactive import var

from sysmon_tui.ui.actions import ACTIONS, ACTS, Action, Scope, key_names, of_scope
from sysmon_tui.ui.lines import cells, fit
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

ALWAYS = ("alerts", "filter", "help", "quit")
"""Never left out, whatever the width."""


class Footer(LinePanel):
    @dataclass
    class Pressed(Message):
        """An action was clicked on."""

        action: Action

    scopes: var[tuple[Scope, ...]] = var((Scope.VIEW, Scope.GENERAL))
    """Of the focused panel; set by the screen on every change of focus."""

    def watch_scopes(self) -> None:
        self.redraw()

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [self._line(width)]

    def _line(self, width: int) -> Line:
        spans: list[Span] = []
        for action in self._fitting(width):
            spans += [(f" {key_names(action)[0]}", "key"), (f" {action.title} ", "dim")]
        return fit(tuple(spans), width)

    def _fitting(self, width: int) -> list[Action]:
        always = [action for action in ACTIONS if action.name in ALWAYS]
        chosen = [action for action in of_scope(self.scopes, footer=True) if action not in always]
        # The focused panel has its keys to itself: in the alert log `a` does not lead there.
        own = {key for one in chosen if one.scope is self.scopes[0] for key in key_names(one)}
        always = [action for action in always if key_names(action)[0] not in own]
        room = width - sum(map(_width, always))
        if self.view is not None and self.view.shown is not None:
            chosen = [*of_scope([Scope.PAST], footer=True), *chosen]
        if self.view is not None and self.view.over:
            chosen = [action for action in chosen if action.name not in ACTS]
        taken: list[Action] = []
        for action in chosen:
            if _width(action) <= room:
                taken.append(action)
                room -= _width(action)
        return taken + always

    def on_click(self, event: events.Click) -> None:
        left = 0
        for action in self._fitting(self.size.width):
            left += _width(action)
            if event.x < left:
                self.post_message(self.Pressed(action))
                return


def _width(action: Action) -> int:
    return cells(f" {key_names(action)[0]} {action.title} ")
