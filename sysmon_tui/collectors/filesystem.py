"""How full each file system is, without ever hanging on one that does not answer.

On Linux the mounts come from /proc/PID/mounts and their figures from a disposable process
(`filesystem_usage`); through psutil elsewhere. A mount that misses its deadline is reported as
hung and left alone while the process that asked it lives.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.collectors.filesystem_usage import Probe, ProbeProcess, Usage
from sysmon_tui.collectors.mounts import Mount, parse_mounts
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

SIZE = "node_filesystem_size_bytes"
FREE = "node_filesystem_free_bytes"
AVAILABLE = "node_filesystem_avail_bytes"
FILES = "node_filesystem_files"
FILES_FREE = "node_filesystem_files_free"
READ_ONLY = "node_filesystem_readonly"
HUNG = "sysmon_filesystem_hung"
HUNG_FOR = "sysmon_filesystem_hung_seconds"

METRICS = (
    Metric(SIZE, Kind.GAUGE, Unit.BYTES, "Size of the file system"),
    Metric(FREE, Kind.GAUGE, Unit.BYTES, "Free space, root's reserve included"),
    Metric(AVAILABLE, Kind.GAUGE, Unit.BYTES, "Free space for everybody"),
    Metric(FILES, Kind.GAUGE, Unit.COUNT, "Inodes"),
    Metric(FILES_FREE, Kind.GAUGE, Unit.COUNT, "Free inodes"),
    Metric(READ_ONLY, Kind.GAUGE, Unit.COUNT, "1 if mounted read-only"),
    Metric(HUNG, Kind.GAUGE, Unit.COUNT, "1 if the mount does not answer"),
    Metric(HUNG_FOR, Kind.GAUGE, Unit.SECONDS, "Since when the mount does not answer"),
)

STUCK = 3
"""Processes that may be stuck at one time. The last place is kept for block devices, so that a
dead server takes with it the figures of other servers at most."""
MISSES = 3
"""Deadlines waited for in one pass."""
MOST = 200
"""Mounts asked in one pass."""

_BROKEN = (errno.EPROTO, errno.EPIPE)
"""Errors of the probe, not of the mount."""

Values = dict[str, dict[Labels, float]]


@dataclass(slots=True)
class _Hang:
    since: float
    probe: Probe | None = None
    """The process that asked, while it is stuck in the kernel."""


class LinuxFilesystem:
    name: ClassVar[str] = "filesystem"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 30.0
    may_block: ClassVar[bool] = True

    def __init__(
        self,
        roots: Roots,
        spawn: Callable[[], Probe] = ProbeProcess,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mounts = KernelFile(roots.proc / _viewer(roots) / "mounts")
        self._prefix = os.fsencode(roots.root).rstrip(b"/")
        self._spawn = spawn
        self._now = now
        self._probe: Probe | None = None
        self._hangs: dict[bytes, _Hang] = {}
        self._abandoned: list[Probe] = []
        self._closed = False

    def collect(self) -> Reading:
        mounts = parse_mounts(self._mounts.read())
        if not mounts:
            raise Unsupported("No file system with storage of its own is mounted here")
        self._forget({mount.path for mount in mounts})
        try:
            answers = self._ask_all(mounts[:MOST])
        finally:
            self._retire()
        return Reading(self._families(mounts, answers), note=self._note(mounts, answers))

    def _forget(self, paths: set[bytes]) -> None:
        """Reap what ended since, and drop hangs of mounts that are gone."""
        self._abandoned = [probe for probe in self._abandoned if not probe.end()]
        for path, hang in list(self._hangs.items()):
            if hang.probe is not None and hang.probe.end():
                hang.probe = None
            if path not in paths:
                del self._hangs[path]
                if hang.probe is not None:
                    self._abandoned.append(hang.probe)

    def _ask_all(self, mounts: Sequence[Mount]) -> dict[bytes, Usage | OSError]:
        """By path. The healthy first: those that hung take what is left of the pass."""
        answers: dict[bytes, Usage | OSError] = {}
        misses = 0
        for mount in sorted(mounts, key=lambda mount: mount.path in self._hangs):
            if misses == MISSES or self._closed:
                break
            if not self._may_ask(mount):
                continue
            try:
                answers[mount.path] = self._ask(mount.path)
            except TimeoutError:
                misses += 1
                continue
            except OSError as error:
                answers[mount.path] = error
            self._hangs.pop(mount.path, None)
        return answers

    def _may_ask(self, mount: Mount) -> bool:
        hang = self._hangs.get(mount.path)
        if hang is not None and hang.probe is not None:
            return False
        stuck = len(self._abandoned) + sum(hang.probe is not None for hang in self._hangs.values())
        return stuck < (STUCK if mount.local else STUCK - 1)

    def _ask(self, path: bytes) -> Usage:
        if self._probe is None:
            self._probe = self._spawn()
        probe = self._probe
        try:
            return probe.ask(self._prefix + path)
        except TimeoutError:
            self._probe = None
            hang = self._hangs.setdefault(path, _Hang(self._now()))
            hang.probe = None if probe.end() else probe
            raise
        except OSError as error:
            if error.errno in _BROKEN:
                self._retire()
            raise

    def _retire(self) -> None:
        probe, self._probe = self._probe, None
        if probe is not None and not probe.end():
            self._abandoned.append(probe)

    def _families(self, mounts: Iterable[Mount], answers: dict[bytes, Usage | OSError]) -> Values:
        families: Values = {metric.name: {} for metric in METRICS}
        for mount in mounts:
            usage, hang = answers.get(mount.path), self._hangs.get(mount.path)
            key = labels(mountpoint=mount.name)
            if isinstance(usage, Usage) and usage.size:
                _take(families, mount.key, usage, mount.read_only)
            elif hang is not None:
                families[HUNG_FOR][key] = self._now() - hang.since
            else:
                continue
            families[HUNG][key] = float(hang is not None)
        return {name: family for name, family in families.items() if family}

    def _note(self, mounts: Sequence[Mount], answers: dict[bytes, Usage | OSError]) -> str:
        now = self._now()
        hung, refused, unasked = [], [], 0
        for mount in mounts:
            answer = answers.get(mount.path)
            if hang := self._hangs.get(mount.path):
                hung.append(f"{mount.name} ({now - hang.since:.0f} s)")
            elif isinstance(answer, OSError):
                refused.append(f"{mount.name} ({answer.strerror})")
            unasked += answer is None and hang is None
        parts = [
            f"hung: {', '.join(hung)}" if hung else "",
            f"no figures: {', '.join(refused)}" if refused else "",
            f"not asked: {unasked} more" if unasked else "",
        ]
        return "; ".join(part for part in parts if part)

    def close(self) -> None:
        """A pass under way ends by itself: its probe is killed and no other one started."""
        self._closed = True
        probe = self._probe
        if probe is not None:
            probe.interrupt()
        self._mounts.close()


def _viewer(roots: Roots) -> str:
    """The process whose mounts are the machine's, as named in `roots.proc`.

    In a foreign /proc `self` is not us. A service's sandbox shows it everything read-only, so that
    process 1 is asked where it has the same root and we may.
    """
    one = roots.proc / "1"
    if roots.foreign:
        return "1"
    try:
        same = os.path.samefile(one / "root", roots.proc / "self" / "root")
        return "1" if same and os.access(one / "mounts", os.R_OK) else "self"
    except OSError:
        return "self"


def _take(families: Values, key: Labels, usage: Usage, read_only: bool) -> None:
    families[SIZE][key] = usage.size
    families[FREE][key] = usage.free
    families[AVAILABLE][key] = usage.available
    families[FILES][key] = usage.files
    families[FILES_FREE][key] = usage.files_free
    families[READ_ONLY][key] = float(read_only)


class PortableFilesystem:
    """Any platform psutil knows. It may hang on a dead share, on the thread it has for that."""

    name: ClassVar[str] = "filesystem"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 30.0
    may_block: ClassVar[bool] = True

    def collect(self) -> Reading:
        import psutil

        families: Values = {metric.name: {} for metric in METRICS}
        for partition in psutil.disk_partitions(all=False):
            try:
                usage = psutil.disk_usage(partition.mountpoint)
            except OSError:
                continue  # an empty drive, or not ours to see
            key = labels(
                device=clean_name(partition.device),
                fstype=clean_name(partition.fstype),
                mountpoint=clean_name(partition.mountpoint),
            )
            families[SIZE][key] = float(usage.total)
            families[FREE][key] = families[AVAILABLE][key] = float(usage.free)
            families[READ_ONLY][key] = float("ro" in partition.opts.split(","))
        if not families[SIZE]:
            raise Unsupported("No file system with storage of its own is mounted here")
        return Reading({name: family for name, family in families.items() if family})

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxFilesystem(roots) if (roots.proc / "stat").exists() else PortableFilesystem()
