"""What is said of alerts on its way into the ledger and back: the other half of the writer.

Events and silences are taken from any thread and written on the writer's, at once; a ledger that
fails keeps them waiting, bounded. What anybody wrote, other programs included, is passed on as
`News`. `writer` owns the one there is, and knows whether another program judges.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from sysmon_tui.model.alert import SAID, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.silence import Silence
from sysmon_tui.monitor.news import UNREADABLE, News, gather
from sysmon_tui.monitor.retry import Retry, take

EVENT_CAPACITY = 50_000


class Scribe:
    def __init__(self, ledger: AlertLedger) -> None:
        self.ledger = ledger
        self.retry = Retry()
        self.problem = ""
        """Why alerts are not kept; empty while they are."""
        self.heard: Callable[[News], None] = lambda _news: None
        """Told, on the writer's thread, when the ledger was written to or our part changed."""
        self.handed = 0
        """Alert events given to us so far."""
        self._settled = 0
        """How many of them are in the ledger or will never be."""
        self._events: deque[AlertEvent] = deque()
        self._silences: deque[Silence] = deque()
        self._held: tuple[AlertEvent, ...] = ()
        """Events the ledger has not taken so far."""
        self._heard: object = None
        """What the last news were about."""
        self._readable = True

    @property
    def waiting(self) -> bool:
        return bool(self._held or self._events or self._silences)

    def record(self, events: Sequence[AlertEvent]) -> None:
        """From any thread."""
        self.handed += len(events)
        self._events.extend(events)

    def silence(self, silence: Silence) -> None:
        """From any thread."""
        self._silences.append(silence)

    def write(self, now: float, *, shares: bool) -> None:
        """Everything that waits, or what of it is ours to write where another program judges."""
        events = self._to_write(shares=shares)
        if not events and not self._silences:
            return
        try:
            while self._silences:
                self.ledger.keep_silence(self._silences[0])
                self._silences.popleft()
            if events:
                self.ledger.record(events)
        except StoreError as error:
            self.problem = str(error)
            self.retry.failed(now)
        else:
            self._settled += len(events)
            self._held = ()
            self.problem = ""
            self.retry.succeeded(now)

    def write_said(self) -> None:
        """What people said and nobody has written; the thread that should hangs elsewhere."""
        said = [event for event in take(self._events) if event.kind in SAID]
        with suppress(StoreError):
            self.ledger.record(said)
            for silence in take(self._silences):
                self.ledger.keep_silence(silence)

    def listen(self, *, shares: bool) -> None:
        """Pass on what the ledger holds when anybody, we included, has written to it."""
        waiting = self._to_write(shares=shares)
        handed = self._settled + len(waiting)
        heard = (self.ledger.stamp(), handed, shares)
        if heard == self._heard:
            return
        try:
            news = gather(self.ledger, waiting, handed, follows=shares)
        except StoreError as error:
            self.problem = str(error)
            if self._readable:
                self._readable = False
                self.heard(UNREADABLE)
            return
        self._readable, self._heard = True, heard
        if not waiting:
            self.problem = ""
        self.heard(news)

    def _to_write(self, *, shares: bool) -> tuple[AlertEvent, ...]:
        """Events the ledger has still to take. What another program judges is not ours to write."""
        taken = (*self._held, *take(self._events))
        ours = tuple(event for event in taken if event.kind in SAID) if shares else taken
        self._held = ours[-EVENT_CAPACITY:]
        # Lost is lost: nobody waits for those to be written.
        self._settled += len(taken) - len(self._held)
        return self._held
