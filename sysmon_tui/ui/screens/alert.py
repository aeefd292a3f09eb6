"""One alert in full: how it stands, what was going on when it fired, who did what since.

The alert log opens it with Enter. It follows the newest tick; what the ledger keeps is read on a
thread, and again when something happens to the alert or its evidence is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import events, work
from textual.app import ComposeResult
from textual.reactive import var
from textual.screen import Screen

from sysmon_tui.model.alert import Alert
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.ui.actions import ACTS, Scope, bindings, key_names, of_scope
from sysmon_tui.ui.dossier import Shown, awaited, content
from sysmon_tui.ui.lines import fit, inner
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Act, Alerts
from sysmon_tui.ui.widgets.line_panel import LinePanel

BOXED_FROM = (60, 20)
"""Columns and rows from which there is room for a frame."""
MANY_FROM, MANY, FEW = 30, 10, 5
"""Rows from which the process table is long, and how long it is then and else."""


class DossierPanel(LinePanel):
    """All of it, of which as much is seen as there is room for."""

    dossier: var[Dossier | None] = var(None)
    chosen: var[int] = var(0)

    def __init__(self, alert: Alert, unit: str) -> None:
        super().__init__(name="dossier")
        self.alert = alert
        self._unit = unit
        self._top = 0
        self._page = 1

    def watch_dossier(self) -> None:
        self.redraw()

    def watch_chosen(self) -> None:
        self.redraw()

    def scroll_lines(self, rows: int) -> None:
        """Down, or up for less than nothing; not beyond the ends."""
        self._top = max(0, self._top + rows)
        self.redraw()

    @property
    def page(self) -> int:
        return self._page

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, self._page = inner(width, height, boxed=view.boxed)
        shown = Shown(
            alert=self.alert,
            now=view.tick.wall,
            unit=self._unit,
            dossier=self.dossier,
            chosen=self.chosen,
            glyphs=view.glyphs,
            rows=MANY if height >= MANY_FROM else FEW,
        )
        lines = content(shown, room)
        self._top = max(0, min(self._top, len(lines) - self._page))
        below = len(lines) - self._top - self._page
        note = f"{view.glyphs.arrow_down}{below} more" if below > 0 else ""
        seen = [fit(line, room) for line in lines[self._top : self._top + self._page]]
        return self.framed(view, f"Alert {self.alert.fingerprint[:8]}", note, seen, width, height)


class Keys(LinePanel):
    """What the keys do here."""

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        spans: list[Span] = []
        actions = (*of_scope([Scope.DOSSIER], footer=True), *of_scope([Scope.ALERTS], footer=True))
        for action in actions:
            if view.over and action.name in ACTS:
                continue
            # What is done to several alerts at once is not done here.
            if hasattr(self.screen, f"action_{action.name}"):
                spans += [(f" {key_names(action)[0]}", "key"), (f" {action.title} ", "dim")]
        return [fit(tuple(spans), width)]


class AlertScreen(Screen[None]):
    BINDINGS = bindings(Scope.DOSSIER, Scope.ALERTS, Scope.LIST)
    DEFAULT_CSS = """
    AlertScreen { layout: vertical; overflow: hidden; background: $background; }
    """

    def __init__(self, alert: Alert, view: View, read: Callable[[str], Dossier], unit: str) -> None:
        """`read` gets what the ledger keeps of an alert, on a thread."""
        super().__init__()
        self._alert = alert
        self._view = view
        self._read = read
        self._seen = view.tick.number
        self._panel = DossierPanel(alert, unit)
        self._keys = Keys(name="dossier-keys")

    def compose(self) -> ComposeResult:
        yield self._panel
        yield self._keys

    def on_mount(self) -> None:
        self.load()

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        for panel, top, rows in ((self._panel, 0, height - 1), (self._keys, height - 1, 1)):
            panel.styles.offset = (0, top)
            panel.styles.width, panel.styles.height = width, max(1, rows)
        self.show(self._view)

    def show(self, view: View) -> None:
        """The alert as it is now; one that is gone stays as it was."""
        boxed = self.size.width >= BOXED_FROM[0] and self.size.height >= BOXED_FROM[1]
        self._view = replace(view, boxed=boxed)
        for alert in view.tick.alerts:
            if alert.fingerprint == self._alert.fingerprint:
                self._panel.alert = self._alert = alert
        self._panel.view = self._keys.view = self._view
        if view.tick.number != self._seen:
            self._seen = view.tick.number
            self._look_again()

    def _look_again(self) -> None:
        """Read anew where something happened, or where something is awaited."""
        fingerprint, known = self._alert.fingerprint, self._panel.dossier
        happened = any(e.alert.fingerprint == fingerprint for e in self._view.tick.events)
        missing = known is not None and not known.evidence
        if happened or (missing and awaited(self._alert, self._view.tick.wall)):
            self.load()

    @work(group="dossier", exclusive=True)
    async def load(self) -> None:
        self._panel.dossier = await asyncio.to_thread(self._read, self._alert.fingerprint)

    # What the keys do

    def action_close_alert(self) -> None:
        self.dismiss()

    def action_older(self) -> None:
        kept = self._panel.dossier.evidence if self._panel.dossier else ()
        self._panel.chosen = max(0, min(self._panel.chosen + 1, len(kept) - 1))

    def action_newer(self) -> None:
        self._panel.chosen = max(0, self._panel.chosen - 1)

    def action_up(self) -> None:
        self._panel.scroll_lines(-1)

    def action_down(self) -> None:
        self._panel.scroll_lines(1)

    def action_page_up(self) -> None:
        self._panel.scroll_lines(-self._panel.page)

    def action_page_down(self) -> None:
        self._panel.scroll_lines(self._panel.page)

    def action_first(self) -> None:
        self._panel.scroll_lines(-1_000_000)

    def action_last(self) -> None:
        self._panel.scroll_lines(1_000_000)

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        self._panel.scroll_lines(3)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        self._panel.scroll_lines(-3)

    def action_acknowledge(self) -> None:
        if self._alert.ack is None:
            self.post_message(Alerts.Asked(Act.ACKNOWLEDGE, (self._alert,)))

    def action_unacknowledge(self) -> None:
        if self._alert.ack is not None:
            self.post_message(Alerts.Asked(Act.UNACKNOWLEDGE, (self._alert,)))

    def action_note(self) -> None:
        self.post_message(Alerts.Asked(Act.NOTE, (self._alert,)))

    def action_shelve(self) -> None:
        self.post_message(Alerts.Asked(Act.SHELVE, (self._alert,)))

    def action_silence(self) -> None:
        self.post_message(Alerts.Asked(Act.SILENCE, (self._alert,)))
