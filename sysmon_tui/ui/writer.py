"""Bytes to a terminal that may stop reading, without ever waiting for it.

The driver sends whole updates. What the terminal does not take at once is kept and goes out when
it reads again, in the same order, so that no escape sequence is cut; while anything is kept the
writer is `busy` and the driver holds back what can wait.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import threading
import time
from collections.abc import Callable

from sysmon_tui.ui.tty import force, open_terminal


class Writer:
    """Writes to `fd`; `drained` is called in the loop whenever a backlog has gone out."""

    def __init__(
        self, fd: int, loop: asyncio.AbstractEventLoop, drained: Callable[[], None]
    ) -> None:
        self._shared = fd
        self._flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        self._fd = open_terminal(fd)
        self._loop = loop
        self._drained = drained
        self._backlog = bytearray()
        # The input thread asks the terminal for modes; the loop writes all the rest.
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether the terminal has yet to take what was sent before."""
        return bool(self._backlog)

    def send(self, data: bytes) -> None:
        """Write, or keep what cannot be written now. Errors are those of a lost terminal: no
        more can be done about them than to go on until the hangup is noticed."""
        with self._lock:
            waiting = bool(self._backlog)
            self._backlog += data
            if not waiting:
                self._write()
                if self._backlog:
                    self._loop.call_soon_threadsafe(self._watch)

    def _write(self) -> None:
        try:
            while self._backlog:
                del self._backlog[: os.write(self._fd, self._backlog)]
        except BlockingIOError:
            return
        except OSError:
            self._backlog.clear()

    def _watch(self) -> None:
        if self._backlog and self._fd >= 0:
            self._loop.add_writer(self._fd, self._continue)

    def _continue(self) -> None:
        with self._lock:
            self._write()
        if not self._backlog:
            self._loop.remove_writer(self._fd)
            self._drained()

    def finish(self, seconds: float) -> bool:
        """Wait until all is written, at most so long; False if the terminal does not take it."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        while self._backlog and (left := deadline - time.monotonic()) > 0:
            poll.poll(left * 1000)
            with self._lock:
                self._write()
        return not self._backlog

    def force(self, data: bytes) -> None:
        """Write this instead of all that the terminal has not read yet."""
        self._backlog.clear()
        force(self._fd, data)

    def close(self) -> None:
        """Give the terminal back as it was. What is still kept is lost."""
        if self._fd < 0:
            return
        self._backlog.clear()
        self._loop.remove_writer(self._fd)
        if self._fd == self._shared:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, self._flags)
        else:
            os.close(self._fd)
        self._fd = -1
