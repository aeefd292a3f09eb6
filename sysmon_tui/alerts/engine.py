"""Judges every beat's figures by the rules and keeps the alerts; the monitor's engine calls it.

All on one thread. Time is an argument: the wall clock dates what is shown and kept, the monotonic
one measures how long things last. Both are joined to one steady timeline that starts as wall time
and runs on monotonic seconds; when the wall clock is set, the timeline and every alert on it move
along, so that no hold, no `keep_firing` and no age is cut short or drawn out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter

from sysmon_tui.alerts.watch import Change, Watch
from sysmon_tui.model.alert import Alert, AlertEvent, Rule, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.transition import recovered

STEP = 2.0
"""Seconds by which the clocks must disagree for the wall clock to count as set; NTP slews less."""

REFRESHED = 1000
"""Alerts whose figures are renewed in one beat; in a storm of more they take turns. What state an
alert is in is never late."""

_RANK = {State.FIRING: 0, State.PENDING: 1, State.RESOLVED: 2, State.INACTIVE: 3}


class Engine:
    def __init__(
        self,
        rules: Sequence[Rule],
        ledger: AlertLedger,
        record: Callable[[Sequence[AlertEvent]], None] | None = None,
    ) -> None:
        """Takes over what the ledger holds; `record` gets every event, by default the ledger's.

        A ledger that cannot be read costs the past, not the watch: see `problem`.
        """
        self.rules = tuple(rules)
        self.problem: StoreError | None = None
        self._watches = {rule.name: Watch(rule) for rule in rules}
        self._record = record or ledger.record
        self._epoch: float | None = None
        self._inherited: tuple[Alert, ...] = ()
        self._order: list[tuple[dict[Labels, Alert], Labels]] = []
        self._shown: tuple[Alert, ...] = ()
        self._beat = 0
        try:
            self._inherited = ledger.load()
        except StoreError as error:
            self.problem = error

    def judge(
        self, families: Families, wall: float, mono: float
    ) -> tuple[tuple[Alert, ...], tuple[AlertEvent, ...]]:
        """Alerts worst first, and what happened to them since the last beat.

        `wall` is seconds since the epoch, `mono` seconds that only grow.
        """
        moved = self._follow_clock(wall, mono)
        now = mono + (wall - mono if self._epoch is None else self._epoch)
        events: list[AlertEvent] = []
        change = Change.ORDER if moved or self._inherited else Change.NONE
        self._take_over(now, events)
        turns = 1 + len(self._shown) // REFRESHED
        turn = (self._beat % turns, turns)
        self._beat += 1
        for watch in self._watches.values():
            change |= watch.judge(families, now, mono, events, turn)
        self._show(change)
        if moved or events:
            self._record((*moved, *events))
        return self._shown, tuple(events)

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        """Somebody has these alerts. Those that are over, or that somebody else has, are not."""
        taken = [
            (watch, alert.acknowledged(by, at, note))
            for watch, alert in self._find(fingerprints)
            if alert.ack is None
        ]
        return self._act(taken, "acknowledged", by, at)

    def unacknowledge(
        self, fingerprints: Collection[str], by: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        """Nobody has these alerts any longer."""
        returned = [
            (watch, replace(alert, ack=None))
            for watch, alert in self._find(fingerprints)
            if alert.ack is not None
        ]
        return self._act(returned, "unacknowledged", by, at)

    def _find(self, fingerprints: Collection[str]) -> Iterator[tuple[Watch, Alert]]:
        wanted = frozenset(fingerprints)
        for watch in self._watches.values():
            for alert in watch.alerts.values():
                if alert.active and alert.fingerprint in wanted:
                    yield watch, alert

    def _act(
        self, acted: Sequence[tuple[Watch, Alert]], kind: str, by: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        for watch, alert in acted:
            watch.alerts[alert.labels] = alert
        events = tuple(AlertEvent(at, kind, alert, by) for _, alert in acted)
        if events:
            self._show(Change.ORDER)
            self._record(events)
        return events

    def _follow_clock(self, wall: float, mono: float) -> tuple[AlertEvent, ...]:
        """Move everything when the wall clock was set; the ledger is told, nobody else.

        Suspend looks the same (the monotonic clock stands still) and is treated the same: nothing
        lasted while nothing ran.
        """
        epoch = wall - mono
        if self._epoch is None:
            self._epoch = epoch
        step = epoch - self._epoch
        if abs(step) < STEP:
            return ()
        self._epoch = epoch
        moved = []
        for watch in self._watches.values():
            for labels, alert in watch.alerts.items():
                watch.alerts[labels] = alert.moved(step)
                moved.append(AlertEvent(wall, "moved", watch.alerts[labels]))
        return tuple(moved)

    def _take_over(self, now: float, events: list[AlertEvent]) -> None:
        """Go on with the alerts of the last run; those of rules that are gone resolve."""
        inherited, self._inherited = self._inherited, ()
        for alert in inherited:
            watch = self._watches.get(alert.rule)
            event = watch.take_over(alert, now) if watch else recovered(alert, None, now)[1]
            if event is not None:
                events.append(event)

    def _show(self, change: Change) -> None:
        if Change.ORDER in change:
            alerts = [
                (_urgency(alert), watch.alerts, labels)
                for watch in self._watches.values()
                for labels, alert in watch.alerts.items()
            ]
            alerts.sort(key=itemgetter(0))
            self._order = [(of_rule, labels) for _, of_rule, labels in alerts]
        if change:
            self._shown = tuple([of_rule[labels] for of_rule, labels in self._order])


def _urgency(alert: Alert) -> tuple[int, int, bool, float, str]:
    """Firing before pending before resolved, worst first, what nobody has first, oldest first."""
    return (
        _RANK[alert.state],
        -alert.severity,
        alert.ack is not None,
        alert.since,
        alert.fingerprint,
    )
