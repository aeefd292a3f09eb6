"""Where the notifiers run: a thread with an asyncio loop, a task for each receiver.

`monitor.notifying` makes it; `take` subscribes to the monitor's bus of alert events. The engine
never waits here, and no receiver waits for another.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from sysmon_tui.alerts.notify.deliverer import DaemonThreads
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import clean

CAPACITY = 50_000
"""Events held until the thread comes to them."""
AFTER_DEFECT = 60.0
"""Seconds a lane rests that broke down."""
LOOK = 1.0
"""Seconds between two questions whether it is us who deliver."""


class Lane(Protocol):
    """One receiver; only the dispatcher's thread calls it."""

    name: str

    @property
    def problems(self) -> tuple[str, ...]: ...

    def resume(self, alerts: Iterable[Alert]) -> None: ...

    def suspend(self) -> None: ...

    def take(self, events: Sequence[AlertEvent]) -> None: ...

    async def turn(self, *, last: bool = False) -> float:
        """Do what is due; seconds until something is again."""


class Dispatcher:
    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        judges: Callable[[], bool],
        alerts: Callable[[], Iterable[Alert]],
        kept: Callable[[], tuple[str, ...]] = tuple,
        look: float = LOOK,
    ) -> None:
        """`judges` says whether it is this program that delivers: one that follows another's
        ledger does not. `alerts` are those known when it begins to. `kept` are the problems of
        where messages are kept."""
        self._lanes = tuple(lanes)
        self._judges = judges
        self._alerts = alerts
        self._kept = kept
        self._look = look
        self._events: deque[AlertEvent] = deque(maxlen=CAPACITY)
        self._dropped = 0
        self._defects: dict[str, str] = {}
        self._judging = False
        self._stopping = False
        self._problems: tuple[str, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes: tuple[asyncio.Event, ...] = ()
        self._thread: threading.Thread | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What the user should know; from any thread."""
        return self._problems

    def take(self, events: Sequence[AlertEvent]) -> None:
        """From any thread, at once."""
        room = CAPACITY - len(self._events)
        self._dropped += max(0, len(events) - room)
        self._events.extend(events)
        self._wake()

    def start(self) -> None:
        if self._lanes:
            self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
            self._thread.start()

    def stop(self, timeout: float) -> None:
        """Keep what waits, try it once more, and end; what hangs is left after `timeout` s."""
        self._stopping = True
        self._wake()
        if self._thread is not None:
            self._thread.join(timeout)
            self._end_tasks()
            self._thread.join(0.2)

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # It was closed meanwhile.
                loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()

    def _end_tasks(self) -> None:
        loop = self._loop

        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        if loop is not None:
            with suppress(RuntimeError):  # It has ended by itself.
                loop.call_soon_threadsafe(cancel)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        loop.set_default_executor(DaemonThreads(max_workers=1))
        try:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(self._main())
        except BaseException as error:
            # A defect: the thread is lost, and that must be seen.
            self._problems = (f"Nobody is notified: {type(error).__name__} {clean(str(error))}",)
            raise
        finally:
            self._loop = None
            loop.close()

    async def _main(self) -> None:
        own = asyncio.Event()
        wakes = [asyncio.Event() for _ in self._lanes]
        self._wakes = (own, *wakes)
        self._loop = asyncio.get_running_loop()
        self._hear()
        pairs = zip(self._lanes, wakes, strict=True)
        tasks = [asyncio.ensure_future(self._drive(lane, wake)) for lane, wake in pairs]
        try:
            while not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(own.wait(), self._look)
                own.clear()
                if self._hear():
                    for wake in wakes:
                        wake.set()
            # What came just before the end, whoever woke us for it.
            self._hear()
            self._wake_all()
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, lane: Lane, wake: asyncio.Event) -> None:
        while not self._stopping:
            wake.clear()
            pause = await self._turn(lane)
            self._tell_problems()
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), None if pause > 86400.0 else pause)
        await self._turn(lane, last=True)
        self._tell_problems()

    async def _turn(self, lane: Lane, *, last: bool = False) -> float:
        try:
            return await lane.turn(last=last)
        except Exception as error:  # noqa: BLE001 - a lane's defect is its own
            self._report(lane, error)
            return AFTER_DEFECT

    def _each(self, act: Callable[[Lane], None]) -> None:
        for lane in self._lanes:
            try:
                act(lane)
            except Exception as error:  # noqa: BLE001 - a lane's defect is its own
                self._report(lane, error)

    def _report(self, lane: Lane, error: Exception) -> None:
        self._defects[lane.name] = f"{type(error).__name__}: {clean(str(error), 200)}"

    def _hear(self) -> bool:
        """Pass on what came; whether the lanes have something to do."""
        events = [self._events.popleft() for _ in range(len(self._events))]
        judges = self._judges()
        began = judges and not self._judging
        if began:
            alerts = self._known()
            self._each(lambda lane: lane.resume(alerts))
        elif self._judging and not judges:
            self._each(lambda lane: lane.suspend())
        self._judging = judges
        if judges and events:
            self._each(lambda lane: lane.take(events))
        return judges and bool(events or began)

    def _known(self) -> tuple[Alert, ...]:
        try:
            return tuple(self._alerts())
        except StoreError:
            # The monitor says so itself.
            return ()

    def _tell_problems(self) -> None:
        lost = f"{self._dropped} alert events came too fast to be notified of"
        self._problems = (
            *(problem for lane in self._lanes for problem in lane.problems),
            *(f"Notifier {name} is broken: {why}" for name, why in self._defects.items()),
            *self._kept(),
            *((lost,) if self._dropped else ()),
        )
