"""Asks whoever records to write out at once what it holds, and waits until that is done.

A file in the state directory is the request: the recorder renames it when it begins and takes it
away when everything read by then is on the disk. `monitor.writer` looks for it, `monitor.desk`
asks before an incident is written up, in whatever program it ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ASKED, TAKEN = "flush.asked", "flush.taken"
LOOK = 0.05
"""Seconds between two looks whether it is done."""
UNHEARD = 50
"""Looks after which nobody takes it: recorders look twice a second."""
UNDONE = 100
"""Further looks: a disk that takes longer is not waited for."""


class Flush:
    def __init__(self, state: Path) -> None:
        self._asked = state / ASKED
        self._taken = state / TAKEN

    def ask(self, pause: Callable[[float], object] = time.sleep) -> bool:
        """True once all that was read until now can be read back; false where nobody did it in
        time. Blocks; `pause` waits for so many seconds."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
            os.close(os.open(self._asked, flags, 0o600))
        except OSError:
            return False
        if _gone(self._asked, UNHEARD, pause):
            return _gone(self._taken, UNDONE, pause)
        with suppress(OSError):
            self._asked.unlink()
        return False

    def take(self) -> bool:
        """Whether somebody asks; the recorder then flushes and calls `done`."""
        try:
            self._asked.rename(self._taken)
        except OSError:
            return False
        return True

    def done(self) -> None:
        with suppress(OSError):
            self._taken.unlink()


def _gone(path: Path, looks: int, pause: Callable[[float], object]) -> bool:
    for _ in range(looks):
        if not path.exists():
            return True
        pause(LOOK)
    return not path.exists()
