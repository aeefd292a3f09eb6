"""What travels between the workers, the screen and its panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.trends import Trends


@dataclass
class TickReady(Message):
    """A new moment. The stream itself skips to the newest, so none piles up here."""

    tick: Tick


@dataclass
class HistoryReady(Message):
    """The last minutes as the store has them, to begin the charts with."""

    trends: Trends
    events: Sequence[AlertEvent] = ()
    """What the ledger has of alerts, newest first."""


@dataclass
class Demanded(Message):
    """Other processes are on the screen, or another one is looked at closely."""

    demand: ProcessDemand


@dataclass
class AlertOpened(Message):
    """Somebody wants to see everything about an alert."""

    alert: Alert


@dataclass
class Marked(Message):
    """Somebody marked a moment, or said something about the mark."""

    at: float
    now: float
    note: str = ""
