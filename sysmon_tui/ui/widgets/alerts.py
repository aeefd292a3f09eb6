"""The alert log: what holds, since when, how bad, and who has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from operator import attrgetter

from textual.message import Message
from textual.reactive import var

from sysmon_tui.model.alert import Alert
from sysmon_tui.ui import alert_rows
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.alert_order import Group, Order, Row, Search, grouped, key_of, ordered, storm
from sysmon_tui.ui.lines import inner
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.list_panel import ListPanel

FULL_FROM = 8
"""Rows from which the log has titles, and the facts about the chosen alert below it."""
IN_HAND = 10.0
"""Seconds after a key in which the log does not scroll by itself."""


class Act(StrEnum):
    """What somebody can do about alerts."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    NOTE = "note"
    SHELVE = "shelve"
    SILENCE = "silence"
    TUNE = "tune"


class Alerts(ListPanel):
    BINDINGS = bindings(Scope.ALERTS, Scope.LIST)

    @dataclass
    class Asked(Message):
        """Somebody wants something done about these alerts; never none."""

        act: Act
        alerts: tuple[Alert, ...]

    order: var[Order] = var(Order.URGENCY)
    by_rule: var[bool | None] = var(None)
    """Grouped; None is as many alerts ask for."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._search: Search | None = None
        self._unfolded: frozenset[str] = frozenset()
        self._alerts: Sequence[Alert] = ()
        self._rows: Sequence[Row] = ()
        self._grouped = False
        self._count = ""
        self._put = 0
        """The row that the user put the cursor on."""
        self._touched = -inf
        """When, by the monotonic clock of the ticks."""

    def watch_order(self) -> None:
        self._again()

    def watch_by_rule(self) -> None:
        self.redraw()

    def watch_filter(self) -> None:
        self._search = Search(self.filter) if self.filter else None
        super().watch_filter()

    # Where the cursor is

    def _move(self, step: int) -> None:
        # First, because moving draws.
        self._touch()
        super()._move(step)
        self._put = self.cursor.index

    def _touch(self) -> None:
        if self.view is not None:
            self._touched = self.view.tick.mono

    def _let_go(self) -> None:
        super()._let_go()
        self._put = 0

    def _in_hand(self, view: View) -> bool:
        """The user has the cursor here, on the row where it was put or with a key just pressed.

        Else it may have gone along with an alert that somebody took, or that others came before:
        the most urgent one must not be out of sight for that.
        """
        if self.screen.focused is not self:
            return False
        return self.cursor.index == self._put or view.tick.mono - self._touched < IN_HAND

    # What is chosen

    @property
    def _row(self) -> Row | None:
        return self._rows[self.cursor.index] if self.cursor.index < len(self._rows) else None

    @property
    def chosen_alert(self) -> Alert | None:
        """The alert under the cursor."""
        row = self._row
        return row if isinstance(row, Alert) else None

    def _targets(self) -> tuple[Alert, ...]:
        """What a key acts on: what is tagged, else what is under the cursor. Tags end with it."""
        if self._tagged and self.view is not None:
            tagged = tuple(a for a in self.view.tick.alerts if a.fingerprint in self._tagged)
            self.untag()
            return tagged
        return tuple(_alerts_of(self._row))

    def action_choose(self) -> None:
        self._touch()
        if isinstance(self._row, Group):
            self._unfolded ^= {self._row.rule}
            self.cursor.held = self.chosen
            self.redraw()
        else:
            super().action_choose()

    def action_tag(self) -> None:
        """Tag what is under the cursor, or take the tag off, and go on to the next row."""
        self._tag({alert.fingerprint for alert in _alerts_of(self._row)})

    def action_next_order(self) -> None:
        self.order = self.order.next

    def action_invert_order(self) -> None:
        self.inverted = not self.inverted

    def action_group(self) -> None:
        self.by_rule = not self._grouped

    # What is done about it

    def _ask(self, act: Act, alerts: Iterable[Alert]) -> None:
        self._touch()
        if wanted := tuple(alerts):
            self.post_message(self.Asked(act, wanted))

    def action_acknowledge(self) -> None:
        self._ask(Act.ACKNOWLEDGE, (a for a in self._targets() if a.ack is None))

    def action_acknowledge_all(self) -> None:
        self._ask(Act.ACKNOWLEDGE, (a for a in self._alerts if a.ack is None))

    def action_unacknowledge(self) -> None:
        self._ask(Act.UNACKNOWLEDGE, (a for a in self._targets() if a.ack is not None))

    def action_note(self) -> None:
        self._ask(Act.NOTE, self._targets())

    def action_shelve(self) -> None:
        self._ask(Act.SHELVE, self._targets())

    def action_silence(self) -> None:
        self._ask(Act.SILENCE, self._targets())

    def action_tune(self) -> None:
        self._ask(Act.TUNE, tuple(_alerts_of(self._row))[:1])

    # What is drawn

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        self._arrange(view)
        full = rows >= FULL_FROM and bool(self._rows)
        self.page = max(1, rows - (2 + alert_rows.FACTS) * full)
        self.first_row = 1 + full
        self.cursor.follow(self.keys, self.page)
        if self.cursor.top and not self._in_hand(view):
            self._let_go()
        sheet = alert_rows.Sheet(
            view,
            room,
            alert_rows.columns(room, full=full),
            self._tagged,
            self._unfolded if self._grouped else frozenset(),
        )
        content = self._drawn(sheet) or [alert_rows.quiet(view)]
        if full:
            content = [
                alert_rows.titles(sheet, self.order, inverted=self.inverted),
                *content,
                *[()] * (self.page - len(content)),
                ((view.glyphs.horizontal * room, "border"),),
                *self._facts(view, room),
            ]
        return self.framed(view, self._title(), self._note(view), content, width, height)

    def _arrange(self, view: View) -> None:
        """Rows in order."""
        alerts: Sequence[Alert] = view.tick.alerts
        how = (self.order, self.inverted, self.by_rule, self._search, self._unfolded)
        if not self._differs(alerts, *how):
            return
        if self._search is not None:
            alerts = self._search.among(alerts)
        self._alerts = ordered(alerts, self.order, inverted=self.inverted)
        self._grouped = storm(alerts) if self.by_rule is None else self.by_rule
        if self._grouped:
            self._rows = grouped(self._alerts, self._unfolded)
            self.keys = list(map(key_of, self._rows))
        else:
            self._rows = self._alerts
            self.keys = list(map(attrgetter("fingerprint"), self._alerts))
        self._count = _count(alerts)

    def _drawn(self, sheet: alert_rows.Sheet) -> list[Line]:
        """Only the rows on the screen, however many there are."""
        shown = self._rows[self.cursor.top : self.cursor.top + self.page]
        return [
            alert_rows.line(row, sheet, chosen=self.has_focus and index == self.cursor.index)
            for index, row in enumerate(shown, self.cursor.top)
        ]

    def _facts(self, view: View, room: int) -> list[Line]:
        row = self._row
        return alert_rows.facts(row, view, room) if row is not None else []

    def _title(self) -> str:
        total = len(self.view.tick.alerts) if self.view is not None else 0
        return f"Alerts {len(self._alerts)} of {total}  /{self.filter}" if self.filter else "Alerts"

    def _note(self, view: View) -> str:
        parts = [self._count] if self._count else []
        if self.tagged:
            parts.insert(0, f"{self.tagged} tagged")
        if self.order is not Order.URGENCY or self.inverted:
            parts.append(f"by {self.order}{' inverted' if self.inverted else ''}")
        below = len(self._rows) - self.cursor.top - self.page
        if below > 0:
            parts.append(f"{view.glyphs.arrow_down}{below} more")
        return "  ".join(parts)


def _alerts_of(row: Row | None) -> Sequence[Alert]:
    """What a key on this row is about."""
    if row is None:
        return ()
    return row.alerts if isinstance(row, Group) else (row,)


def _count(alerts: Sequence[Alert]) -> str:
    if not alerts:
        return ""
    words = list(map(attrgetter("word"), alerts))
    named = ("firing", "pending", "unseen", "resolved")
    parts = [f"{number} {word}" for word in named if (number := words.count(word))]
    if muted := sum(map(bool, map(attrgetter("muted"), alerts))):
        parts.append(f"{muted} muted")
    return "  ".join(parts)
