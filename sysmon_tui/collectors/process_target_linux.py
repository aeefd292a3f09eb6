"""What /proc says of a process before something is done to it; `process_hold` asks."""

from __future__ import annotations

import os
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_detail import read_command
from sysmon_tui.collectors.process_files import ProcessFiles
from sysmon_tui.collectors.process_roster import make_row
from sysmon_tui.collectors.process_stat import STAT_SIZE, Stat, parse_stat
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.errors import Refused
from sysmon_tui.model.process_act import Target
from sysmon_tui.model.text import clean_name

DEPTH = 1000
"""Generations that are looked at."""


class LinuxTargets:
    slack = 0.0

    def __init__(self, proc: Path, passwd: Path) -> None:
        """Raises `Refused` where `proc` numbers its processes for another pid namespace."""
        if not _is_ours(proc):
            raise Refused(
                f"the pids in {proc} are not those of this program",
                "Run it on the host, or its container with --pid=host",
            )
        self._files = ProcessFiles(proc, 0)
        self._users = UserNames(passwd)
        self._users.refresh()

    def target(self, pid: int) -> Target | None:
        stat = self._stat(pid)
        if stat is None:
            return None
        try:
            owner = self._files.owner(pid)
        except OSError:
            return None
        row = make_row(pid, owner, stat, clean_name(stat.comm), 0.0)
        return Target(
            row.key,
            row.uid,
            row.name,
            self._users.name(row.uid),
            read_command(self._files, row),
            row.state,
            row.nice,
            row.kernel,
        )

    def ancestors(self, pid: int) -> frozenset[int]:
        found: set[int] = set()
        for _ in range(DEPTH):
            stat = self._stat(pid)
            if stat is None or stat.ppid <= 0:
                break
            pid = stat.ppid
            found.add(pid)
        return frozenset(found)

    def threads(self, pid: int) -> tuple[int, ...]:
        return tuple(map(int, self._files.entries(pid, "task")))

    def _stat(self, pid: int) -> Stat | None:
        try:
            return parse_stat(self._files.read(pid, "stat", STAT_SIZE))
        except OSError:
            return None

    def close(self) -> None:
        self._files.close()


def _is_ours(proc: Path) -> bool:
    """Whether a pid there is the process that a system call of ours would find by it.

    `NSpid` counts from the namespace that `proc` was mounted in down to our own: one number where
    they are the same (proc_pid_status(5)).
    """
    try:
        status = (proc / "self" / "status").read_bytes()
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith(b"NSpid:"):
            return line.split()[1:] == [b"%d" % os.getpid()]
    # A kernel before 4.1 does not say; its own /proc is ours.
    return proc == Path("/proc")


def create(roots: Roots) -> LinuxTargets:
    return LinuxTargets(roots.proc, roots.root / "etc/passwd")
