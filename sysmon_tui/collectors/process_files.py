"""System calls on /proc: one kept descriptor of the directory, and one per process within limits.

`process_scan` keeps /proc/PID/stat open, because open and close cost more than the read; details
and inspection open, read and close. A kept descriptor stays bound to its process: when that has
ended, reading fails with ESRCH even if the pid is in use again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
from pathlib import Path

RESERVE = 256
"""Descriptors left to the rest of the program."""
MOST_KEPT = 16384
FLOOR = 1024
"""Kept descriptors are numbered from here: select() cannot watch a descriptor beyond 1023, and
whatever else the program opens must stay below."""
MOST_DESCRIPTORS = 65536
"""Where the hard limit is far higher, the soft one is not: children inherit it, and old programs
close every number up to it when they start."""
REFUSED = frozenset({errno.EACCES, errno.EPERM})

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def raise_descriptor_limit() -> int:
    """Let this process open as many files as the system grants unasked; the number granted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft if soft != resource.RLIM_INFINITY else MOST_DESCRIPTORS
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):
        return soft
    return wanted


class ProcessFiles:
    """Every method raises `OSError` as the system call did."""

    def __init__(self, proc: Path, descriptors: int) -> None:
        """`descriptors` is how many files this process may have open."""
        self.proc = proc
        self._directory = -1
        self._floor = FLOOR if descriptors >= 4 * FLOOR else 0
        self._kept = 0
        self._most = max(0, min(descriptors - self._floor - RESERVE, MOST_KEPT))

    @property
    def kept(self) -> int:
        return self._kept

    def names(self) -> list[str]:
        """Everything in /proc; names of processes are decimal."""
        return os.listdir(self._open_directory())

    def keep(self, pid: int) -> int:
        """A descriptor of the process's stat file; -1 when no more may be kept."""
        if self._kept >= self._most:
            return -1
        low = os.open(f"{pid}/stat", _FILE, dir_fd=self._open_directory())
        if self._floor:
            try:
                fd = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, self._floor)
            finally:
                os.close(low)
        else:
            fd = low
        self._kept += 1
        return fd

    def release(self, fd: int) -> None:
        os.close(fd)
        self._kept -= 1

    def keep_fewer(self) -> None:
        """From now on keep no more than there are now, less a few for the program."""
        self._most = max(0, self._kept - RESERVE // 4)

    @property
    def excess(self) -> int:
        """How many kept descriptors should be released."""
        return max(0, self._kept - self._most)

    def read(self, pid: int, name: str, size: int = 4096) -> bytes:
        """The beginning of a file of the process, at most `size` bytes."""
        fd = os.open(f"{pid}/{name}", _FILE, dir_fd=self._open_directory())
        try:
            return os.read(fd, size)
        finally:
            os.close(fd)

    def owner(self, pid: int) -> int:
        """The effective user id: the directory carries it even where files do not."""
        return os.stat(str(pid), dir_fd=self._open_directory()).st_uid

    def link(self, pid: int, name: str) -> bytes:
        return os.fsencode(os.readlink(f"{pid}/{name}", dir_fd=self._open_directory()))

    def count(self, pid: int, name: str) -> int:
        """How many entries a directory of the process has."""
        return len(self.entries(pid, name))

    def entries(self, pid: int, name: str) -> list[str]:
        fd = os.open(f"{pid}/{name}", _DIRECTORY, dir_fd=self._open_directory())
        try:
            return os.listdir(fd)
        finally:
            os.close(fd)

    def _open_directory(self) -> int:
        if self._directory < 0:
            self._directory = os.open(self.proc, _DIRECTORY)
        return self._directory

    def close(self) -> None:
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1
