"""The alert log: what holds, since when, how bad, and who has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.lines import cells, clip, column, fit, inner, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.list_panel import ListPanel

SEVERITY_WIDTH = 8
STATE_WIDTH = 8
AGE_WIDTH = 7
NOTE_WIDTH = 8
"""Columns below which a note would say nothing."""


class Alerts(ListPanel):
    BINDINGS = bindings(Scope.ALERTS, Scope.LIST)

    @dataclass
    class Acknowledge(Message):
        """Somebody takes alerts over, or gives them back."""

        fingerprints: tuple[str, ...]
        taken: bool = True

    @dataclass
    class Annotate(Message):
        """Somebody has something to say about an alert."""

        alert: Alert

    @dataclass
    class Shelve(Message):
        """An alert is to go out of sight, or to come back."""

        alert: Alert

    @dataclass
    class Silence(Message):
        """Nobody is to be called about alerts like this one."""

        alert: Alert

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._shown: tuple[Alert, ...] = ()

    @property
    def chosen_alert(self) -> Alert | None:
        """The alert under the cursor."""
        return next((alert for alert in self._shown if alert.fingerprint == self.chosen), None)

    def action_acknowledge(self) -> None:
        if alert := self.chosen_alert:
            self._post([alert])

    def action_acknowledge_all(self) -> None:
        self._post(self._shown)

    def action_unacknowledge(self) -> None:
        alert = self.chosen_alert
        if alert is not None and alert.ack is not None:
            self.post_message(self.Acknowledge((alert.fingerprint,), taken=False))

    def action_note(self) -> None:
        if alert := self.chosen_alert:
            self.post_message(self.Annotate(alert))

    def action_shelve(self) -> None:
        if alert := self.chosen_alert:
            self.post_message(self.Shelve(alert))

    def action_silence(self) -> None:
        if alert := self.chosen_alert:
            self.post_message(self.Silence(alert))

    def _post(self, alerts: Sequence[Alert]) -> None:
        open_ = tuple(a.fingerprint for a in alerts if a.ack is None and (a.active or a.unseen))
        if open_:
            self.post_message(self.Acknowledge(open_))

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        self._shown = view.tick.alerts
        self.keys = [alert.fingerprint for alert in self._shown]
        self.page, self.first_row = max(1, rows), 1
        self.cursor.follow(self.keys, self.page)
        shown = self._shown[self.cursor.top : self.cursor.top + rows]
        content = [
            self._row(alert, view, room, chosen=self.has_focus and index == self.cursor.index)
            for index, alert in enumerate(shown, self.cursor.top)
        ] or [((f"{view.glyphs.severity(Severity.OK)} nothing holds", "dim"),)]
        return self.framed(view, "Alerts", self._count(view), content, width, height)

    def _count(self, view: View) -> str:
        counted = [
            f"{sum(alert.state is state for alert in self._shown)} {state}"
            for state in (State.FIRING, State.PENDING, State.RESOLVED)
        ]
        if muted := sum(bool(alert.muted) for alert in self._shown):
            counted.append(f"{muted} muted")
        below = len(self._shown) - self.cursor.top - self.page
        more = f"  {view.glyphs.arrow_down}{below} more" if below > 0 else ""
        return "  ".join(counted) + more if self._shown else ""

    def _row(self, alert: Alert, view: View, room: int, *, chosen: bool) -> Line:
        calls = alert.state is State.FIRING and not alert.muted
        role = alert.severity.word if calls else "dim"
        age = units.duration(max(0.0, view.tick.wall - _moment(alert)))
        mark = view.glyphs.severity(alert.severity)
        ellipsis = view.glyphs.ellipsis
        left: list[Span] = [
            (f"{mark} ", role),
            (column(alert.severity.word, SEVERITY_WIDTH, ellipsis) + " ", role),
            (column(alert.word, STATE_WIDTH, ellipsis) + " ", "text" if role != "dim" else "dim"),
            (column(age, AGE_WIDTH, ellipsis, right=True) + "  ", "dim"),
        ]
        right = _holder(alert, view)
        room_left = max(0, room - width_of(left) - width_of(right))
        sentence = clip(alert.summary or alert.rule, room_left, ellipsis)
        rest = room_left - cells(sentence)
        # Only what the sentence leaves free.
        note = f": {alert.ack.note}" if alert.ack and alert.ack.note and rest >= NOTE_WIDTH else ""
        text: Line = (
            (sentence, "text" if calls else "dim"),
            (column(note, rest, ellipsis), "dim"),
        )
        line: Line = (*left, *text, *right)
        if chosen:
            whole = "".join(part for part, _ in line)
            return ((column(whole, room, ""), "selected"),)
        return fit(line, room)


def _moment(alert: Alert) -> float:
    """Since when the alert is what it is."""
    if alert.state is State.RESOLVED and alert.resolved_at is not None:
        return alert.resolved_at
    return alert.since


def _holder(alert: Alert, view: View) -> Line:
    if alert.ack is not None:
        since = units.clock(alert.ack.at)
        return ((f"  {view.glyphs.check} {alert.ack.by} {since}", "ok"),)
    if alert.muted:
        return ((f"  {view.glyphs.pause} {alert.muted}", "dim"),)
    if alert.state is State.FIRING:
        return (("  nobody has it", alert.severity.word),)
    return ()
