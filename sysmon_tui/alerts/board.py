"""Every alert there is, in the order in which somebody should look, and why nobody is called.

`alerts.engine` owns one. The alerts of a rule live in its watch, which judges them; the board has
those that no rule here yields: drills, and what is left of rules that are gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, MutableMapping, Sequence, Set
from dataclasses import replace
from math import inf
from operator import itemgetter
from typing import Any, TypeAlias

from sysmon_tui.alerts.conditions import Surroundings
from sysmon_tui.alerts.mute import Mutes
from sysmon_tui.alerts.watch import Change, Watch
from sysmon_tui.model.alert import CALLS, Alert, AlertEvent, State
from sysmon_tui.model.metric import label
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import NO_TEXT, SafeText
from sysmon_tui.model.transition import UNSEEN, leaves_at

DRILL = "drill"
"""The label of alerts that `rules drill` writes to the ledger: no rule yields them."""

Place: TypeAlias = tuple[MutableMapping[Any, Alert], Any]
"""Where an alert is kept: the mapping and its key there."""

_RANK = {State.FIRING: 0, State.PENDING: 1, State.RESOLVED: 2, State.INACTIVE: 3}


class Board:
    def __init__(self, rules: Sequence[Rule], around: Surroundings) -> None:
        self.watches: dict[str, Watch] = {}
        for rule in rules:
            self.watches[rule.name] = Watch(rule, around, self.watches)
        self.others: dict[str, Alert] = {}
        """By fingerprint, those that no watch has."""
        self.mutes = Mutes(rules)
        self.shown: tuple[Alert, ...] = ()
        """Most urgent first."""
        self._order: list[Place] = []
        self._over: list[tuple[float, str, Place]] = []
        """What is resolved, by when that changed."""
        self._next_leave = inf
        self._reasons: dict[str, SafeText] = {}

    def places(self) -> Iterator[tuple[Place, Alert]]:
        for watch in self.watches.values():
            for labels, alert in watch.alerts.items():
                yield (watch.alerts, labels), alert
        for fingerprint, alert in self.others.items():
            yield (self.others, fingerprint), alert

    def find(self, fingerprints: Collection[str]) -> Iterator[tuple[Place, Alert]]:
        wanted = frozenset(fingerprints)
        for place, alert in self.places():
            if alert.fingerprint in wanted:
                yield place, alert

    def put(self, alert: Alert) -> None:
        watch = self.watches.get(alert.rule)
        if watch is None or is_drill(alert):
            self.others[alert.fingerprint] = alert
        else:
            watch.alerts[alert.labels] = alert

    def clear(self) -> None:
        for watch in self.watches.values():
            watch.alerts.clear()
        self.others.clear()

    def settle(
        self, events: Sequence[AlertEvent], change: Change, now: float, *, take_down: bool = True
    ) -> tuple[AlertEvent, ...]:
        """Order and mute what changed; the events with their alerts as they are then.

        With `take_down` the shelves whose time is over are; a program that follows leaves that to
        the one that judges.
        """
        if self._forget(now):
            change |= Change.ORDER
        self._show(change)
        if Change.ORDER in change or now >= self.mutes.next_end:
            events = (*events, *self._mute(events, now, take_down=take_down))
        return tuple(self._as_muted(event) for event in events)

    def _as_muted(self, event: AlertEvent) -> AlertEvent:
        muted = self._reasons.get(event.alert.fingerprint, NO_TEXT)
        if muted == event.alert.muted:
            return event
        return replace(event, alert=replace(event.alert, muted=muted))

    def _show(self, change: Change) -> None:
        if Change.ORDER in change:
            alerts = [(urgency(alert), place) for place, alert in self.places()]
            alerts.sort(key=itemgetter(0))
            self._order = [place for _, place in alerts]
        if change:
            self.shown = tuple([of_rule[key] for of_rule, key in self._order])
        if Change.ORDER in change:
            self._await_leaving()

    def _await_leaving(self) -> None:
        over = [
            (alert, place)
            for alert, place in zip(self.shown, self._order, strict=True)
            if alert.state is State.RESOLVED
        ]
        self._next_leave = min((leaves_at(alert) for alert, _ in over), default=inf)
        self._over = [
            (alert.changed_at, alert.fingerprint, place) for alert, place in over if alert.unseen
        ]
        if len(self._over) > UNSEEN:
            self._next_leave = -inf

    def _forget(self, now: float) -> bool:
        """Drop what was listed for long enough, and the oldest of too many that nobody has seen."""
        if now < self._next_leave:
            return False
        gone = [place for place, alert in self.places() if _left(alert, now)]
        gone += [place for _, _, place in sorted(self._over, key=itemgetter(0, 1))[:-UNSEEN]]
        for of_rule, key in gone:
            of_rule.pop(key, None)
        return bool(gone)

    def _mute(
        self, told: Sequence[AlertEvent], now: float, *, take_down: bool
    ) -> Iterable[AlertEvent]:
        """Say anew why nobody is called, where that may have changed; what comes of it."""
        mutes = self.mutes
        mutes.silences = tuple(silence for silence in mutes.silences if now < silence.until)
        if mutes.idle and not any(alert.shelf or alert.muted for alert in self.shown):
            self._reasons = {}
            return ()
        events = list(self._take_down(now)) if take_down else []
        self._reasons = mutes.reasons(self.shown, now)
        if not take_down and any(a.shelf and now >= a.shelf.until for a in self.shown):
            mutes.next_end = now
        spoken = {
            event.alert.fingerprint
            for event in (*told, *events)
            if event.kind in CALLS or event.kind == "shelved"
        }
        events += self._write_reasons(now, spoken)
        self._show(Change.ORDER)
        return events

    def _write_reasons(self, now: float, spoken: Set[str]) -> Iterator[AlertEvent]:
        """Where a reason is another; an event for each firing alert that it silences or lets speak
        again, unless something was `spoken` of it in this beat."""
        for of_rule, key in self._order:
            alert = of_rule[key]
            reason = self._reasons.get(alert.fingerprint, NO_TEXT)
            if reason == alert.muted:
                continue
            of_rule[key] = replace(alert, muted=reason)
            began_or_ended = bool(alert.muted) is not bool(reason)
            if began_or_ended and alert.state is State.FIRING and alert.fingerprint not in spoken:
                yield AlertEvent(now, "muted" if reason else "unmuted", of_rule[key])

    def _take_down(self, now: float) -> Iterator[AlertEvent]:
        """Shelves whose time is over."""
        for of_rule, key in self._order:
            alert = of_rule[key]
            if alert.shelf is not None and now >= alert.shelf.until:
                of_rule[key] = replace(alert, shelf=None)
                yield AlertEvent(now, "unshelved", of_rule[key])


def is_drill(alert: Alert) -> bool:
    return bool(label(alert.labels, DRILL))


def _left(alert: Alert, now: float) -> bool:
    return alert.state is State.RESOLVED and now >= leaves_at(alert)


def urgency(alert: Alert) -> tuple[bool, bool, int, int, bool, float, str]:
    """What goes on before what is over; what somebody is called for, or has yet to see, before
    the rest; firing before pending, worst first, what nobody has first, oldest first."""
    return (
        not alert.active,
        bool(alert.muted) if alert.active else not alert.unseen,
        _RANK[alert.state],
        -alert.severity,
        alert.ack is not None,
        alert.since,
        alert.fingerprint,
    )
