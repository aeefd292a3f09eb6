"""One receiver's lane: its chain, its messages in the outbox, and what delivers them.

The dispatcher runs each lane as a task of its own, so that one that hangs holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from math import inf
from random import random

from sysmon_tui.alerts.notify.chain import Chain, Outgoing
from sysmon_tui.alerts.notify.deliverer import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Deliverer,
    DeliveryError,
    backoff,
)
from sysmon_tui.alerts.notify.safe import SafeOutbox
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.message import Letter
from sysmon_tui.model.ports import Clock
from sysmon_tui.model.text import clean

GIVE_UP = 86400.0
"""Seconds after which a message that does not arrive is given up."""
TRIES = 3
"""But never before so many tries: the program, or the machine, may have been off."""
LIMIT = 60.0
"""Seconds no delivery takes, whatever its deliverer does."""
BATCH = 20


class Post:
    def __init__(
        self,
        name: str,
        chain: Chain,
        outbox: SafeOutbox,
        deliverer: Deliverer,
        clock: Clock,
        *,
        limit: float = LIMIT,
        jitter: Callable[[], float] = random,
    ) -> None:
        self.name = name
        self._chain = chain
        self._outbox = outbox
        self._deliverer = deliverer
        self._clock = clock
        self._limit = limit
        self._jitter = jitter
        self._failing = ""
        self._judging = False

    @property
    def problems(self) -> tuple[str, ...]:
        """What the user should know."""
        if not self._failing:
            return ()
        waiting = self._outbox.waiting(self.name)
        left = f" ({waiting} waiting)" if waiting else ""
        return (f"Notifier {self.name} fails{left}: {self._failing}",)

    def resume(self, alerts: Iterable[Alert]) -> None:
        """Begin, or go on where another program ended."""
        self._judging = True
        self._chain.resume(self._outbox.told(self.name), alerts, self._clock.mono())

    def suspend(self) -> None:
        """Another program delivers now."""
        self._judging = False

    def take(self, events: Sequence[AlertEvent]) -> None:
        self._chain.take(events, self._clock.mono())

    async def turn(self, *, last: bool = False) -> float:
        """Keep what is to go and try what is due; seconds until there is more to do.

        In the `last` turn nothing waits for company any longer.
        """
        if not self._judging:
            return inf
        self._release(last)
        for letter in self._outbox.due(self.name, self._clock.wall(), BATCH):
            if not await self._try(letter) and not last:
                # What came meanwhile is kept before a next one may hang.
                self._release(False)
        return self._pause()

    def _pause(self) -> float:
        mono = self._clock.mono()
        in_outbox = self._outbox.next_due(self.name) - self._clock.wall()
        # A try put off by a wrong clock is due: `Outbox.due` finds it.
        if in_outbox < inf:
            in_outbox = min(in_outbox, LONGEST_PAUSE)
        if self._outbox.troubled:
            in_outbox = max(in_outbox, FIRST_PAUSE)
        return max(0.0, min(self._chain.due(mono) - mono, in_outbox))

    def _release(self, everything: bool) -> None:
        now, wall = self._clock.mono(), self._clock.wall()
        for outgoing in self._chain.release(now, wall, everything=everything):
            self._keep(outgoing)

    def _keep(self, outgoing: Outgoing) -> None:
        if outgoing.message is None:
            self._outbox.remember(self.name, outgoing.told)
        else:
            self._outbox.put(outgoing.message, outgoing.told)

    async def _try(self, letter: Letter) -> bool:
        message = letter.message
        try:
            async with asyncio.timeout(self._limit):
                await self._deliverer.deliver(message)
        except DeliveryError as error:
            self._fail(letter, str(error), error.retry)
        except TimeoutError:
            self._fail(letter, f"no answer within {self._limit:g} s", True)
        except Exception as error:  # noqa: BLE001 - one kind's defect must not stop the others
            self._fail(letter, f"{type(error).__name__}: {clean(str(error), 200)}", True)
        else:
            self._failing = ""
            self._outbox.done(message.id)
            return True
        return False

    def _fail(self, letter: Letter, reason: str, retry: bool) -> None:
        now = self._clock.wall()
        attempts = letter.attempts + 1
        over = now - letter.message.at >= GIVE_UP and attempts >= TRIES
        next_at = now + backoff(attempts, self._jitter()) if retry and not over else None
        self._failing = reason
        self._outbox.failed(letter.message.id, next_at, reason)
