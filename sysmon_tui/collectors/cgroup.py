"""What containers and services use and what they may: memory, CPU and processes by control group.

The tree is walked rarely and its largest groups are read in between (`cgroup_tree`), what moves
in every pass and what hardly does in turns.
"""

from __future__ import annotations

from math import isnan, nan
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.collectors.cgroup_name import friendly
from sysmon_tui.collectors.cgroup_tree import GroupFiles, Layout, find_layout, walk
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

USAGE = "sysmon_cgroup_memory_usage_bytes"
LIMIT = "sysmon_cgroup_memory_limit_bytes"
CPU = "sysmon_cgroup_cpu_usage_seconds_total"
PERIODS = "sysmon_cgroup_cpu_periods_total"
THROTTLED = "sysmon_cgroup_cpu_throttled_periods_total"
PIDS = "sysmon_cgroup_pids"
OOM_KILLS = "sysmon_cgroup_oom_kills_total"

METRICS = (
    Metric(USAGE, Kind.GAUGE, Unit.BYTES, "Memory in use, without file cache that can be given up"),
    Metric(LIMIT, Kind.GAUGE, Unit.BYTES, "Memory the group may use"),
    Metric(CPU, Kind.COUNTER, Unit.SECONDS, "CPU time used"),
    Metric(PERIODS, Kind.COUNTER, Unit.COUNT, "Periods in which a CPU quota was enforced"),
    Metric(THROTTLED, Kind.COUNTER, Unit.COUNT, "Periods in which the quota held the group back"),
    Metric(PIDS, Kind.GAUGE, Unit.COUNT, "Processes and threads"),
    Metric(OOM_KILLS, Kind.COUNTER, Unit.COUNT, "Processes killed for lack of memory"),
)

MOST = 200
"""Groups read, the largest by memory."""
MOST_KEPT = 60
"""Groups whose files stay open, two or three each: descriptors are for processes first."""
WALK_PASSES = 3
"""Passes between two looks for groups that came or went."""
SLOW_PASSES = 3
"""Passes between two readings of what changes rarely; groups take turns."""
OWN_SYS = Roots().sys

Values = dict[str, dict[Labels, float]]


class _Group:
    """A group and what it said last."""

    __slots__ = ("cpu", "files", "kills", "limit", "pids", "seen", "turn", "usage", "working")

    def __init__(self, files: GroupFiles, turn: int) -> None:
        self.files = files
        self.turn = turn
        self.seen = 0
        self.usage = self.working = self.limit = self.kills = self.pids = nan
        self.cpu = (nan, nan, nan)

    def read(self) -> None:
        slow = not self.seen or (self.seen + self.turn) % SLOW_PASSES == 0
        files, usage = self.files, self.files.usage()
        # What is charged and what could be given up move together; the file is the dearest.
        if usage != self.usage or slow:
            cache = files.reclaimable()
            self.working = max(usage - cache, 0.0) if cache == cache else usage
        self.usage = usage
        self.cpu = files.cpu()
        if slow:
            self.limit, self.pids, self.kills = files.limit(), files.pids(), files.oom_kills()
        self.seen += 1

    def into(self, families: Values, key: Labels) -> None:
        named = (
            (USAGE, self.working),
            (LIMIT, self.limit),
            (CPU, self.cpu[0]),
            (PERIODS, self.cpu[1]),
            (THROTTLED, self.cpu[2]),
            (PIDS, self.pids),
            (OOM_KILLS, self.kills),
        )
        for name, value in named:
            if value == value:
                families[name][key] = value


class LinuxCgroup:
    name: ClassVar[str] = "cgroup"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 10.0
    may_block: ClassVar[bool] = False

    def __init__(self, roots: Roots) -> None:
        # Our own /sys shows our own groups, whichever machine's /proc is mounted.
        self._other = roots.foreign and roots.sys == OWN_SYS
        self._mount = roots.sys / "fs" / "cgroup"
        self._groups: dict[str, _Group] = {}
        self._keys: dict[str, Labels] = {}
        self._found = 0
        self._passes = 0

    def collect(self) -> Reading:
        if self._passes % WALK_PASSES == 0:
            self._look()
        self._passes += 1
        families: Values = {metric.name: {} for metric in METRICS}
        for path, group in self._groups.items():
            group.read()
            group.into(families, self._keys[path])
        found = {name: family for name, family in families.items() if family}
        if not found:
            self._passes = 0
            raise Unsupported("No control group here has figures of its own")
        return Reading(found, note=self._note())

    def _note(self) -> str:
        left = self._found - len(self._groups)
        return f"{left} smaller control groups are left out" if left > 0 else ""

    def _look(self) -> None:
        if self._other:
            raise Unsupported(
                "The control groups of the watched machine are not mounted here",
                "Mount its /sys and name it in host.sys",
            )
        layout = find_layout(self._mount)
        if layout is None:
            raise Unsupported(f"No control groups are mounted at {self._mount}")
        paths = walk(layout)
        self._found = len(paths)
        known = self._groups
        self._groups = {
            path: known.get(path) or _Group(GroupFiles(layout, path, turn < MOST_KEPT), turn)
            for turn, path in enumerate(_largest(layout, paths))
        }
        for path in known.keys() - self._groups.keys():
            known[path].files.close()
        if known.keys() != self._groups.keys():
            self._keys = _keys(self._groups)

    def close(self) -> None:
        for group in self._groups.values():
            group.files.close()


def _largest(layout: Layout, paths: list[str]) -> list[str]:
    if len(paths) <= MOST:
        return paths
    used = {path: GroupFiles(layout, path).usage() for path in paths}
    return sorted(paths, key=lambda path: -used[path] if not isnan(used[path]) else 0.0)[:MOST]


def _keys(paths: dict[str, _Group]) -> dict[str, Labels]:
    """A label for each path, the whole path where two would be called the same."""
    names = {path: friendly(path) for path in paths}
    often: dict[str, int] = {}
    for name in names.values():
        often[name] = often.get(name, 0) + 1
    return {
        path: labels(cgroup=name if often[name] == 1 else clean_name(path))
        for path, name in names.items()
    }


class NoCgroup:
    """For platforms without control groups."""

    name: ClassVar[str] = "cgroup"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 60.0
    may_block: ClassVar[bool] = False

    def collect(self) -> Reading:
        raise Unsupported("Only Linux has control groups")

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    return LinuxCgroup(roots) if (roots.proc / "stat").exists() else NoCgroup()
