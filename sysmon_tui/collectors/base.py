"""What a collector is, and the places it may read.

A collector is one class in one module: a name, the metrics it yields, and `collect()`. It returns
raw counters and gauges and knows no clock; `monitor` stamps, times, retries and gives up on it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Metric
from sysmon_tui.model.sample import Reading


@dataclass(frozen=True, slots=True)
class Roots:
    """Where this machine's kernel files are; in a container they may be mounted elsewhere."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")
    """Prefix of the mounts and of /etc: `/host` where the host's root is mounted there."""
    foreign: bool = False
    """`proc` is not this process's own: pids in it cannot be signalled, `self` is not us."""


class Collector(Protocol):
    """One source of figures. Constructed by its module's `create(roots)`."""

    name: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    interval: ClassVar[float]
    """Seconds between passes when the user sets nothing."""
    may_block: ClassVar[bool]
    """A pass can hang in the kernel (mounts, slow sensors): it gets a thread of its own."""

    def collect(self) -> Reading:
        """Read once.

        Raises `Unsupported` or `Denied` where the figures cannot be had, with the remedy; any
        other exception counts as an error of this pass alone.
        """

    def close(self) -> None:
        """Release descriptors and helper processes; called once, from any thread."""


_ONE_ANSWER = 2048
"""The kernel renders record files a page at a time and may answer short. An answer below half a
page is the whole file, which saves the second read that would confirm it."""


class KernelFile:
    """A file in /proc or /sys read again and again through one kept descriptor.

    `pread` from offset 0 makes the kernel render it anew; keeping the descriptor saves the path
    walk (open and close cost more than the read of most of these files).
    """

    __slots__ = ("_fd", "_size", "path")

    def __init__(self, path: Path, size: int = 16384) -> None:
        self.path = path
        self._fd = -1
        self._size = size

    def read(self) -> bytes:
        """The whole file.

        Raises `Unsupported` where it does not exist, `Denied` where it may not be read.
        """
        try:
            if self._fd < 0:
                self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            return self._read_all()
        except (FileNotFoundError, NotADirectoryError):
            self.close()
            raise Unsupported(f"{self.path} does not exist on this system") from None
        except PermissionError:
            self.close()
            raise Denied(f"{self.path} may not be read", "Run as root to see it") from None
        except OSError:
            self.close()
            raise

    def _read_all(self) -> bytes:
        text = os.pread(self._fd, self._size, 0)
        if len(text) < _ONE_ANSWER:
            return text
        if len(text) == self._size:
            self._size *= 4
            return self._read_all()
        while more := os.pread(self._fd, self._size, len(text)):
            text += more
        return text

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
