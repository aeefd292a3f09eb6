"""What another program says, within a deadline: `journal` asks journalctl this way.

By argv, never through a shell. A program that hangs is killed with its children; one that cannot
be killed is left behind. Only for threads that may wait.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from sysmon_tui.model.errors import Unsupported

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
OUTPUT_LIMIT = 256 << 10
"""Bytes that are read; a program that says more is ended."""
GRACE = 0.5
"""Seconds a killed program gets to be gone."""


def said(
    argv: Sequence[str],
    deadline: float,
    mono: Callable[[], float] = time.monotonic,
    path: str = PATH,
) -> bytes:
    """Standard output and error, in the order they were written.

    Raises `Unsupported` where there is no such program, `TimeoutError` after `deadline` seconds.
    """
    program = shutil.which(argv[0], path=path)
    if program is None:
        raise Unsupported(f"{argv[0]} is not installed")
    try:
        process = subprocess.Popen(  # noqa: S603 (a constant argv, found on a constant path)  # nosec B603
            argv,
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": path, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
    except OSError as error:
        raise Unsupported(f"{program} cannot be run: {error.strerror}") from None
    assert process.stdout is not None  # noqa: S101 (asked for above)  # nosec B101
    with process.stdout as output:
        try:
            return _read(output.fileno(), mono() + deadline, mono)
        finally:
            _end(process)


def _read(fd: int, until: float, mono: Callable[[], float]) -> bytes:
    text = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while len(text) < OUTPUT_LIMIT:
        if not poll.poll(max(0.0, until - mono()) * 1000.0):
            raise TimeoutError
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        text += chunk
    return text


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
