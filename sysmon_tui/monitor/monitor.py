"""The headless program: an engine thread that beats, and asyncio streams of its ticks.

The engine does not depend on whoever watches: a screen that is blocked or slow gets the newest
tick when it is back, with every alert event in between, and nothing is waited for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from sysmon_tui.alerts import acts
from sysmon_tui.alerts.acts import Act
from sysmon_tui.alerts.bus import Bus
from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.collectors.process import ProcessCollector
from sysmon_tui.model.alert import AlertEvent, Shelf
from sysmon_tui.model.errors import Refused, StoreError
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.model.ports import Clock, Hold
from sysmon_tui.model.process import ProcessDemand, ProcessKey
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText, clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.acting import Acting
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.evidence import Witness
from sysmon_tui.monitor.lane import FIRST_PAUSE
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.monitor.news import News
from sysmon_tui.monitor.replay import replay
from sysmon_tui.monitor.writer import Recording, Writer

if TYPE_CHECKING:
    # Loaded only where somebody is to be told, or watches.
    from sysmon_tui.alerts.notify.dispatcher import Dispatcher
    from sysmon_tui.monitor.mailbox import Mailbox

Wish: TypeAlias = Callable[[AlertEngine, float], Sequence[AlertEvent]]
"""Something to do to the alerts, at a time."""

UNCHARTED = frozenset(
    {"process", "self", "self_cost", "sensors", "netstat", "clock", "cgroup", "unit"}
)
"""Collectors whose figures no chart on the screen draws over time."""
STOP_TIMEOUT = 2.0
"""Seconds the engine and the writer get to end; a hung pass is left behind."""


class Monitor:
    """Composed by `assemble`; `beat()` by hand, or `start()` and `stream()`."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        host: HostFacts,
        *,
        interval: float,
        rules: tuple[Rule, ...] = (),
        problems: tuple[str, ...] = (),
        alert_bus: Bus[Sequence[AlertEvent]] | None = None,
        notifier: Dispatcher | None = None,
        witness: Witness | None = None,
        hears: Iterable[Callable[[Tick], None]] = (),
        acting: Acting | None = None,
    ) -> None:
        self.host = host
        self.rules = rules
        self.alert_bus = alert_bus or Bus()
        """Who wants to hear of alerts subscribes here: the ledger and the notifiers do."""
        self.tick_bus: Bus[Tick] = Bus()
        """Every tick, on the engine's thread, for those who are quick and need no asyncio."""
        self._hears = tuple(hears)
        for hear in self._hears:
            self.tick_bus.subscribe(hear)
        self._notifier = notifier
        self._witness = witness
        self._acting = acting
        self._problems = problems
        self.writer = writer
        self.interval = interval
        self._engine = engine
        self._clock = clock
        self._mailboxes: list[Mailbox] = []
        self._wishes: deque[Wish] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._defect = ""
        """What broke down in the last beat, outside of what can be told apart."""
        self._beats = 0
        self._thread: threading.Thread | None = None
        writer.scribe.heard = self._heard
        self.lookback = Lookback(
            writer.past,
            writer.ledger,
            interval=interval,
            intervals={lane.name: lane.wanted for lane in engine.lanes},
            charted=self._charted(),
            rules=rules,
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know: broken settings first, then how recording fares."""
        unsent = self._notifier.problems if self._notifier is not None else ()
        broken = (*self._engine.defects, *((self._defect,) if self._defect else ()))
        return (*self._problems, *broken, *self.writer.notices, *unsent)

    @property
    def collectors(self) -> tuple[str, ...]:
        """Their names, in the order they are asked."""
        return tuple(lane.name for lane in self._engine.lanes)

    @property
    def recording(self) -> Recording:
        return self.writer.recording

    @property
    def recorder(self) -> str:
        """Who records this machine, where that is another program; else empty."""
        return self.recording.recorder

    def start(self) -> None:
        """Begin to beat on a thread of its own: at once, or a moment after a beat by hand."""
        # There before anybody else runs: what the writer hears at once is the engine's to grant.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self.writer.start()
        if self._notifier is not None:
            self._notifier.start()
        if self._witness is not None:
            self._witness.start()
        self._thread.start()

    def stop(self) -> None:
        """Flush what is recorded and end every stream."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
        if self._notifier is not None:
            self._notifier.stop(STOP_TIMEOUT)
        if self._witness is not None:
            self._witness.stop(STOP_TIMEOUT)
        for mailbox in tuple(self._mailboxes):
            mailbox.close()
        self.writer.stop(STOP_TIMEOUT)
        self._engine.close()

    def beat(self) -> Tick:
        """One pass now, on the caller's thread, and everybody told."""
        self._beats += 1
        return self._publish(self._engine.beat())

    async def stream(self) -> AsyncIterator[Tick]:
        """Ticks as they come; a slow consumer skips to the newest."""
        import asyncio

        from sysmon_tui.monitor.mailbox import Mailbox

        mailbox = Mailbox(asyncio.get_running_loop())
        self._mailboxes.append(mailbox)
        try:
            while (tick := await mailbox.take()) is not None:
                yield tick
        finally:
            self._mailboxes.remove(mailbox)

    def history(self, seconds: float, step: float) -> Iterator[Tick]:
        """Ticks of the last `seconds` from the store, oldest first, one in `step` seconds.

        Reads on the caller's thread and blocks it; figures only, no processes and no alerts.
        """
        return self._replay(seconds, step, self._charted())

    def recorded(self, seconds: float, step: float) -> Iterator[Tick]:
        """Like `history`, with what no chart draws: every figure that a rule may look at."""
        return self._replay(seconds, step, self._lanes())

    def _replay(self, seconds: float, step: float, collectors: frozenset[str]) -> Iterator[Tick]:
        now = self._clock.wall()
        batches = self.writer.read(now - seconds, now, collectors=collectors, step=step)
        return replay(batches, step)

    def happened(self, limit: int) -> Sequence[AlertEvent]:
        """The newest events of alerts, newest first, from the ledger; blocks while it reads."""
        return self.writer.ledger.history(limit)

    def _charted(self) -> frozenset[str]:
        return self._lanes() - UNCHARTED

    def _lanes(self) -> frozenset[str]:
        return frozenset(lane.name for lane in self._engine.lanes)

    def demand(self, demand: ProcessDemand) -> None:
        """Say which processes are looked at; their details come with the next tick."""
        for lane in self._engine.lanes:
            if lane.name == "process":
                cast("ProcessCollector", lane.collector).demand = demand

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText = NO_TEXT
    ) -> None:
        """Say that somebody has these alerts; shown with the next tick, which comes at once."""
        self._act(fingerprints, lambda now: acts.acknowledge(by, now, note))

    def unacknowledge(self, fingerprints: Collection[str], by: SafeText) -> None:
        self._act(fingerprints, lambda now: acts.unacknowledge(by, now))

    def annotate(self, fingerprints: Collection[str], by: SafeText, note: SafeText) -> None:
        """Say something about alerts; those nobody has are then `by`'s."""
        self._act(fingerprints, lambda now: acts.annotate(by, now, note))

    def shelve(
        self, fingerprints: Collection[str], by: SafeText, until: float, note: SafeText = NO_TEXT
    ) -> None:
        """Put alerts out of sight until a moment (seconds since the epoch)."""
        self._act(fingerprints, lambda now: acts.shelve(Shelf(by, now, until, note)))

    def unshelve(self, fingerprints: Collection[str], by: SafeText) -> None:
        self._act(fingerprints, lambda now: acts.unshelve(by, now))

    def silence(self, silence: Silence) -> None:
        """Keep a silence, from any thread; in force within a second, in every program here."""
        self.writer.silence(silence)

    def hold(self, key: ProcessKey) -> Hold:
        """Take hold of a process to act on it; blocks. Raises `Gone` or `Refused`."""
        if self._acting is None:
            raise Refused("processes are only looked at here")
        return self._acting.hold(key)

    def dossier(self, fingerprint: str) -> Dossier:
        """Everything kept about one alert; reads on the caller's thread and blocks it."""
        try:
            return self._witness.dossier(fingerprint) if self._witness else Dossier()
        except StoreError as error:
            return Dossier(problem=str(error))

    def _heard(self, news: News) -> None:
        """The ledger was written to by somebody; called by the writer's thread."""
        self._wish(lambda alerts, now: self._adopt(alerts, news, now))

    def _adopt(self, alerts: AlertEngine, news: News, now: float) -> Sequence[AlertEvent]:
        if not news.readable:
            alerts.judge_alone()
            return ()
        # News from before our own last act would undo it. Newer ones are on their way.
        if news.handed != self.writer.scribe.handed:
            return ()
        events = alerts.adopt(news.alerts, news.silences, now, follows=news.follows)
        if self._notifier is not None and events:
            # Of what is recorded it hears once more, which changes nothing.
            self._notifier.take(events)
        return events

    def _act(self, fingerprints: Collection[str], act: Callable[[float], Act]) -> None:
        self._wish(lambda alerts, now: alerts.act(fingerprints, act(now)))

    def _wish(self, wish: Wish) -> None:
        self._wishes.append(wish)
        if self._thread is None:
            self._grant()
        else:
            self._wake.set()

    def _grant(self) -> None:
        while self._wishes:
            self._publish(self._engine.act(self._wishes.popleft()))

    def _run(self) -> None:
        # Whoever wants the first picture at once has called `beat` before `start`.
        now = self._clock.mono()
        deadline = self._next(now) if self._beats else now
        while not self._stopping:
            pause = deadline - self._clock.mono()
            if pause > 0.0 and self._wake.wait(pause):
                self._wake.clear()
                self._survive(self._grant)
                continue
            self._survive(self.beat)
            deadline = self._next(deadline)
        # What was asked for while the last beat went on.
        self._survive(self._grant)

    def _survive(self, act: Callable[[], object]) -> None:
        """Whatever breaks down in a beat or an act, the next one comes, and somebody is told."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a monitor that stops is worse than a wrong beat
            self._defect = f"A beat failed: {type(error).__name__} {clean(str(error), 200)}"
        else:
            self._defect = ""

    def _next(self, deadline: float) -> float:
        """The beat after the one due at `deadline`; missed ones (suspend) are not caught up."""
        now = self._clock.mono()
        if self._beats == 1:
            return now + min(FIRST_PAUSE, self.interval)
        following = deadline + self.interval
        return following if following > now else now + self.interval

    def _publish(self, tick: Tick) -> Tick:
        if self._witness is not None:
            self._witness.take(tick)
        for mailbox in tuple(self._mailboxes):
            mailbox.put(tick)
        self.tick_bus.publish(tick)
        return tick
