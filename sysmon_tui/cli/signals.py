"""How the commands without a screen meet the signals that ask them to end.

The line mode is interrupted where it stands (`ending`); `record` is told and ends in its own time
(`passing`).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def hold() -> None:
    """Let them wait across an exec: process 1 would lose those that come before `passing`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())


def release() -> None:
    """Take what `hold` has kept waiting."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


def _numbers() -> tuple[int, ...]:
    """Windows knows no SIGHUP."""
    return tuple(getattr(signal, name) for name in _ENDING if hasattr(signal, name))


def _end(number: int) -> None:
    raise SystemExit(128 + number)


def ending() -> AbstractContextManager[None]:
    """Make the signals that ask us to end raise `SystemExit` with 128 and their number."""
    return passing(_end)


@contextmanager
def passing(take: Callable[[int], None]) -> Iterator[None]:
    """Call `take` with the number of each signal that asks us to end.

    One that was ignored when we came (nohup, a background job) stays so. Needed for SIGTERM also
    because process 1 of a container ignores it by default.
    """

    def taken(number: int, _frame: FrameType | None) -> None:
        take(number)

    before = {}
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, taken)
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)
