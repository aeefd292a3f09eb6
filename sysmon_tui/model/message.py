"""What a receiver of alerts is sent: one message for all that happened to a rule's alerts.

`alerts.notify` makes and delivers them, `storage.outbox` keeps them until they have arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sysmon_tui.model.alert import AlertEvent, Severity

SHOWN = 20
"""Alerts a message carries; of a storm it has these, the worst, and the count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: str
    """The same in every try: whoever gets it twice can tell."""
    receiver: str
    host: str
    rule: str
    """Empty where it is about several, because there were too many messages."""
    at: float
    """Seconds since the epoch at which it was made."""
    events: tuple[AlertEvent, ...]
    """The worst, at most `SHOWN`; of the kinds of `AlertEvent`, and `repeat`."""
    firing: int = 0
    resolved: int = 0
    acknowledged: int = 0

    @property
    def total(self) -> int:
        return self.firing + self.resolved + self.acknowledged

    @property
    def status(self) -> str:
        """`firing` if any does, else `acknowledged` if any is, else `resolved`."""
        if self.firing:
            return "firing"
        return "acknowledged" if self.acknowledged else "resolved"

    @property
    def severity(self) -> Severity:
        return max((event.alert.severity for event in self.events), default=Severity.OK)


class Letter(NamedTuple):
    """A message in the outbox."""

    message: Message
    attempts: int
    """How often it was tried in vain."""


class Told(NamedTuple):
    """The last a receiver was told of an alert that is not over."""

    kind: str
    severity: int


class Unsent(NamedTuple):
    """What a receiver did not get and will not get."""

    receiver: str
    given_up: int
    """Messages tried for too long."""
    reason: str
    """Why the last of those failed."""
    dropped: int
    """Messages for which there was no room."""
