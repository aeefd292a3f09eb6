"""From alert events to messages for one receiver: mute, group, drop what is known, limit.

Pure: no clock, no thread. `post` feeds it and sends what it releases. Suppressed alerts make no
event that notifies, so muting is asking the event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.message import SHOWN, Message, Told
from sysmon_tui.settings.schema import Notify, Receiver

WINDOW = 60.0
"""Seconds in which `max_per_minute` messages may go."""
REPEAT = "repeat"
"""Kind of event that says again what nobody has taken."""

_SEVERITIES = {severity.word: severity for severity in Severity}
_ENDS = frozenset({"resolved", "acknowledged", "shelved", "muted"})
"""Kinds of event after which what waits of an alert, or stands to be repeated, is not told."""


class Outgoing(NamedTuple):
    """What to send, if anything, and what the receiver knows from then on."""

    message: Message | None
    told: Mapping[str, Told | None]


@dataclass(slots=True)
class _Group:
    due: float
    events: dict[str, AlertEvent] = field(default_factory=dict)
    """The newest of each alert, by fingerprint."""


class Audience:
    """Which alerts a receiver hears of."""

    def __init__(self, receiver: Receiver, callers: Mapping[str, tuple[str, ...]]) -> None:
        """`callers` has for a rule's name the receivers it is limited to, if it is."""
        self._name = receiver.name
        self._least = _SEVERITIES[receiver.severity]
        self._rules = frozenset(receiver.rules)
        self._callers = callers

    def hears(self, alert: Alert) -> bool:
        if alert.severity < self._least or (self._rules and alert.rule not in self._rules):
            return False
        only = self._callers.get(alert.rule, ())
        return not only or self._name in only


