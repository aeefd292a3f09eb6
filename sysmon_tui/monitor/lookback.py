"""A moment of the past as a `Tick`, made from what was recorded by the same processors as live.

The screen shows these through the same widgets, `sysmon-tui compare` holds two of them against
each other. Everything here blocks on the store and the ledger: call it from a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import floor
from operator import attrgetter
from typing import TYPE_CHECKING

from sysmon_tui.alerts.bygone import figured, held
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.curve import Curve, Stats, merged
from sysmon_tui.model.metric import Families, Labels, SeriesKey
from sysmon_tui.model.moment import Moment
from sysmon_tui.model.ports import AlertLedger, Past
from sysmon_tui.model.process import NO_PROCESSES
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import NOTHING, Batch, CollectorState, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.lane import STALE_INTERVALS
from sysmon_tui.monitor.replay import KEEP, newest_before, replay
from sysmon_tui.processors import registry

if TYPE_CHECKING:
    # Loaded only when somebody compares.
    from sysmon_tui.model.difference import Difference

EVENTS = 10_000
"""Of alerts, newest first: as many as a ledger keeps."""
LONGEST_INTERVAL = 60.0
"""Seconds; two batches further apart have a hole between them."""
HALF_HOUR = 1800.0
USUAL, USUAL_SPANS, LEAST_SPANS = 86400.0, 48, 8
"""What is usual: a day, in how many spans, and how many of them must be known."""
NORMAL_QUARTILES = 1.349
"""Standard deviations between the quartiles of a normal distribution."""
CANDIDATES = 24
"""Metrics that are held against what they usually do: those that moved at all."""
SPANS = 60
"""Parts of a window, so that the rollups it is told from begin and end where it does."""
TABLE_KEPT = 15.0
"""Seconds a process table stands for later moments: one is kept every five."""


def as_they_stood(
    alerts: Sequence[Alert], past: Past, ledger: AlertLedger, rules: Iterable[Rule], at: float
) -> tuple[Alert, ...]:
    """The alerts with what was recorded of them at a moment; as they are where nothing was.

    What tells of them in words asks this: the sentence of an event may be hours old. Raises
    `StoreError`.
    """
    back = Lookback(lambda: past, ledger, interval=1.0, charted=frozenset(), rules=rules)
    then = back.figured(alerts, back.tick(at).families, at)
    return tuple(
        new if new.value == new.value else old for old, new in zip(alerts, then, strict=True)
    )


class Lookback:
    """For one thread at a time."""

    def __init__(
        self,
        past: Callable[[], Past | None],
        ledger: AlertLedger,
        *,
        interval: float,
        charted: frozenset[str],
        intervals: Mapping[str, float] | None = None,
        rules: Iterable[Rule] = (),
    ) -> None:
        """`past` is asked each time: another program's store is opened anew now and then.

        `interval` and, of collectors that keep another, `intervals` say how many seconds lie
        between two readings. The first one after a hole stands by that; later ones tell it
        themselves. `charted` are the collectors whose figures `ticks` has. `rules` are what alerts
        are worked out by: their figures at a moment are told anew.
        """
        self._past = past
        self._ledger = ledger
        self._interval = interval
        self._intervals = intervals or {}
        self._charted = charted
        self._rules = {rule.name: rule for rule in rules}
        self._events: tuple[AlertEvent, ...] = ()
        self._stamp: object = None

    def tick(self, at: float) -> Tick:
        """All that was known at a moment; no figures where nothing was recorded then.

        Raises `StoreError`.
        """
        past = self._past()
        moment = past.moment(at) if past is not None else Moment(at=at)
        families: dict[str, Mapping[Labels, float]] = {}
        states = []
        newest = max(moment.batches, key=attrgetter("wall"), default=None)
        ordered = sorted(moment.batches, key=attrgetter("collector"))
        for name, batches in groupby(ordered, key=attrgetter("collector")):
            known, state = self._known(name, tuple(batches), at)
            families |= known
            states.append(state)
        kept = at - moment.processes_at <= TABLE_KEPT
        return Tick(
            number=0,
            wall=at,
            mono=newest.mono + (at - newest.wall) if newest is not None else 0.0,
            batches=moment.batches,
            families=families,
            processes=moment.processes if kept else NO_PROCESSES,
            alerts=self.figured(held(self._happened(), at), families, at),
            silences=tuple(s for s in self._ledger.silences() if s.at <= at < s.until),
            collectors=tuple(states),
        )

    def figured(self, alerts: Iterable[Alert], families: Families, at: float) -> tuple[Alert, ...]:
        """The alerts with what they came to at a moment of which `families` tells.

        Raises `StoreError`.
        """

        def spans(name: str, seconds: float) -> Mapping[Labels, Stats]:
            curves = self.series(name, at - seconds, at, SPANS)
            return {key.labels: merged(curve.spans()) for key, curve in curves.items()}

        return figured(alerts, self._rules, families, spans)

    def ticks(
        self, start: float, end: float, step: float, metrics: Collection[str]
    ) -> Iterator[Tick]:
        """Figures of a range (half open), one tick in `step` seconds, oldest first.

        Of these `metrics`, raw and derived, and of what comes for nothing with them. Raises
        `StoreError`.
        """
        past = self._past()
        if past is None:
            return
        thinned = step if step > self._interval else 0.0
        # What slow collectors read before still stands when it begins.
        batches = past.read(
            start - KEEP,
            end,
            collectors=self._charted,
            step=thinned,
            metrics=registry.sources(metrics),
        )
        fresh = newest_before(batches, start)
        yield from (tick for tick in replay(fresh, step) if tick.wall >= start)

    def series(
        self, name: str, start: float, end: float, buckets: int
    ) -> Mapping[SeriesKey, Curve]:
        """As `Past.series`. Raises `StoreError`."""
        past = self._past()
        return past.series(name, start, end, buckets) if past is not None else {}

    def difference(self, before: Tick, after: Tick, boot_time: float) -> Difference:
        """What changed between two ticks of this machine, live or not. Raises `StoreError`."""
        from sysmon_tui.model.difference import difference, moves  # only when somebody compares

        candidates = moves(before, after, {}, CANDIDATES)
        spreads = self._spreads({move.key.name for move in candidates}, before.wall)
        return difference(before, after, boot_time=boot_time, spreads=spreads)

    def _spreads(self, names: Iterable[str], until: float) -> dict[SeriesKey, float]:
        """How far series usually stray: the standard deviation that the middle half of their
        half hours on the day before suggests."""
        from statistics import quantiles

        until = floor(until / HALF_HOUR) * HALF_HOUR
        found = {}
        for name in sorted(names):
            for key, curve in self.series(name, until - USUAL, until, USUAL_SPANS).items():
                known = [value for value in curve.mean if value == value]
                if len(known) >= LEAST_SPANS:
                    quarters = quantiles(known, n=4)
                    found[key] = (quarters[2] - quarters[0]) / NORMAL_QUARTILES
        return found

    def _known(
        self, name: str, batches: tuple[Batch, ...], at: float
    ) -> tuple[Families, CollectorState]:
        """What a collector's batches say at a moment, and how it fared."""
        processor = registry.create(name)
        good = [batch for batch in batches if batch.status is Status.OK]
        known: Families = NOTHING
        for batch in good:
            known = {**batch.families, **processor.feed(batch)}
        interval = good[-1].wall - good[0].wall if len(good) > 1 else 0.0
        if not 0.0 < interval <= LONGEST_INTERVAL:
            interval = self._intervals.get(name, self._interval)
        age = at - good[-1].wall if good else float("inf")
        fresh = age <= STALE_INTERVALS * interval
        last = batches[-1]
        status = Status.STALE if last.status is Status.OK and not fresh else last.status
        state = CollectorState(name=name, status=status, interval=interval, age=age, note=last.note)
        return (known if fresh else NOTHING), state

    def _happened(self) -> tuple[AlertEvent, ...]:
        """Every event of alerts, oldest first; read again only when somebody wrote."""
        stamp = self._ledger.stamp()
        if stamp != self._stamp or self._stamp is None:
            self._events = tuple(reversed(self._ledger.history(EVENTS)))
            self._stamp = stamp
        return self._events
