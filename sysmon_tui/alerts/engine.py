"""Judges every beat's figures by the rules and keeps the alerts; the monitor's engine calls it.

Of several programs on a host one judges. The others follow: their alerts are the ledger's, and
only the figures are their own. `adopt` says which of the two it is, and brings what others did.

All on one thread. Time is an argument: the wall clock dates what is shown and kept, the monotonic
one measures how long things last. Both are joined to one steady timeline that starts as wall time
and runs on monotonic seconds; when the wall clock is set, the timeline and every alert on it move
along, so that no hold, no `keep_firing` and no age is cut short or drawn out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sysmon_tui.alerts.acts import Act, difference, said
from sysmon_tui.alerts.board import Board, Place, is_drill
from sysmon_tui.alerts.conditions import Surroundings
from sysmon_tui.alerts.conditions.registry import Usual
from sysmon_tui.alerts.watch import Change
from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.transition import leaves_at, recovered

STEP = 2.0
"""Seconds by which the clocks must disagree for the wall clock to count as set; NTP slews less."""

REFRESHED = 1000
"""Alerts whose figures are renewed in one beat; in a storm of more they take turns. What state an
alert is in is never late."""

DRILL_LASTS = 86400.0
"""Seconds after which a drill is taken for one whose program was killed."""


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
        self.following = False
        """Another program judges."""
        self._around = Surroundings(rules, usual, external)
        self._board = Board(rules, self._around)
        self._record = record or ledger.record
        self._epoch: float | None = None
        self._inherited = True
        """The alerts are still as another program left them."""
        self._beat = 0
        try:
            for alert in ledger.load():
                self._board.put(alert)
            self._board.mutes.silences = ledger.silences()
        except StoreError as error:
            self.problem = error

    def judge(
        self, families: Families, wall: float, mono: float
    ) -> tuple[tuple[Alert, ...], tuple[AlertEvent, ...]]:
        """Alerts worst first, and what happened to them since the last beat.

        `wall` is seconds since the epoch, `mono` seconds that only grow.
        """
        turns = 1 + len(self.alerts) // REFRESHED
        turn = (self._beat % turns, turns)
        self._beat += 1
        if self.following:
            return self._look_on(families, wall, mono, turn)
        moved = self._follow_clock(wall, mono)
        now = mono + (wall - mono if self._epoch is None else self._epoch)
        events: list[AlertEvent] = []
        change = Change.ORDER if moved else Change.NONE
        if self._inherited:
            change |= self._take_over(now, events)
        self._around.feed(families, now)
        for watch in self._board.watches.values():
            done = watch.judge(families, now, mono, events, turn)
            if done is not Change.NONE:
                change |= done
        told = self._board.settle(events, change, now)
        if moved or told:
            self._record((*moved, *told))
        return self.alerts, told

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Worst first."""
        return self._board.shown

    @property
    def silences(self) -> tuple[Silence, ...]:
        return self._board.mutes.silences

    def act(self, fingerprints: Collection[str], act: Act) -> tuple[AlertEvent, ...]:
        """Do to these alerts what somebody asks; shown at once, and recorded.

        Where another program judges, the ledger has the last word and `adopt` brings it.
        """
        events = []
        for (of_rule, key), alert in self._board.find(fingerprints):
            if (event := act.on(alert)) is not None:
                of_rule[key] = event.alert
                events.append(event)
        if not events:
            return ()
        told = self._board.settle(events, Change.ORDER, act.at, take_down=False)
        self._record(told)
        return told

    def adopt(
        self,
        kept: Iterable[Alert],
        silences: tuple[Silence, ...],
        wall: float,
        *,
        follows: bool = False,
    ) -> tuple[AlertEvent, ...]:
        """The ledger as it is now; what of that is news to us. It is not recorded again, only what
        becomes muted by it or is so no longer.

        One that follows takes over everything; so does one that begins to judge, a last time. One
        that judges takes over what people said: who has an alert, with what note, shelves,
        silences, and drills. What holds and what fires is for our own figures to tell.
        """
        whole = follows or self.following
        if whole:
            events = list(self._take_all(kept, wall, follows=follows))
        else:
            events = list(self._take_said(kept, wall))
        if not follows:
            self.judge_alone()
        self.following = follows
        board = self._board
        changed = silences != board.mutes.silences
        board.mutes.silences = silences
        if not (events or changed or whole):
            return ()
        told = board.settle(events, Change.ORDER, wall, take_down=False)
        if told[len(events) :] and not follows:
            self._record(told[len(events) :])
        return told

    def judge_alone(self) -> None:
        """From now on go on with what was last seen of the ledger, if another program judged."""
        if self.following:
            self.following, self._inherited, self._epoch = False, True, None

    def _look_on(
        self, families: Families, wall: float, mono: float, turn: tuple[int, int]
    ) -> tuple[tuple[Alert, ...], tuple[AlertEvent, ...]]:
        """A beat where another program judges."""
        change = Change.NONE
        self._around.feed(families, wall)
        for watch in self._board.watches.values():
            change |= watch.renew(families, wall, mono, turn)
        told = self._board.settle((), change, wall, take_down=False)
        return self.alerts, told

    def _take_all(
        self, kept: Iterable[Alert], wall: float, *, follows: bool
    ) -> Iterator[AlertEvent]:
        board = self._board
        before = {alert.fingerprint: alert for _, alert in board.places()}
        board.clear()
        for theirs in kept:
            if not theirs.active and wall >= leaves_at(theirs):
                continue
            mine = before.pop(theirs.fingerprint, None)
            watch = board.watches.get(theirs.rule)
            alert = theirs
            if mine is not None:
                alert = watch.followed(theirs, mine) if watch else theirs
                if follows:
                    # Else the other program may have ended before the mute: it is ours to say so.
                    alert = replace(alert, muted=mine.muted)
            board.put(alert)
            yield from difference(mine, alert, wall)
        for gone in before.values():
            if gone.state is State.PENDING:
                yield AlertEvent(wall, "inactive", replace(gone, state=State.INACTIVE))

    def _take_said(self, kept: Iterable[Alert], wall: float) -> Iterator[AlertEvent]:
        mine = {alert.fingerprint: (place, alert) for place, alert in self._board.places()}
        for theirs in kept:
            place, before = mine.get(theirs.fingerprint, (None, None))
            if is_drill(theirs):
                yield from self._drill(before, theirs, wall)
            elif place is not None and before is not None:
                yield from _agree(place, before, theirs, wall)

    def _drill(self, before: Alert | None, theirs: Alert, wall: float) -> Iterator[AlertEvent]:
        if before is not None or theirs.active:
            muted = before.muted if before else theirs.muted
            self._board.others[theirs.fingerprint] = replace(theirs, muted=muted)
            yield from difference(before, theirs, wall)

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
        for (of_rule, key), alert in tuple(self._board.places()):
            of_rule[key] = alert.moved(step)
            moved.append(AlertEvent(wall, "moved", of_rule[key]))
        return tuple(moved)

    def _take_over(self, now: float, events: list[AlertEvent]) -> Change:
        """Go on with the alerts of another run; those of rules that are gone are over."""
        self._inherited = False
        board = self._board
        inherited = [alert for _, alert in board.places()]
        board.clear()
        for alert in inherited:
            watch = board.watches.get(alert.rule)
            if is_drill(alert) and now - alert.since < DRILL_LASTS:
                board.put(alert)
            elif watch is not None and not is_drill(alert):
                events += filter(None, (watch.take_over(alert, now),))
            else:
                over, event = recovered(alert, None, now)
                events += filter(None, (event,))
                if over is not None:
                    board.put(over)
        return Change.ORDER if inherited else Change.NONE


def _agree(place: Place, before: Alert, theirs: Alert, at: float) -> Iterator[AlertEvent]:
    """Take over who has it and its shelf, unless they speak of another state of it."""
    if before.active is not theirs.active:
        return
    after = replace(before, ack=theirs.ack, shelf=theirs.shelf)
    if after != before:
        of_rule, key = place
        of_rule[key] = after
        yield from said(before, after, at)
