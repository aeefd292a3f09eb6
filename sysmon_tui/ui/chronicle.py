"""What happened to alerts lately, newest first: the timeline draws it, the app fills it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.text import NO_TEXT, SafeText

CAPACITY = 500
"""Entries kept: more than the tallest screen shows."""
TOGETHER = 2.0
"""Seconds within which the same thing, about the same rule, is one entry."""

TOLD = frozenset(
    {
        *("firing", "worse", "milder", "resolved"),
        *("acknowledged", "unacknowledged", "noted"),
        *("shelved", "unshelved", "unmuted"),
    }
)
"""Kinds of events worth a line. Waiting (`pending`) is none, nor is a clock that was set."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: float
    """Of the newest of them; seconds since the epoch."""
    kind: str
    alert: Alert
    """The worst of them."""
    actor: SafeText = NO_TEXT
    count: int = 1

    def with_another(self, event: AlertEvent) -> Entry:
        worse = event.alert.severity > self.alert.severity
        alert = event.alert if worse else self.alert
        return Entry(max(event.at, self.at), self.kind, alert, self.actor, self.count + 1)

    def takes(self, event: AlertEvent) -> bool:
        return (
            event.kind == self.kind
            and event.alert.rule == self.alert.rule
            and event.actor == self.actor
            and abs(event.at - self.at) <= TOGETHER
        )


class Chronicle:
    def __init__(self, events: Iterable[AlertEvent] = ()) -> None:
        """`events` oldest first."""
        self._entries: deque[Entry] = deque(maxlen=CAPACITY)
        self.add(events)

    def add(self, events: Iterable[AlertEvent]) -> None:
        """Take in what happened next."""
        for event in events:
            if event.kind in TOLD:
                self._take(event)

    def _take(self, event: AlertEvent) -> None:
        # A tick of a storm tells of several rules in turn: look past the newest entry.
        for index, entry in enumerate(self._entries):
            if event.at - entry.at > TOGETHER or index >= CAPACITY // 10:
                break
            if entry.takes(event):
                self._entries[index] = entry.with_another(event)
                return
        self._entries.appendleft(Entry(event.at, event.kind, event.alert, event.actor))

    def newest(self, count: int, upto: float = inf) -> list[Entry]:
        """No later than a moment."""
        return list(islice((entry for entry in self._entries if entry.at <= upto), count))

    def __len__(self) -> int:
        return len(self._entries)


def joined(kept: Sequence[AlertEvent], live: Sequence[AlertEvent]) -> Iterator[AlertEvent]:
    """Oldest first: what the ledger has, `kept`, newest first, and what came while it was read."""
    known = {_name(event) for event in kept}
    yield from reversed(kept)
    yield from (event for event in live if _name(event) not in known)


def _name(event: AlertEvent) -> tuple[float, str, str]:
    return event.at, event.kind, event.alert.fingerprint
