"""Whether we are inside a container, and what it allows us; `host` asks at start.

Marks left by the engines are evidence, the initial namespaces are proof: a virtual machine that
boots a container image carries the marks too, and is a host all the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.figures import read_small

_MARKS = (".dockerenv", "run/.containerenv")
_ENGINES = re.compile(rb"(?:docker|kubepods|containerd|libpod|crio|/lxc[/.]|machine\.slice)")
_INITIAL = {"cgroup": 0xEFFFFFFB, "pid": 0xEFFFFFFC, "uts": 0xEFFFFFFE, "ipc": 0xEFFFFFFF}
"""Inodes of the namespaces the kernel starts with (include/linux/proc_ns.h)."""
_UNLIMITED = 1 << 60
"""cgroup v1 writes no limit as the largest page-aligned figure; real ones are far below this."""


def is_container(roots: Roots, environ: Mapping[str, str]) -> bool:
    marked = (
        any(_exists(roots.root / mark) for mark in _MARKS)
        or "KUBERNETES_SERVICE_HOST" in environ
        or bool(environ.get("container"))
        or bool(_ENGINES.search(read_small(roots.proc / "1" / "cgroup")))
    )
    return marked and not _all_initial(roots.proc / "self" / "ns")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _all_initial(directory: Path) -> bool:
    """False also where the links cannot be read."""
    try:
        return all(
            os.readlink(directory / name) == f"{name}:[{inode}]" for name, inode in _INITIAL.items()
        )
    except OSError:
        return False


def read_limits(roots: Roots) -> dict[str, float]:
    """`cpu` in cores and `memory` in bytes; absent where unlimited.

    A group is bound by those above it as well, and inside a container the path that
    /proc/self/cgroup states may begin above what is mounted: so the tightest of every directory
    from there up counts. Both hierarchies are looked at, for machines that have both.
    """
    groups = _groups(read_small(roots.proc / "self" / "cgroup", 16384))
    mount = roots.sys / "fs" / "cgroup"
    memory: list[float] = []
    cpu: list[float] = []
    for directory in _upwards(mount, groups.get("", "/")):
        memory += _bytes(read_small(directory / "memory.max"))
        cpu += _cores(read_small(directory / "cpu.max").split())
    for directory in _upwards(mount / "memory", groups.get("memory", "/")):
        memory += _bytes(read_small(directory / "memory.limit_in_bytes"))
    for directory in _upwards(mount / "cpu", groups.get("cpu", "/")):
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
        cpu += _cores([read_small(directory / name) for name in names])
    return {name: min(found) for name, found in (("cpu", cpu), ("memory", memory)) if found}


def _groups(text: bytes) -> dict[str, str]:
    """Our group in each hierarchy, by controller; the unified one has no name (cgroups(7))."""
    groups: dict[str, str] = {}
    for line in text.splitlines():
        fields = line.decode("utf-8", "surrogateescape").split(":", 2)
        if len(fields) == 3:
            groups |= dict.fromkeys(fields[1].split(","), fields[2])
    return groups


def _upwards(mount: Path, group: str) -> Iterator[Path]:
    parts = [part for part in group.split("/") if part not in ("", ".", "..")]
    while parts:
        yield mount.joinpath(*parts)
        parts.pop()
    yield mount


def _bytes(text: bytes) -> list[float]:
    """Nothing for `max` and whatever is no figure."""
    return [float(text)] if text.isdigit() and 0 < int(text[:20]) < _UNLIMITED else []


def _cores(quota_and_period: Sequence[bytes]) -> list[float]:
    """Microseconds a period; nothing for `max`, -1 and whatever are no figures."""
    if len(quota_and_period) != 2 or not all(
        text.isdigit() and len(text) < 16 for text in quota_and_period
    ):
        return []
    quota, period = map(float, quota_and_period)
    return [quota / period] if quota and period else []
