"""An orderly end for every signal that asks for one, and an end in any case.

Stock Textual has no handler for SIGTERM and SIGHUP: the terminal is left in the alternate screen
and a process that is PID 1 ignores them. The driver calls `install_signals` before it takes the
terminal. Handlers are set with `signal.signal`, which also overrides an inherited "ignore".
"""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

HANGUP = 128 + signal.SIGHUP
"""The exit status when the terminal is gone, with a signal or without."""

PATIENCE = 1.5
"""Seconds that the application has to give the terminal back."""
GRACE = 5.0
"""Seconds after which the process ends, even if history is still being written."""


class Termination:
    """`end(status)` is called in the loop, once; `rescue()` from a thread if that is no use."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        end: Callable[[int], None],
        rescue: Callable[[], None],
        *,
        patience: float = PATIENCE,
        grace: float = GRACE,
    ) -> None:
        self._loop = loop
        self._end = end
        self._rescue = rescue
        self._patience = patience
        self._grace = grace
        self._given_back = threading.Event()
        self._begun = False
        self._previous: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.begin(128 + number)

    def begin(self, status: int) -> None:
        """Start the end. In a signal handler: no lock may be taken here, so no Thread object."""
        if self._begun:
            return
        self._begun = True
        _thread.start_new_thread(self._watch, (status,))
        with contextlib.suppress(RuntimeError):
            # A closed loop: the process is on its way out.
            self._loop.call_soon_threadsafe(self._end, status)

    def _watch(self, status: int) -> None:
        try:
            if self._given_back.wait(self._patience):
                time.sleep(self._grace)
            else:
                self._rescue()
        finally:
            os._exit(status)

    def close(self) -> None:
        """The terminal has been given back; signals do again what they did before."""
        self._given_back.set()
        for number, handler in self._previous.items():
            # None: it was not set from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous.clear()


def install_signals(
    loop: asyncio.AbstractEventLoop, end: Callable[[int], None], rescue: Callable[[], None]
) -> Termination:
    """End with 128 + n on signal n: through `end(status)`, after 1.5 s through `rescue()`."""
    termination = Termination(loop, end, rescue)
    termination.install()
    return termination
