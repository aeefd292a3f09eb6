"""Where control groups are and what one of them says of itself; `cgroup` asks.

Version 2 keeps everything in one tree (Documentation/admin-guide/cgroup-v2.rst), version 1 a tree
for each controller (cgroup-v1/), and hybrid machines both, with the controllers in version 1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import nan
from pathlib import Path
from typing import NamedTuple

from sysmon_tui.collectors.figures import DIGITS, EXHAUSTED, SMALL, names_in, read_small

MOST_DEEP = 6
"""Levels below the root that are looked at: a container of a pod is the fourth."""
MOST_SEEN = 2000
"""Groups looked at in one walk."""
_STAT = 16384
_UNLIMITED = 1 << 60
"""Version 1 writes no limit as the largest page-aligned figure; real ones are far below this."""


class Layout(NamedTuple):
    """The directories whose subdirectories are the groups (one for all in version 2)."""

    memory: str
    cpu: str
    accounting: str
    """Version 1 alone: where CPU time is counted; empty in version 2."""
    pids: str

    @property
    def trees(self) -> tuple[str, ...]:
        """Those to walk in order to find every group."""
        return tuple(dict.fromkeys(tree for tree in self if tree))


class Names(NamedTuple):
    """What version 2 and 1 call the same thing."""

    usage: str
    inactive: bytes
    limit: str
    events: str


_V2 = Names("memory.current", b"inactive_file", "memory.max", "memory.events")
_V1 = Names(
    "memory.usage_in_bytes", b"total_inactive_file", "memory.limit_in_bytes", "memory.oom_control"
)


def find_layout(mount: Path) -> Layout | None:
    """None where no controller is mounted."""
    if (mount / "cgroup.controllers").exists():
        return Layout(memory=str(mount), cpu=str(mount), accounting="", pids=str(mount))
    present = set(names_in(mount))
    found = Layout(
        *(
            next((str(mount / name) for name in names if name in present), "")
            for names in (
                ("memory",),
                ("cpu", "cpu,cpuacct"),
                ("cpuacct", "cpu,cpuacct"),
                ("pids",),
            )
        )
    )
    return found if any(found) else None


def walk(layout: Layout) -> list[str]:
    """Paths of groups below the root, shallow ones first, at most `MOST_SEEN`."""
    seen: dict[str, None] = {}
    for tree in layout.trees:
        for path in _below(tree):
            if len(seen) >= MOST_SEEN:
                break
            seen[path] = None
    return list(seen)


def _below(tree: str) -> Iterator[str]:
    level = [""]
    for _ in range(MOST_DEEP):
        level = [f"{path}/{name}" for path in level for name in _children(f"{tree}{path}")]
        yield from level


def _children(directory: str) -> list[str]:
    try:
        # A directory of cgroupfs has two links and one more for each child: most have none,
        # and listing their files costs far more than asking this. 1 means it does not count.
        if os.stat(directory).st_nlink == 2:
            return []
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return []


class _Often:
    """A file read in every pass, through a descriptor that is kept if there are enough."""

    __slots__ = ("_fd", "_keep", "_path")

    def __init__(self, path: str, keep: bool) -> None:
        self._path = path
        self._keep = keep
        self._fd = -1

    def read(self) -> bytes:
        """Empty where nothing can be read: the group may be gone. Raises as `read_small`."""
        if not self._keep:
            return read_small(self._path)
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            return os.pread(self._fd, SMALL, 0).strip()
        except OSError as error:
            self.close()
            if error.errno in EXHAUSTED:
                raise
            return b""

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class GroupFiles:
    """The files of one group. Figures are NaN where the kernel or the controller has none."""

    __slots__ = ("_accounting", "_cpu", "_memory", "_names", "_pids", "_usage")

    def __init__(self, layout: Layout, path: str, keep: bool = False) -> None:
        """`keep` leaves the two or three files of every pass open: half of what they cost."""
        self._names = _V1 if layout.accounting or layout.memory != layout.cpu else _V2
        self._memory = f"{layout.memory}{path}/" if layout.memory else ""
        self._usage = _Often(self._memory + self._names.usage, keep) if layout.memory else None
        self._cpu = _Often(f"{layout.cpu}{path}/cpu.stat", keep) if layout.cpu else None
        accounting = f"{layout.accounting}{path}/cpuacct.usage" if layout.accounting else ""
        self._accounting = _Often(accounting, keep) if accounting else None
        self._pids = f"{layout.pids}{path}/pids.current" if layout.pids else ""

    def usage(self) -> float:
        """Bytes charged, file cache included."""
        return _figure(self._usage.read()) if self._usage else nan

    def reclaimable(self) -> float:
        """Bytes of file cache not used lately: the kubelet's working set leaves them out."""
        text = read_small(f"{self._memory}memory.stat", _STAT)
        return _line(text, self._names.inactive)

    def limit(self) -> float:
        text = read_small(self._memory + self._names.limit) if self._memory else b""
        value = _figure(text)
        return value if 0.0 < value < _UNLIMITED else nan

    def oom_kills(self) -> float:
        """Processes killed in the group and below it."""
        text = read_small(self._memory + self._names.events) if self._memory else b""
        return _line(text, b"oom_kill")

    def pids(self) -> float:
        return _figure(read_small(self._pids)) if self._pids else nan

    def cpu(self) -> tuple[float, float, float]:
        """Seconds used, and periods of the quota passed and throttled (both NaN without one)."""
        text = self._cpu.read() if self._cpu else b""
        if self._accounting:
            seconds = _figure(self._accounting.read()) * 1e-9
        else:
            seconds = _line(text, b"usage_usec") * 1e-6
        periods = _line(text, b"nr_periods")
        # Without a quota no period ever passes.
        return (
            (seconds, periods, _line(text, b"nr_throttled"))
            if periods > 0.0
            else (seconds, nan, nan)
        )

    def close(self) -> None:
        for file in (self._usage, self._cpu, self._accounting):
            if file is not None:
                file.close()


def _figure(text: bytes) -> float:
    return float(text) if text.isdigit() and len(text) <= DIGITS else nan


def _line(text: bytes, name: bytes) -> float:
    """The figure behind a name at the beginning of a line."""
    start = 0 if text.startswith(name + b" ") else text.find(b"\n" + name + b" ") + 1
    if not start and not text.startswith(name + b" "):
        return nan
    start += len(name) + 1
    end = text.find(b"\n", start)
    return _figure(text[start:] if end < 0 else text[start:end])
