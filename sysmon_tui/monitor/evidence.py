"""Gathers evidence when alerts fire, so that what was going on can still be seen afterwards.

On the beat only what is in memory is taken (`take`); logs, history and /proc are read on a thread
of its own, where nothing that hangs or fails reaches the watch. A storm of alerts is one gathering
whose evidence they share. `monitor.Monitor` owns the witness, `assemble` composes it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.evidence import POINTS, STEP, Evidence, Log, Suspect, Trace, alike, freeze
from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import Clock, EvidenceLedger
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.related import Samples, related

KINDS = frozenset({"firing", "worse"})
PENDING = 1000
"""Alerts waiting for their evidence; of more than that the oldest get none."""
PAUSE = 5.0
"""Seconds between two gatherings: at most twelve a minute."""
OWN = 12
"""Alerts that get evidence of their own in a minute; the others share that of a worse one."""
HELD = 32
"""Pieces the ledger has refused that are held for another try."""
RECENT = 4
"""Moments remembered, `STEP` seconds apart: the store does not have the newest ones yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the slow part comes from; each call may block."""

    past: Callable[[float, float], Iterable[Tick]]
    """Recorded ticks from one moment to another, about `STEP` seconds apart."""
    logs: Callable[[], tuple[Log, ...]]
    look: Callable[[Suspect], Suspect]
    """The process with what the table did not have of it."""


class Witness:
    """`start()` it, or call `gather()` by hand."""

    def __init__(
        self,
        ledger: EvidenceLedger,
        sources: Sources,
        rules: Iterable[Rule],
        clock: Clock,
        *,
        boot_time: float = 0.0,
        judges: Callable[[], bool] = lambda: True,
    ) -> None:
        """`judges`: of several programs on a host, only the one that records gathers."""
        self.dossier = ledger.dossier
        self._ledger = ledger
        self._sources = sources
        self._rules: Mapping[str, Rule] = {rule.name: rule for rule in rules}
        self._clock = clock
        self._boot_time = boot_time
        self._judges = judges
        self._recent: deque[tuple[float, Families]] = deque(maxlen=RECENT)
        self._pending: deque[Evidence] = deque(maxlen=PENDING)
        self._held: deque[tuple[Evidence, Collection[str]]] = deque(maxlen=HELD)
        self._spent: deque[float] = deque(maxlen=OWN)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, tick: Tick) -> None:
        """Freeze what this beat knows of the alerts that fired on it; never waits."""
        events = [event for event in tick.events if event.kind in KINDS]
        newest = self._recent[-1][0] if self._recent else float("-inf")
        if events or abs(tick.wall - newest) >= STEP:
            self._recent.append((tick.wall, tick.families))
        if events and self._judges():
            self._pending.extend(self._frozen(tick, events))
            self._wake.set()

    def _frozen(self, tick: Tick, events: Sequence[AlertEvent]) -> Iterator[Evidence]:
        """One look at the tables for each resource, however many alerts there are."""
        by_resource: dict[str, Evidence] = {}
        for event in events:
            resource = event.alert.resource
            if resource not in by_resource:
                by_resource[resource] = freeze(tick, event, self._boot_time)
            yield alike(by_resource[resource], event)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Keep what is frozen, without its slow part; a gathering that hangs is left behind."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(PAUSE if self._held else None)
            self._wake.clear()
            self.gather()
            self._stopping.wait(PAUSE)
        self.gather()

    def gather(self) -> None:
        """Complete and keep everything frozen so far."""
        pending = [self._pending.popleft() for _ in range(len(self._pending))]
        if pending:
            self._held.extend(self._shared(pending))
        while self._held:
            try:
                self._ledger.keep_evidence(*self._held[0])
            except StoreError:
                # The writer, which has the same ledger, says so.
                return
            self._held.popleft()

    def _shared(self, pending: list[Evidence]) -> Iterator[tuple[Evidence, Collection[str]]]:
        """What to keep: each with the fingerprints of the milder alerts that share it."""
        pending.sort(key=lambda evidence: (-evidence.severity, evidence.at))
        own = pending[: self._allowance()]
        of_resource = {evidence.resource: evidence for evidence in reversed(own)}
        also: dict[str, set[str]] = {evidence.fingerprint: set() for evidence in own}
        for evidence in pending[len(own) :]:
            model = of_resource.get(evidence.resource, own[0])
            also[model.fingerprint].add(evidence.fingerprint)
        for evidence in self._completed(own):
            yield evidence, also[evidence.fingerprint]

    def _allowance(self) -> int:
        """How many may have their own now; one always may."""
        now = self._clock.mono()
        while self._spent and self._spent[0] <= now - 60.0:
            self._spent.popleft()
        return max(1, OWN - len(self._spent))

    def _completed(self, own: Sequence[Evidence]) -> Sequence[Evidence]:
        self._spent.extend([self._clock.mono()] * len(own))
        if self._stopping.is_set():
            return own
        try:
            logs, traces, look = self._sources.logs(), self._traces(own), self._look_once()
            return [
                replace(
                    evidence,
                    logs=logs,
                    traces=series,
                    processes=tuple(map(look, evidence.processes)),
                    waiting=tuple(map(look, evidence.waiting)),
                )
                for evidence, series in zip(own, traces, strict=True)
            ]
        except Exception as error:
            # What was frozen on the beat is worth keeping without it.
            known = isinstance(error, OSError)  # no free descriptors, say: no defect of ours
            why = f"evidence is incomplete{f': {error}' if known else ''}"
            logging.getLogger(__name__).warning(why, exc_info=not known)
            return own

    def _traces(self, own: Sequence[Evidence]) -> list[tuple[Trace, ...]]:
        samples = [Samples(related(one, self._rules.get(one.rule)), one.at) for one in own]
        for moment in self._moments(max(one.at for one in own)):
            for sample in samples:
                sample.add(*moment)
        return [sample.traces() for sample in samples]

    def _moments(self, end: float) -> Iterator[tuple[float, Families]]:
        """History, then what it does not have yet; without history that alone."""
        try:
            for tick in self._sources.past(end - POINTS * STEP, end):
                yield tick.wall, tick.families
        except (StoreError, OSError):
            pass
        yield from tuple(self._recent)

    def _look_once(self) -> Callable[[Suspect], Suspect]:
        """Each process is looked at once, however many alerts show it."""
        seen: dict[tuple[int, float], Suspect] = {}

        def look(suspect: Suspect) -> Suspect:
            key = (suspect.pid, suspect.start_time)
            if key not in seen:
                seen[key] = self._sources.look(suspect)
            return seen[key]

        return look
