"""A control group of the machine's, version 1 or 2, made for one test."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = {
    "memory.limit": ("memory.limit_in_bytes", "memory.max"),
    "memory.peak": ("memory.max_usage_in_bytes", "memory.peak"),
    "memory.usage": ("memory.usage_in_bytes", "memory.current"),
    "pids.limit": ("pids.max", "pids.max"),
    "pids.usage": ("pids.current", "pids.current"),
}
"""What is called how in each version."""


class ControlGroup:
    def __init__(self, path: Path, version: int) -> None:
        self.path = path
        self._version = version

    @property
    def enter(self) -> list[str]:
        """The words before a command that is to run in there."""
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$@"', "sh"]

    def write(self, name: str, value: int | str) -> None:
        (self.path / NAMES[name][self._version - 1]).write_text(str(value))

    def read(self, name: str) -> int:
        return int((self.path / NAMES[name][self._version - 1]).read_text())

    def close(self) -> None:
        """Kill whoever is left in it, and remove it."""
        deadline = time.monotonic() + 10.0
        while pids := (self.path / "cgroup.procs").read_text().split():
            for pid in map(int, pids):
                os.kill(pid, 9)
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.path.rmdir()


@contextmanager
def control_group(controller: str) -> Iterator[ControlGroup]:
    """One that limits nothing yet; the test is skipped where none can be made."""
    found = _parent(controller)
    if found is None:
        pytest.skip(f"no control groups for {controller} here")
    parent, version = found
    path = parent / f"sysmon-test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        path.mkdir()
    except OSError as error:
        pytest.skip(f"no control group may be made: {error}")
    made = ControlGroup(path, version)
    try:
        yield made
    finally:
        made.close()


def _parent(controller: str) -> tuple[Path, int] | None:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup" and controller in options.split(","):
            return Path(place), 1
        if kind == "cgroup2":
            given = Path(place) / "cgroup.subtree_control"
            if controller in given.read_text().split():
                return Path(place), 2
    return None
