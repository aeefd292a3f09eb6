"""Log files, followed as they grow: what the `logfile` settings name, and no other.

A file is opened without blocking and must be a regular one. It may be renamed and made anew (the
old one is read to its end first) or cut (it is read from its beginning). A pass reads a bounded
number of bytes for a bounded time; what it cannot keep up with is left out and counted, so no beat
is late and memory does not grow.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

LINES = "sysmon_logfile_lines_total"
MATCHES = "sysmon_logfile_matches_total"
SKIPPED = "sysmon_logfile_skipped_bytes_total"
METRICS = (
    Metric(LINES, Kind.COUNTER, Unit.COUNT, "Lines read of a log file"),
    Metric(MATCHES, Kind.COUNTER, Unit.COUNT, "Lines of a log file that match a pattern"),
    Metric(SKIPPED, Kind.COUNTER, Unit.BYTES, "What was left out of a log file that grew too fast"),
)
PIECE = 1 << 16
PASS = 1 << 20
"""Bytes of each file read in a pass."""
BEHIND = 8 << 20
"""Bytes that a file may be ahead; beyond that the oldest are left out."""
BUDGET = 0.1
"""Seconds that a pass may take."""

Families = dict[str, dict[Labels, float]]


class Digest(Protocol):
    """What becomes of the lines of one file (`processors.logfile.Log`)."""

    @property
    def given_up(self) -> bool: ...

    def take(self, piece: bytes, on_time: Callable[[], bool]) -> bool: ...

    def restart(self) -> None: ...

    def tell(self, families: Families) -> None: ...


class Follower:
    """The place in one file."""

    def __init__(self, path: str, digest: Digest) -> None:
        self._path = path
        self.digest = digest
        self._fd = -1
        self._at = 0
        self._seen = False
        """It was there before, so another file of its name is read from its beginning."""
        self.skipped = 0
        self.problem = ""

    def read(self, on_time: Callable[[], bool]) -> None:
        """What came since the last time, or a part of it."""
        self.problem = ""
        try:
            if self._fd < 0 and not self._open():
                return
            if self._pass(on_time) and self._replaced():
                self.close()
                self.digest.restart()
                if self._open():
                    self._pass(on_time)
        except OSError as error:
            self.close()
            self.problem = f"{self._path} cannot be read: {error.strerror}"

    def _open(self) -> bool:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            self._fd = os.open(self._path, flags)
        except FileNotFoundError:
            # Rotation takes a moment, and a log that is not yet there is read whole.
            self._seen = True
            self.problem = f"{self._path} does not exist"
            return False
        facts = os.fstat(self._fd)
        if not stat.S_ISREG(facts.st_mode):
            self.close()
            self.problem = f"{self._path} is no regular file"
            return False
        self._at = 0 if self._seen else facts.st_size
        self._seen = True
        return True

    def _pass(self, on_time: Callable[[], bool]) -> bool:
        """True if the end was reached."""
        size = os.fstat(self._fd).st_size
        if size < self._at:
            self._at = 0
            self.digest.restart()
        if size - self._at > BEHIND:
            self._skip(size - PASS)
        for _ in range(PASS // PIECE):
            piece = os.pread(self._fd, PIECE, self._at)
            self._at += len(piece)
            if not self.digest.take(piece, on_time):
                self._skip(self._at)
                return False
            if len(piece) < PIECE:
                return True
        return False

    def _skip(self, to: int) -> None:
        self.skipped += to - self._at
        self._at = to
        self.digest.restart()

    def _replaced(self) -> bool:
        try:
            now = os.stat(self._path)
        except FileNotFoundError:
            return False
        held = os.fstat(self._fd)
        return (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Logfile:
    name: ClassVar[str] = "logfile"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = True

    def __init__(
        self,
        paths: Mapping[str, str],
        digests: Mapping[str, Digest],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Both by the name of the log."""
        self._clock = clock
        self._followers = {name: Follower(path, digests[name]) for name, path in paths.items()}

    def collect(self) -> Reading:
        until = self._clock() + BUDGET
        families: Families = {}
        problems: list[str] = []
        for name, follower in self._followers.items():
            follower.read(lambda: self._clock() < until)
            follower.digest.tell(families)
            key = labels(log=clean_name(name))
            families.setdefault(SKIPPED, {})[key] = float(follower.skipped)
            if follower.problem:
                problems.append(follower.problem)
            elif follower.digest.given_up:
                problems.append(f"A pattern of {name} takes too long and is given up")
        return Reading(families, note="; ".join(problems))

    def close(self) -> None:
        for follower in self._followers.values():
            follower.close()
