"""The terminal as a device: opened, measured, and given back when all else has failed.

The driver and its writer use it; nothing here blocks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import termios
from typing import Any

RESTORE = (
    # End of a synchronized update; paste, in-band resize, mouse and focus reports off; wrap on;
    # keyboard protocol popped; alternate screen left; cursor shown; pen plain, links closed.
    b"\x1b[?2026l\x1b[?2004l\x1b[?2048l\x1b[?1016l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[?1004l\x1b[?7h\x1b[<u\x1b]8;;\x1b\\\x1b[m\x1b[?1049l\x1b[?25h\x1b[m"
)
"""Undoes all that Textual 8.2.8 switches on (drivers/linux_driver.py)."""


def open_terminal(fd: int) -> int:
    """A descriptor that writes to the terminal of `fd` without blocking.

    The flag belongs to the open file, which the shell and our children share, so the terminal is
    opened anew. Where that fails (another user's terminal after su, another mount namespace) the
    shared one is made non-blocking; `Writer.close` makes up for it.
    """
    with contextlib.suppress(OSError):
        opened = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        if os.fstat(opened).st_rdev == os.fstat(fd).st_rdev:
            return opened
        os.close(opened)
    os.set_blocking(fd, False)
    return fd


def force(fd: int, data: bytes) -> None:
    """Discard what the terminal has not read, let it go on, and write. Never blocks, never fails.

    The first bytes may follow a sequence that was cut; ESC cancels it (ECMA-48, 5.4).
    """
    with contextlib.suppress(OSError, termios.error):
        termios.tcflush(fd, termios.TCOFLUSH)
        termios.tcflow(fd, termios.TCOON)
    with contextlib.suppress(OSError):
        blocking = os.get_blocking(fd)
        os.set_blocking(fd, False)
        try:
            os.write(fd, data)
        finally:
            os.set_blocking(fd, blocking)


def forget_if_gone(*fds: int) -> None:
    """Let what is still said to a terminal that has hung up go nowhere.

    Whatever cannot be flushed at its end turns Python's exit status into 120.
    """
    for fd in fds:
        if not os.isatty(fd):
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, fd)
            os.close(nowhere)


def attributes(fd: int) -> list[Any] | None:
    """The terminal's attributes as termios(3) has them; None for what is no terminal."""
    try:
        return termios.tcgetattr(fd)
    except termios.error:
        return None


def restore(output: int, stdin: int, before: list[Any] | None) -> None:
    """Give the terminal back from wherever we are; nothing here blocks or raises."""
    force(output, RESTORE)
    if before is not None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(stdin, termios.TCSANOW, before)


def size(fd: int) -> tuple[int, int] | None:
    """Columns and rows; None where the terminal does not know them."""
    try:
        columns, rows = os.get_terminal_size(fd)
    except OSError:
        return None
    return (columns, rows) if columns and rows else None


def is_foreground(fd: int) -> bool:
    """Whether we may use the terminal; in the background this stops us until we may.

    As the stock driver does it: setting the attributes that are set already is refused in the
    background, with a signal. True also for what is no terminal. Only in the main thread.
    """
    for number in (signal.SIGTTOU, signal.SIGTTIN):
        signal.signal(number, stop_again)
    try:
        termios.tcsetattr(fd, termios.TCSANOW, termios.tcgetattr(fd))
    except termios.error:
        return not os.isatty(fd)
    finally:
        for number in (signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(number, signal.SIG_DFL)
    return True


def stop_again(*_: object) -> None:
    """Stop this process as job control does."""
    os.kill(os.getpid(), signal.SIGSTOP)
