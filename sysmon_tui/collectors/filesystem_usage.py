"""The near side of `filesystem_probe`: one disposable process that is asked with a deadline.

A process is started for each pass and ended after it: about 9 ms of CPU every 10 s, against
8 MB held all the time by one that stays.
"""

from __future__ import annotations

import errno
import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sysmon_tui.collectors import filesystem_probe

DEADLINE = 1.0
"""Seconds a mount may take to answer."""
GRACE = 0.1
"""Seconds in which a killed process ends, unless it is stuck in the kernel."""
_LINE = 4096


class Usage(NamedTuple):
    """Bytes and inodes. `available` is what is left for users without privileges."""

    size: float
    free: float
    available: float
    files: float
    files_free: float


class Probe(Protocol):
    def ask(self, path: bytes) -> Usage:
        """Raises `TimeoutError` where the mount hangs, another `OSError` where it refuses."""

    def end(self) -> bool:
        """Kill it, at most a moment's wait; true once it is gone for good. May be called again."""

    def interrupt(self) -> None:
        """Kill it from another thread: an `ask` under way fails at once."""


def probe_command() -> list[str]:
    """By path and without site packages: half of an interpreter's start is finding those."""
    return [sys.executable, "-I", "-S", filesystem_probe.__file__]


class ProbeProcess:
    def __init__(self, command: Sequence[str] = (), deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._killed = False
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and file)  # nosec B603
            command or probe_command(),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Out of the terminal's process group: Ctrl-C is not meant for it.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, path: bytes) -> Usage:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None  # noqa: S101 (asked for with PIPE above)  # nosec B101
        assert answers is not None  # noqa: S101 (as above)  # nosec B101
        os.write(requests.fileno(), path.hex().encode() + b"\n")
        ready = select.poll()
        ready.register(answers.fileno(), select.POLLIN)
        if not ready.poll(self._deadline * 1000.0):
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        # An answer is far below PIPE_BUF and written at once, so it is also read at once.
        return _decode(os.read(answers.fileno(), _LINE))

    def end(self) -> bool:
        """See `Probe.end`. One that is not stuck in the kernel is gone within this call."""
        if self._killed:
            return self._process.poll() is not None
        self._killed = True
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            return False
        return True

    def interrupt(self) -> None:
        self._process.kill()


def _decode(line: bytes) -> Usage:
    """Raises `OSError`: what the mount said, or EPROTO for an answer that is none."""
    try:
        answer = json.loads(line)
        if isinstance(answer, dict):
            code = int(answer["errno"])
            raise OSError(code, os.strerror(code))
        block, blocks, free, available, files, files_free = map(int, answer)
        return usage(block, blocks, free, available, files, files_free)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise OSError(errno.EPROTO, "the probe ended or answered nonsense") from None


def usage(block: int, blocks: int, free: int, available: int, files: int, files_free: int) -> Usage:
    """From statvfs counts. Some servers report less than nothing, which reads as a huge figure."""
    return Usage(
        size=float(blocks * block),
        free=float(free * block) if free <= blocks else 0.0,
        available=float(available * block) if available <= blocks else 0.0,
        files=float(files),
        files_free=float(files_free) if files_free <= files else 0.0,
    )
