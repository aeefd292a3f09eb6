"""The Monitor without a screen: waits for signals, tells what happens, proves that it lives.

`sysmon-tui record` runs it on the main thread. The engine's thread only leaves news here and
never waits; a full disk or a log that nobody reads delays the news, not the beat.
"""

from __future__ import annotations

import logging
import os
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from sysmon_tui import __version__
from sysmon_tui.alerts.bus import Bus
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.ports import Clock
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor import pulse
from sysmon_tui.monitor.pulse import Pulse
from sysmon_tui.monitor.supervisor import Supervisor
from sysmon_tui.monitor.writer import Recording, RecordingState

NEWS = 1000
"""Alert events held for the log; it is written at once, unless the machine is in deep trouble."""
OPENING = 0.1
"""Seconds between looks whether the history is open, before it is."""

_ENDING = (signal.SIGTERM, signal.SIGINT)
_LEVELS = {Severity.CRITICAL: logging.ERROR, Severity.WARNING: logging.WARNING}
_QUIET = frozenset({"pending", "inactive"})
_NO_NEWS = "moved"

log = logging.getLogger(__name__)


class Recorded(Protocol):
    """What the service needs of a `Monitor`."""

    interval: float
    tick_bus: Bus[Tick]

    @property
    def recording(self) -> Recording: ...
    @property
    def notices(self) -> tuple[str, ...]: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class Service:
    """Made on the main thread; `signal` may be called by a signal's disposition, `run` once."""

    def __init__(
        self,
        monitor: Recorded,
        clock: Clock,
        health: Path,
        *,
        supervisor: Supervisor,
        wait: bool,
        ends: Callable[[int], bool] = lambda _number: True,
        exit_now: Callable[[int], object] = os._exit,
    ) -> None:
        """`wait` says to stand by where another program records. `ends` decides of a signal
        whether it ends the program. `exit_now` ends it without another word."""
        self._monitor = monitor
        self._clock = clock
        self._health = health
        self._supervisor = supervisor
        self._wait = wait
        self._ends = ends
        self._exit_now = exit_now
        self._inbox: SimpleQueue[int] = SimpleQueue()
        self._asked = False
        self._tick = Tick(number=0, wall=clock.wall(), mono=clock.mono())
        self._news: deque[AlertEvent] = deque(maxlen=NEWS)
        self._notices: tuple[str, ...] = ()
        self._state = RecordingState.OPENING
        self._written = float("-inf")
        self._wrote: Pulse | None = None
        self._health_problem = ""

    def signal(self, number: int) -> None:
        """Take a signal; the second one that asks to end is obeyed at once, flushed or not."""
        if number in _ENDING:
            if self._asked:
                self._exit_now(128 + number)
            self._asked = True
        self._inbox.put(number)

    def run(self) -> int:
        """Record until a signal says otherwise; its number.

        Raises `SysmonError` where another program records already and nobody said to wait.
        """
        subscription = self._monitor.tick_bus.subscribe(self._take)
        self._monitor.start()
        try:
            while True:
                number = self._turn()
                if number and self._ends(number):
                    return number
        finally:
            subscription.cancel()
            self._monitor.stop()
            self._tell_news()
            self._forget_health()

    def _take(self, tick: Tick) -> None:
        """On the engine's thread."""
        self._news.extend(event for event in tick.events if event.kind != _NO_NEWS)
        self._tick = tick
        if self._inbox.empty():
            self._inbox.put(0)

    def _turn(self) -> int:
        """Wait for something and tell of it; the number of the signal that came, or 0."""
        opening = self._state is RecordingState.OPENING
        try:
            number = self._inbox.get(timeout=OPENING if opening else self._pause())
        except Empty:
            number = 0
        self._follow_recording()
        self._tell_news()
        self._tell_notices()
        self._prove()
        return number

    def _pause(self) -> float:
        return min(pulse.EVERY, self._supervisor.watchdog / 2.0)

    def _follow_recording(self) -> None:
        recording = self._monitor.recording
        before, self._state = self._state, recording.state
        if before is self._state:
            return
        if self._state is RecordingState.VIEWER:
            if not self._wait:
                raise SysmonError(
                    recording.reason,
                    "Use --wait to stand by until it ends, or another --state-dir",
                )
            log.info("standing by", extra={"fields": {"reason": recording.reason}})
        elif self._state is RecordingState.RECORDING:
            log.info("recording")
        if before is RecordingState.OPENING:
            self._supervisor.tell("READY=1", f"STATUS={self._state}")

    def _tell_news(self) -> None:
        while self._news:
            event = self._news.popleft()
            alert = event.alert
            level = _LEVELS.get(alert.severity, logging.INFO) if event.notifies else logging.INFO
            fields = {
                "rule": alert.rule,
                "severity": alert.severity.word,
                "fingerprint": alert.fingerprint,
                "summary": alert.summary,
                "by": event.actor,
                "note": alert.ack.note if alert.ack is not None else "",
            }
            log.log(
                logging.DEBUG if event.kind in _QUIET else level,
                "alert %s",
                event.kind,
                extra={"fields": fields},
            )

    def _tell_notices(self) -> None:
        notices = self._monitor.notices
        if self._health_problem:
            notices = (*notices, self._health_problem)
        for notice in notices:
            if notice not in self._notices:
                log.warning("problem", extra={"fields": {"problem": notice}})
        for notice in self._notices:
            if notice not in notices:
                log.info("problem over", extra={"fields": {"problem": notice}})
        self._notices = notices

    def _prove(self) -> None:
        """Write the health file where it is due, and feed the watchdog while the engine beats."""
        now = self._clock.mono()
        said = self._pulse()
        if said.age(self._clock.wall(), now) <= said.patience:
            self._supervisor.tell(*(("WATCHDOG=1",) if self._watched else ()))
        due = now >= self._written + pulse.EVERY or said.differs(self._wrote)
        if self._state is RecordingState.OPENING or not due or self._another_tells(said):
            return
        self._written = now
        try:
            pulse.write(self._health, said)
            self._wrote = said
            self._health_problem = ""
        except OSError as error:
            self._health_problem = f"{self._health} cannot be written: {error.strerror}"

    def _another_tells(self, said: Pulse) -> bool:
        """While we stand by: whether it is a recorder, whose health is for that one to tell, and
        not a screen that records."""
        if self._state is not RecordingState.VIEWER:
            return False
        try:
            other = pulse.read(self._health)
        except SysmonError:
            return False
        now = self._clock
        return other.pid != said.pid and other.age(now.wall(), now.mono()) <= other.patience

    @property
    def _watched(self) -> bool:
        return self._supervisor.watchdog != float("inf")

    def _pulse(self) -> Pulse:
        tick, recording = self._tick, self._monitor.recording
        return Pulse(
            version=__version__,
            pid=os.getpid(),
            tick=tick.number,
            wall=tick.wall,
            mono=tick.mono,
            interval=self._monitor.interval,
            recording=recording.state,
            reason=recording.reason,
            collectors={state.name: str(state.status) for state in tick.collectors},
        )

    def _forget_health(self) -> None:
        """After an orderly end nobody should wait for the file to get old."""
        with suppress(OSError, SysmonError):
            if self._wrote is not None and pulse.read(self._health).pid == self._wrote.pid:
                self._health.unlink()
