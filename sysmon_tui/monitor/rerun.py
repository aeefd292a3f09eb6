"""A recorded time as a source of ticks for the screen: it plays, pauses and steps, nothing more.

`sysmon-tui replay` makes one over a `Capsule`. The ticks are made by the processors that make
the live ones. Nobody can act on what is over: that is said, not done.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

from sysmon_tui.alerts.bygone import held
from sysmon_tui.collectors.registry import COLLECTORS
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import Refused
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process import NO_PROCESSES, ProcessDemand, ProcessKey, ProcessTable
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import Batch, CollectorState, Status
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.capsule import Capsule
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.monitor.replay import KEEP, replay

EVENTS = 10_000
STEP = 10.0
"""Seconds of a step."""
TABLE_KEPT = 15.0
"""Seconds a process table stands for later moments: one is kept every five."""
SILENT = 90.0
"""Seconds after which a collector had nothing to say: slow ones read twice a minute."""
REFUSAL = "This is a replay: it was, and nothing can be done about it"


class Rerun:
    recorder = ""
    notices: tuple[str, ...] = ()
    interval = 1.0

    def __init__(self, capsule: Capsule, rules: Iterable[Rule] = ()) -> None:
        """`rules` are what the figures of alerts are told by."""
        self._capsule = capsule
        self.host = capsule.facts.host
        self.start, self.until = capsule.facts.start, capsule.facts.until
        self.marks = capsule.facts.marks
        """What people marked, by the moments."""
        self.at = max(self.start, capsule.facts.incident.began)
        """The moment shown; it begins with the incident."""
        self.paused = False
        self.refused: Callable[[str], None] = lambda _why: None
        """Told why, when somebody acts."""
        self._events = tuple(reversed(capsule.ledger.history(EVENTS)))
        self._silences = capsule.ledger.silences()
        self.lookback = Lookback(
            lambda: capsule.past,
            capsule.ledger,
            interval=self.interval,
            charted=frozenset(COLLECTORS) - {"process", "self_cost"},
            rules=rules,
        )
        self._moved = asyncio.Event()
        self._sought: float | None = self.at
        self._ticks: Generator[Tick, None, None] | None = None
        # What is open in a history belongs to the thread that opened it.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replay")

    # What plays

    async def stream(self) -> AsyncIterator[Tick]:
        while True:
            tick = await asyncio.get_running_loop().run_in_executor(self._reader, self._take)
            self._moved.clear()
            if tick is None:
                self.paused = True
            else:
                self.at = tick.wall
                yield tick
            try:
                await asyncio.wait_for(self._moved.wait(), None if self.paused else self.interval)
            except TimeoutError:
                continue

    def first(self) -> Tick | None:
        """The next tick, without the wait for it; blocks."""
        return self._reader.submit(self._take).result()

    def close(self) -> None:
        """Let go of the history."""
        self._reader.submit(self._let_go)
        self._reader.shutdown()

    def _let_go(self) -> None:
        if self._ticks is not None:
            self._ticks.close()

    def _take(self) -> Tick | None:
        """The next one; after a move the first there is from there on, else the last before."""
        sought, self._sought = self._sought, None
        if sought is None:
            return next(self._ticks, None) if self._ticks is not None else None
        self._let_go()
        tick = None
        self._ticks = self._played(max(self.start, sought - KEEP), self.until + 1.0)
        for tick in self._ticks:
            if tick.wall >= sought:
                break
        return tick

    def pause(self) -> None:
        """Stop, or go on."""
        self.paused = not self.paused
        if not self.paused:
            self._moved.set()

    def step(self, steps: int) -> None:
        """Back (negative) or on by so many steps; it stands still then."""
        self.seek(self.at + steps * STEP)

    def seek(self, at: float) -> None:
        """To a moment, or the nearest there is."""
        self.paused = True
        self._sought = self.at = max(self.start, min(at, self.until - self.interval))
        self._moved.set()

    def _played(
        self, start: float, end: float, step: float = interval
    ) -> Generator[Tick, None, None]:
        """Ticks from `start` on, each with the processes and alerts of its time."""
        past = self._capsule.past
        tables = past.processes(start - TABLE_KEPT, end)
        table, coming = (float("-inf"), NO_PROCESSES), next(tables, None)
        # What slow collectors read before still stands when it begins.
        batches = past.read(
            start - KEEP, end, collectors=frozenset(COLLECTORS), step=step if step > 1.0 else 0.0
        )
        shown = start
        newest: dict[str, Batch] = {}
        with closing(tables), closing(batches):  # type: ignore[type-var] # both are generators
            for tick in replay(batches, step):
                newest |= {batch.collector: batch for batch in tick.batches}
                if tick.wall < start:
                    continue
                while coming is not None and coming[0] <= tick.wall:
                    table, coming = coming, next(tables, None)
                dressed = self._dressed(tick, table, shown)
                yield replace(dressed, collectors=_fared(newest, tick.wall))
                shown = tick.wall

    def _dressed(self, tick: Tick, table: tuple[float, ProcessTable], since: float) -> Tick:
        at = tick.wall
        return replace(
            tick,
            processes=table[1] if at - table[0] <= TABLE_KEPT else NO_PROCESSES,
            alerts=self.lookback.figured(held(self._events, at), tick.families, at),
            events=tuple(event for event in self._events if since < event.at <= at),
            silences=tuple(one for one in self._silences if one.at <= at < one.until),
        )

    # What a screen asks; these block

    def history(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        return self._played(self.at - seconds, self.at, step)

    def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        return self._played(self.at - seconds, self.at, step)

    def happened(self, limit: int) -> Sequence[AlertEvent]:
        past = [event for event in reversed(self._events) if event.at <= self.at]
        return past[:limit]

    def dossier(self, fingerprint: str) -> Dossier:
        return self._capsule.ledger.dossier(fingerprint)

    def demand(self, demand: ProcessDemand) -> None:
        """What was not recorded cannot be had any more."""

    # What nobody can do

    def hold(self, key: ProcessKey) -> Hold:
        """Raises `Refused`."""
        raise Refused(REFUSAL)

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText = NO_TEXT
    ) -> None:
        self.refused(REFUSAL)

    def unacknowledge(self, fingerprints: Collection[str], by: SafeText) -> None:
        self.refused(REFUSAL)

    def annotate(self, fingerprints: Collection[str], by: SafeText, note: SafeText) -> None:
        self.refused(REFUSAL)

    def shelve(
        self, fingerprints: Collection[str], by: SafeText, until: float, note: SafeText = NO_TEXT
    ) -> None:
        self.refused(REFUSAL)

    def unshelve(self, fingerprints: Collection[str], by: SafeText) -> None:
        self.refused(REFUSAL)

    def silence(self, silence: Silence) -> None:
        self.refused(REFUSAL)


def _fared(newest: Mapping[str, Batch], at: float) -> tuple[CollectorState, ...]:
    """How collectors fared, by the newest that is kept of each."""
    return tuple(
        CollectorState(
            name=name,
            status=Status.STALE
            if batch.status is Status.OK and at - batch.wall > SILENT
            else batch.status,
            interval=0.0,
            age=at - batch.wall,
            note=batch.note,
        )
        for name, batch in sorted(newest.items())
    )
