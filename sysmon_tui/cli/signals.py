"""How the commands without a screen end on a signal: flushed, and with the shell's exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def ending() -> Iterator[None]:
    """Make the signals that ask us to end raise `SystemExit` with 128 and their number.

    One that was ignored when we came (nohup, a background job) stays so. Needed for SIGTERM also
    because process 1 of a container ignores it by default.
    """
    before = {}
    for name in _ENDING:
        # Windows knows no SIGHUP.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)
