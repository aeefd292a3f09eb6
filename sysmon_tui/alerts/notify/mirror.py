"""Keeps an Alertmanager like us: our alerts and acknowledgements there, its silences here.

Nothing is queued for it: what it should know is the present state, sent again every minute as its
clients are to do, so an outage, a restart there or here heals by itself. Grouping, limits and
repeats are its own work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from random import random
from typing import Any, Protocol

from sysmon_tui.alerts.notify.chain import Audience
from sysmon_tui.alerts.notify.deliverer import DeliveryError, backoff
from sysmon_tui.alerts.notify.payload import annotations_of, labels_of, stamp
from sysmon_tui.alerts.notify.silences import ORIGIN, Mark, ended, mark_of, theirs, wanted, word_of
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import Clock
from sysmon_tui.model.silence import Silence

RESEND = 60.0
"""Seconds between two times a firing alert is sent."""
LASTS = 300.0
"""Seconds after which Alertmanager takes an alert for over that is not sent again."""
POLL = 10.0
"""Seconds between two looks at its silences."""
LIMIT = 60.0
BATCH = 1000
"""Alerts sent in one request."""


class Api(Protocol):
    async def post_alerts(self, alerts: Iterable[dict[str, Any]]) -> None: ...

    async def silences(self) -> list[dict[str, Any]]: ...

    async def create_silence(self, silence: dict[str, Any]) -> None: ...

    async def delete_silence(self, id: str) -> None: ...  # noqa: A002 - what it is called there


class Mirror:
    def __init__(
        self,
        name: str,
        audience: Audience,
        api: Api,
        clock: Clock,
        *,
        host: str,
        silenced: Callable[[Silence], None],
        silences: Callable[[], Iterable[Silence]],
        jitter: Callable[[], float] = random,
    ) -> None:
        """`silenced` is told each silence made, changed or ended there, on this lane's thread.

        `silences` are those known at the beginning.
        """
        self.name = name
        self._audience = audience
        self._api = api
        self._clock = clock
        self._host = host
        self._silenced = silenced
        self._silences = silences
        self._jitter = jitter
        self._firing: dict[str, Alert] = {}
        self._over: dict[tuple[str, Severity], Alert] = {}
        self._known: dict[str, Silence] = {}
        self._send_at = self._poll_at = inf
        self._attempts = 0
        self._failing = ""

    @property
    def problems(self) -> tuple[str, ...]:
        return (f"Notifier {self.name} fails: {self._failing}",) if self._failing else ()

    def resume(self, alerts: Iterable[Alert]) -> None:
        """Begin with what fires. What ended meanwhile, Alertmanager has noticed by itself."""
        self._over.clear()
        self._firing = {
            alert.fingerprint: alert
            for alert in alerts
            if alert.state is State.FIRING and self._audience.hears(alert) and _told(alert)
        }
        with suppress(StoreError):  # The monitor says so itself.
            self._known = {item.id: item for item in self._silences() if item.origin == ORIGIN}
        self._send_at = self._poll_at = self._clock.mono()

    def suspend(self) -> None:
        self._send_at = self._poll_at = inf

    def take(self, events: Sequence[AlertEvent]) -> None:
        for event in events:
            alert = event.alert
            old = self._firing.get(alert.fingerprint)
            if old is None and not (event.notifies and self._audience.hears(alert)):
                continue
            if old is not None and (alert.severity, alert.state) != (old.severity, old.state):
                # Its severity is a label: there, the milder or worse one is another alert.
                self._over[old.fingerprint, old.severity] = replace(old, resolved_at=event.at)
            if alert.state is State.FIRING:
                self._over.pop((alert.fingerprint, alert.severity), None)
                self._firing[alert.fingerprint] = alert
            else:
                self._firing.pop(alert.fingerprint, None)
            self._send_at = min(self._send_at, self._retry_at())
            self._poll_at = min(self._poll_at, self._retry_at())

    def _retry_at(self) -> float:
        """At once, unless it is down: then when it is tried next."""
        return inf if self._attempts else self._clock.mono()

    async def turn(self, *, last: bool = False) -> float:
        """Send and look where it is time; seconds until it is again."""
        now = self._clock.mono()
        acted = now >= min(self._send_at, self._poll_at)
        try:
            async with asyncio.timeout(LIMIT):
                if now >= self._send_at:
                    await self._send()
                    self._send_at = now + RESEND
                if now >= self._poll_at and not (last and self._attempts):
                    await self._look()
                    self._poll_at = now + POLL
        except (DeliveryError, TimeoutError) as error:
            self._failing = str(error) or f"no answer within {LIMIT:g} s"
            self._attempts += 1
            pause = min(backoff(self._attempts, self._jitter()), RESEND)
            self._send_at = self._poll_at = self._clock.mono() + pause
        else:
            if acted:
                self._failing, self._attempts = "", 0
        return max(0.0, min(self._send_at, self._poll_at) - self._clock.mono())

    async def _send(self) -> None:
        now = self._clock.wall()
        over = dict(self._over)
        bodies = [
            *(self._body(alert, now + LASTS) for alert in self._firing.values()),
            *(self._body(alert, alert.resolved_at or now) for alert in over.values()),
        ]
        for start in range(0, len(bodies), BATCH):
            await self._api.post_alerts(bodies[start : start + BATCH])
        for key, alert in over.items():
            if self._over.get(key) is alert:
                del self._over[key]

    def _body(self, alert: Alert, ends: float) -> dict[str, Any]:
        began = alert.since if alert.fired_at is None else alert.fired_at
        return {
            "labels": labels_of(alert, self._host),
            "annotations": annotations_of(AlertEvent(ends, "firing", alert)),
            "startsAt": stamp(began),
            "endsAt": stamp(max(ends, began)),
        }

    async def _look(self) -> None:
        now = self._clock.wall()
        found = await self._api.silences()
        self._adopt(found, now)
        await self._settle(found, now)

    def _adopt(self, found: Sequence[dict[str, Any]], now: float) -> None:
        """Tell of theirs that are new, changed or ended."""
        current: dict[str, Silence] = {}
        for item in found:
            silence = theirs(item, self._host)
            if silence is not None and not ended(item):
                current[silence.id] = silence
        for name, silence in current.items():
            if self._known.get(name) != silence:
                self._silenced(silence)
        for name, silence in self._known.items():
            if name not in current and silence.until > now:
                self._silenced(replace(silence, until=now))
        self._known = current

    async def _settle(self, found: Sequence[dict[str, Any]], now: float) -> None:
        """Make ours that are missing there; end those whose act is over."""
        need = wanted(self._firing.values(), self._host, now)
        there: dict[Mark, dict[str, Any]] = {}
        for item in found:
            if (mark := mark_of(item)) and mark not in there:
                there[mark] = item
            if mark and not ended(item):
                there[mark] = item
        for mark, silence in need.items():
            if mark not in there:
                await self._api.create_silence(silence)
        for mark, item in there.items():
            if mark.host == word_of(self._host) and mark not in need and not ended(item):
                await self._api.delete_silence(str(item.get("id", "")))


def _told(alert: Alert) -> bool:
    """It was sent when it fired: nothing keeps quiet about it but what somebody did since."""
    return not alert.muted or alert.ack is not None or alert.shelf is not None
