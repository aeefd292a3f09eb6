"""One alert in full: what it measures, how it went, who has it and what to look at first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert
from sysmon_tui.ui.glyphs import Glyphs

TITLE_WIDTH = 14


def facts(alert: Alert, now: float) -> list[tuple[str, str]]:
    """(title, value) pairs in reading order; what is not known is left out."""
    rows = [
        ("Rule", alert.rule),
        *((name, value) for name, value in alert.labels),
        ("State", f"{alert.severity.word}, {alert.word}"),
        ("Since", f"{units.clock(alert.since)}  ({units.ago(max(0.0, now - alert.since))})"),
        ("Value", f"{alert.value:.4g}, worst {alert.worst:.4g}"),
    ]
    if alert.fired_at is not None:
        rows.append(("Firing since", units.clock(alert.fired_at)))
    if alert.resolved_at is not None:
        rows.append(("Resolved", units.clock(alert.resolved_at)))
    if alert.ack is not None:
        taken = f"{alert.ack.by} at {units.clock(alert.ack.at)}"
        rows.append(("Taken by", f"{taken}: {alert.ack.note}" if alert.ack.note else taken))
    if alert.muted:
        rows.append(("Muted", alert.muted))
    return rows


class AlertScreen(ModalScreen[None]):
    DEFAULT_CSS = """
    AlertScreen { align: center middle; }
    AlertScreen #alert {
        width: 76; max-width: 100%; height: auto; max-height: 90%; padding: 0 1;
        background: $surface; border: solid $primary; overflow-y: auto;
    }
    AlertScreen.-ascii #alert { border: ascii $primary; scrollbar-size: 0 0; }
    """
    BINDINGS = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, alert: Alert, now: float, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else None)
        self._alert = alert
        self._now = now
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        alert = self._alert
        rows = "\n".join(f"{name:<{TITLE_WIDTH}}{value}" for name, value in facts(alert, self._now))
        first = f"\n\nLook first\n{alert.runbook}" if alert.runbook else ""
        head = f"{self._glyphs.severity(alert.severity)} {alert.summary or alert.rule}"
        box = Static(self._glyphs.text(f"{head}\n\n{rows}{first}"), markup=False, id="alert")
        box.border_subtitle = "Esc closes"
        yield box
