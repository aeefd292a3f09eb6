"""Judges every beat's figures by the rules and keeps the alerts; the monitor's engine calls it.

All on one thread. Time is an argument: the wall clock dates what is shown and kept, the monotonic
one measures how long things last. Both are joined to one steady timeline that starts as wall time
and runs on monotonic seconds; when the wall clock is set, the timeline and every alert on it move
along, so that no hold, no `keep_firing` and no age is cut short or drawn out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, TypeAlias

from sysmon_tui.alerts.conditions import Surroundings
from sysmon_tui.alerts.conditions.registry import Usual
from sysmon_tui.alerts.mute import LONGEST, Mutes
from sysmon_tui.alerts.watch import Change, Watch
from sysmon_tui.model.alert import CALLS, Alert, AlertEvent, Rule, Shelf, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, Labels, label
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText
from sysmon_tui.model.transition import recovered

STEP = 2.0
"""Seconds by which the clocks must disagree for the wall clock to count as set; NTP slews less."""

REFRESHED = 1000
"""Alerts whose figures are renewed in one beat; in a storm of more they take turns. What state an
alert is in is never late."""

DRILL = "drill"
"""The label of alerts that `rules drill` writes to the ledger: no rule yields them."""

Place: TypeAlias = tuple[MutableMapping[Any, Alert], Any]
"""Where an alert is kept: the mapping and its key there."""

_RANK = {State.FIRING: 0, State.PENDING: 1, State.RESOLVED: 2, State.INACTIVE: 3}


class Engine:
    def __init__(
        self,
        rules: Sequence[Rule],
        ledger: AlertLedger,
        record: Callable[[Sequence[AlertEvent]], None] | None = None,
        usual: Usual | None = None,
        external: Labels = (),
    ) -> None:
        """Takes over what the ledger holds; `record` gets every event, by default the ledger's.

        `usual` is what anomalies are told by, `external` what expressions may ask for (`job`).

        A ledger that cannot be read costs the past, not the watch: see `problem`.
        """
        self.rules = tuple(rules)
        self.problem: StoreError | None = None
        self._around = Surroundings(rules, usual, external)
        self._watches: dict[str, Watch] = {}
        for rule in rules:
            self._watches[rule.name] = Watch(rule, self._around, self._watches)
        self._record = record or ledger.record
        self._epoch: float | None = None
        self._inherited: tuple[Alert, ...] = ()
        self._order: list[Place] = []
        self._drills: dict[str, Alert] = {}
        self._mutes = Mutes(rules)
        self._shown: tuple[Alert, ...] = ()
        self._beat = 0
        try:
            self._inherited = ledger.load()
            self._mutes.silences = ledger.silences()
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
        self._around.feed(families, now)
        for watch in self._watches.values():
            done = watch.judge(families, now, mono, events, turn)
            if done is not Change.NONE:
                change |= done
        self._show(change)
        told = (*events, *self._mute(now, always=Change.ORDER in change))
        if change or told:
            told = self._as_shown(told)
        if moved or told:
            self._record((*moved, *told))
        return self._shown, told

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Worst first."""
        return self._shown

    @property
    def silences(self) -> tuple[Silence, ...]:
        return self._mutes.silences

    def adopt(
        self, kept: Iterable[Alert], silences: tuple[Silence, ...], wall: float
    ) -> tuple[AlertEvent, ...]:
        """What others did meanwhile, as the ledger has it; what of that is news to us.

        Only what people said is taken over: who has an alert, with what note, shelves, silences,
        and drills. What holds and what fires is for our own figures to tell. Nothing of it is
        recorded again.
        """
        mine = {alert.fingerprint: place for place, alert in self._places()}
        events: list[AlertEvent] = []
        for theirs in kept:
            if label(theirs.labels, DRILL):
                events += self._drill(theirs, wall)
            elif theirs.fingerprint in mine:
                events += self._agree(mine[theirs.fingerprint], theirs, wall)
        # A silence ends with the beat after its end, a drill when the ledger forgets it.
        changed = silences != self._mutes.silences
        self._mutes.silences = silences
        if events or changed:
            self._show(Change.ORDER)
            events += self._mute(wall, always=True)
        return self._as_shown(events)

    def _drill(self, alert: Alert, at: float) -> Iterator[AlertEvent]:
        before = self._drills.get(alert.fingerprint)
        if before == alert or (before is None and not alert.active):
            return
        self._drills[alert.fingerprint] = alert
        if before is None or before.state is not alert.state:
            yield AlertEvent(at, alert.state.value, alert)
        else:
            yield from _said(before, alert, at)

    def _agree(self, place: Place, theirs: Alert, at: float) -> Iterator[AlertEvent]:
        of_rule, key = place
        before = of_rule[key]
        if before.active is not theirs.active:
            return
        after = replace(before, ack=theirs.ack, shelf=theirs.shelf)
        if after != before:
            of_rule[key] = after
            yield from _said(before, after, at)

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        """Somebody has these alerts. Those that are over, or that somebody else has, are not."""
        taken = [
            (place, alert.acknowledged(by, at, note))
            for place, alert in self._find(fingerprints)
            if alert.ack is None
        ]
        return self._act(taken, "acknowledged", by, at)

    def annotate(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        """Say something about alerts. Whoever speaks has those that nobody has."""
        noted = [
            (
                place,
                replace(alert, ack=replace(alert.ack, note=note))
                if alert.ack is not None
                else alert.acknowledged(by, at, note),
            )
            for place, alert in self._find(fingerprints)
        ]
        return self._act(noted, "noted", by, at)

    def shelve(self, fingerprints: Collection[str], shelf: Shelf) -> tuple[AlertEvent, ...]:
        """Out of sight until `shelf.until`, a week at the most."""
        until = min(shelf.until, shelf.at + LONGEST)
        shelved = [
            (place, replace(alert, shelf=replace(shelf, until=until, severity=alert.severity)))
            for place, alert in self._find(fingerprints)
        ]
        return self._act(shelved, "shelved", shelf.by, shelf.at)

    def unshelve(
        self, fingerprints: Collection[str], by: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        returned = [
            (place, replace(alert, shelf=None))
            for place, alert in self._find(fingerprints)
            if alert.shelf is not None
        ]
        return self._act(returned, "unshelved", by, at)

    def unacknowledge(
        self, fingerprints: Collection[str], by: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        """Nobody has these alerts any longer."""
        returned = [
            (place, replace(alert, ack=None))
            for place, alert in self._find(fingerprints)
            if alert.ack is not None
        ]
        return self._act(returned, "unacknowledged", by, at)

    def _places(self) -> Iterator[tuple[Place, Alert]]:
        for watch in self._watches.values():
            for labels, alert in watch.alerts.items():
                yield (watch.alerts, labels), alert
        for fingerprint, alert in self._drills.items():
            yield (self._drills, fingerprint), alert

    def _find(self, fingerprints: Collection[str]) -> Iterator[tuple[Place, Alert]]:
        wanted = frozenset(fingerprints)
        for place, alert in self._places():
            if alert.active and alert.fingerprint in wanted:
                yield place, alert

    def _act(
        self, acted: Sequence[tuple[Place, Alert]], kind: str, by: SafeText, at: float
    ) -> tuple[AlertEvent, ...]:
        for (of_rule, key), alert in acted:
            of_rule[key] = alert
        events: Sequence[AlertEvent] = [AlertEvent(at, kind, alert, by) for _, alert in acted]
        if not events:
            return ()
        self._show(Change.ORDER)
        told = self._as_shown((*events, *self._mute(at, always=True)))
        self._record(told)
        return told

    def _mute(self, now: float, *, always: bool) -> list[AlertEvent]:
        """Say anew why nobody is called, where that may have changed; what ended by itself."""
        mutes = self._mutes
        if not always and now < mutes.next_end:
            return []
        mutes.silences = tuple(silence for silence in mutes.silences if now < silence.until)
        if mutes.idle and not any(alert.shelf or alert.muted for alert in self._shown):
            return []
        events = list(self._take_down(now))
        reasons = mutes.reasons(self._shown, now)
        for of_rule, key in self._order:
            alert = of_rule[key]
            reason = reasons.get(alert.fingerprint, NO_TEXT)
            if reason != alert.muted:
                of_rule[key] = replace(alert, muted=reason)
                if alert.muted and not reason and alert.state is State.FIRING:
                    events.append(AlertEvent(now, "unmuted", of_rule[key]))
        self._show(Change.ORDER)
        return events

    def _take_down(self, now: float) -> Iterator[AlertEvent]:
        """Shelves whose time is over."""
        for of_rule, key in self._order:
            alert = of_rule[key]
            if alert.shelf is not None and now >= alert.shelf.until:
                of_rule[key] = replace(alert, shelf=None)
                if alert.active:
                    yield AlertEvent(now, "unshelved", of_rule[key])

    def _as_shown(self, events: Sequence[AlertEvent]) -> tuple[AlertEvent, ...]:
        """The events with their alerts as they are now: muted, where they are."""
        if not events:
            return ()
        now = {alert.fingerprint: alert.muted for alert in self._shown}
        return tuple(
            replace(event, alert=replace(event.alert, muted=muted))
            if (muted := now.get(event.alert.fingerprint, NO_TEXT)) != event.alert.muted
            else event
            for event in events
            if not _repeated(event, events)
        )

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
            alerts = [(_urgency(alert), place) for place, alert in self._places()]
            alerts.sort(key=itemgetter(0))
            self._order = [place for _, place in alerts]
        if change:
            self._shown = tuple([of_rule[labels] for of_rule, labels in self._order])


def _repeated(event: AlertEvent, events: Sequence[AlertEvent]) -> bool:
    """`unmuted` beside another call about the same alert says nothing new."""
    return event.kind == "unmuted" and any(
        other.kind in CALLS and other is not event
        for other in events
        if other.alert.fingerprint == event.alert.fingerprint
    )


def _said(before: Alert, after: Alert, at: float) -> Iterator[AlertEvent]:
    """What people said of an alert between two states of it."""
    if after.ack != before.ack:
        if after.ack is None:
            yield AlertEvent(at, "unacknowledged", after)
        else:
            kind = "acknowledged" if before.ack is None else "noted"
            yield AlertEvent(after.ack.at, kind, after, after.ack.by)
    if after.shelf != before.shelf:
        kind = "unshelved" if after.shelf is None else "shelved"
        yield AlertEvent(at, kind, after, after.shelf.by if after.shelf else NO_TEXT)


def _urgency(alert: Alert) -> tuple[bool, int, int, bool, float, str]:
    """What somebody is called for before what is muted; then firing before pending before
    resolved, worst first, what nobody has first, oldest first."""
    return (
        bool(alert.muted),
        _RANK[alert.state],
        -alert.severity,
        alert.ack is not None,
        alert.since,
        alert.fingerprint,
    )
