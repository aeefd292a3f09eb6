"""One writer for each file that programs share: history, secrets, users.

The lock is on a file of its own: opening and closing the database itself outside SQLite would
drop the locks SQLite holds on it (POSIX drops all of a process's locks on any close).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PAUSE = 0.02
"""Seconds between two tries of who waits."""

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _seize(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _seize(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Held from a successful `acquire` to `release`, or to the end of the process however it ends.

    The file stays: removing it would let two programs hold locks on two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def acquire(self) -> bool:
        """False where another program holds it; never waits. Raises `OSError`."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _seize(fd)
        except (BlockingIOError, PermissionError):
            os.close(fd)
            return False
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        # Only for the others to read: a full disk does not keep us from holding it.
        with suppress(OSError):
            os.ftruncate(fd, 0)
            os.write(fd, b"%d\n" % os.getpid())
        return True

    def wait(self, patience: float, sleep: Callable[[float], None] = time.sleep) -> bool:
        """`acquire`, tried again for `patience` seconds: for what another program holds for a
        moment only. Blocks; raises `OSError`."""
        for _ in range(int(patience / PAUSE)):
            if self.acquire():
                return True
            sleep(PAUSE)
        return self.acquire()

    def holder(self) -> int | None:
        """The process id of the program that holds it, as that sees itself (a container counts
        its own); None where it does not say. Ask only while another program holds it."""
        try:
            return int(self.path.read_bytes()[:20])
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
