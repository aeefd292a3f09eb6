"""From the engine's thread to one asyncio consumer. `Monitor.stream` makes one for each.

A module of its own because it needs asyncio, which a program without a screen need not load.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

from sysmon_tui.model.tick import Tick


class Mailbox:
    """One slot between the engine thread and one asyncio consumer: the newest tick wins."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._tick: Tick | None = None
        self._full = asyncio.Event()
        self._closed = False

    def put(self, tick: Tick) -> None:
        """From any thread. What a skipped tick told about alerts moves on to the next."""
        with self._lock:
            waiting = self._tick
            self._tick = tick if waiting is None else _newest(waiting, tick)
        if waiting is None:
            self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    async def take(self) -> Tick | None:
        """The next tick; None once the monitor has stopped."""
        await self._full.wait()
        with self._lock:
            tick, self._tick = self._tick, None
            if not self._closed:
                self._full.clear()
        return tick

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._full.set)


def _newest(missed: Tick, tick: Tick) -> Tick:
    return replace(tick, events=missed.events + tick.events) if missed.events else tick