class Chain:
    """`now` is monotonic seconds throughout."""

    def __init__(
        self,
        receiver: Receiver,
        pace: Notify,
        audience: Audience,
        *,
        host: str,
        new_id: Callable[[], str],
    ) -> None:
        self._receiver = receiver
        self._pace = pace
        self._audience = audience
        self._host = host
        self._new_id = new_id
        self._told: dict[str, Told] = {}
        self._changed: dict[str, Told | None] = {}
        self._groups: dict[str, _Group] = {}
        self._last: dict[str, float] = {}
        self._sent: deque[float] = deque()
        self._standing: dict[str, tuple[AlertEvent, float]] = {}
        self._look = inf

    def resume(self, told: Mapping[str, Told], alerts: Iterable[Alert], now: float) -> None:
        """Go on where another run ended: what it told, and how the alerts are now.

        Whoever fires and was not told goes out; who was told and is over is told as over.
        """
        self._told = dict(told)
        self._groups.clear()
        self._standing.clear()
        known = {alert.fingerprint: alert for alert in alerts}
        self._changed = dict.fromkeys(
            fingerprint for fingerprint in told if fingerprint not in known
        )
        for fingerprint in self._changed:
            del self._told[fingerprint]
        for alert in known.values():
            if alert.state is State.FIRING:
                event = AlertEvent(alert.changed_at, "firing", alert)
                if alert.fingerprint in self._told and event.notifies:
                    self._stand(event, now)
                else:
                    self._take(event, now)
            elif alert.state is State.RESOLVED and alert.fingerprint in self._told:
                self._take(AlertEvent(alert.changed_at, "resolved", alert), now)

    def take(self, events: Iterable[AlertEvent], now: float) -> None:
        for event in events:
            self._take(event, now)

    def due(self, now: float) -> float:
        """When `release` has something to do; infinite where nothing waits."""
        if self._changed:
            return now
        earliest = min((group.due for group in self._groups.values()), default=inf)
        if self._groups and not self._slots(now):
            earliest = max(earliest, self._sent[0] + WINDOW)
        return min(earliest, self._look)

    def release(self, now: float, wall: float, *, everything: bool = False) -> list[Outgoing]:
        """What goes out now; with `everything`, groups that still wait go too."""
        self._repeat(now)
        ready = [rule for rule, group in self._groups.items() if everything or group.due <= now]
        slots = len(ready) if everything else self._slots(now)
        released = []
        for rule, events in self._newest(ready if slots else [], slots, now):
            self._sent.append(now)
            changes = {
                event.alert.fingerprint: self._changed.pop(event.alert.fingerprint, None)
                for event in events
                if event.alert.fingerprint in self._changed
            }
            released.append(Outgoing(self._message(rule, events, wall), changes))
        if self._changed:
            changed, self._changed = self._changed, {}
            released.append(Outgoing(None, changed))
        return released

    def _newest(
        self, rules: list[str], slots: int, now: float
    ) -> list[tuple[str, list[AlertEvent]]]:
        """By rule, what is news, worst first; what there is no slot for is in the last one."""
        gathered = [(rule, self._news(self._groups.pop(rule), now)) for rule in rules]
        news = [(rule, events) for rule, events in gathered if events]
        for rule, _ in news:
            self._last[rule] = now
        news.sort(key=lambda item: -max(event.alert.severity for event in item[1]))
        if len(news) > slots:
            rest = [event for _, events in news[slots - 1 :] for event in events]
            news[slots - 1 :] = [("", rest)]
        return news

    def _take(self, event: AlertEvent, now: float) -> None:
        alert, fingerprint = event.alert, event.alert.fingerprint
        if event.notifies:
            if self._audience.hears(alert):
                self._wait(event, now)
        elif event.kind in _ENDS:
            self._standing.pop(fingerprint, None)
            if group := self._groups.get(alert.rule):
                group.events.pop(fingerprint, None)
            wanted = event.kind == "resolved" or (
                event.kind == "acknowledged" and self._receiver.acknowledged
            )
            if wanted and fingerprint in self._told:
                self._wait(event, now)
        elif event.kind == "milder" and (told := self._told.get(fingerprint)):
            # Worse again is news again.
            self._tell(fingerprint, Told(told.kind, alert.severity))

    def _wait(self, event: AlertEvent, now: float) -> None:
        rule = event.alert.rule
        group = self._groups.get(rule)
        if group is None:
            again = self._last.get(rule, -inf) + self._pace.group_interval
            group = self._groups[rule] = _Group(max(now + self._pace.group_wait, again))
        group.events[event.alert.fingerprint] = event

    def _news(self, group: _Group, now: float) -> list[AlertEvent]:
        return [event for event in group.events.values() if self._is_news(event, now)]

    def _is_news(self, event: AlertEvent, now: float) -> bool:
        """Whether the receiver does not know this yet; from now on it does."""
        fingerprint = event.alert.fingerprint
        old = self._told.get(fingerprint)
        if event.kind == "resolved":
            self._tell(fingerprint, None)
            return self._receiver.resolved
        if event.kind == "acknowledged":
            return True
        if event.kind != REPEAT:
            new = Told(event.kind, int(event.alert.severity))
            if old == new or (old and event.kind == "firing" and old.severity >= new.severity):
                return False
            self._tell(fingerprint, new)
        self._stand(event, now)
        return True

    def _tell(self, fingerprint: str, told: Told | None) -> None:
        if told is None:
            self._told.pop(fingerprint, None)
        else:
            self._told[fingerprint] = told
        self._changed[fingerprint] = told

    def _stand(self, event: AlertEvent, now: float) -> None:
        if self._pace.repeat_hours:
            self._standing[event.alert.fingerprint] = (event, now)
            self._look = min(self._look, now + self._pace.repeat_hours * 3600.0)

    def _repeat(self, now: float) -> None:
        """Say again what has stood for too long; looked for only when the first of it is due."""
        if now < self._look:
            return
        every = self._pace.repeat_hours * 3600.0
        self._look = inf
        for event, at in list(self._standing.values()):
            if at + every > now:
                self._look = min(self._look, at + every)
                continue
            again = AlertEvent(event.at, REPEAT, event.alert)
            rule = event.alert.rule
            self._groups.setdefault(rule, _Group(now)).events.setdefault(
                event.alert.fingerprint, again
            )
            self._stand(event, now)

    def _slots(self, now: float) -> int:
        while self._sent and self._sent[0] + WINDOW <= now:
            self._sent.popleft()
        return max(0, self._pace.max_per_minute - len(self._sent))

    def _message(self, rule: str, events: list[AlertEvent], wall: float) -> Message:
        ended = {"resolved": 0, "acknowledged": 0}
        for event in events:
            if event.kind in ended:
                ended[event.kind] += 1
        worst = sorted(events, key=_urgency)[:SHOWN]
        return Message(
            id=self._new_id(),
            receiver=self._receiver.name,
            host=self._host,
            rule=rule,
            at=wall,
            events=tuple(worst),
            firing=len(events) - sum(ended.values()),
            **ended,
        )


def _urgency(event: AlertEvent) -> tuple[bool, int, float, str]:
    alert = event.alert
    return (event.kind in _ENDS, -alert.severity, alert.since, alert.fingerprint)
