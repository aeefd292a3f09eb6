"""A /proc of our own making, and a count of the system calls a pass makes on it."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class FakeProcess:
    comm: bytes = b"worker"
    state: str = "S"
    ppid: int = 1
    flags: int = 0
    user: int = 0
    system: int = 0
    children: int = 0
    nice: int = 0
    threads: int = 1
    start: int = 500
    pages: int = 10

    def line(self, pid: int) -> bytes:
        fields: list[object] = [0] * 50
        fields[0] = self.state
        fields[1] = self.ppid
        fields[6] = self.flags
        fields[11], fields[12] = self.user, self.system
        fields[14] = self.children
        fields[15], fields[16] = 20 + self.nice, self.nice
        fields[17], fields[19] = self.threads, self.start
        fields[20], fields[21] = 4 * PAGE * self.pages, self.pages
        return b"%d (%s) %s\n" % (pid, self.comm, " ".join(map(str, fields)).encode())


class FakeProc:
    """`root` is the directory; every change is in its files at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.busy = 0
        self.forks = 100
        self.processes: dict[int, FakeProcess] = {}
        (root / "sys/kernel").mkdir(parents=True)
        (root / "sys/fs").mkdir()
        (root / "sys/kernel/pid_max").write_text("32768\n")
        (root / "sys/fs/file-nr").write_text("640\t0\t9000\n")
        (root / "uptime").write_text("1000.00 1900.00\n")
        self.write_totals()

    def write_totals(self) -> None:
        threads = sum(process.threads for process in self.processes.values())
        (self.root / "stat").write_text(
            f"cpu  {self.busy} 0 0 5 0 0 0 0 0 0\ncpu0 1 2 3 4\nctxt 5\nprocesses {self.forks}\n"
        )
        (self.root / "loadavg").write_text(f"0.1 0.2 0.3 1/{threads} 77\n")

    def begin(self, pid: int, **fields: Any) -> FakeProcess:
        process = self.processes[pid] = FakeProcess(**fields)
        (self.root / str(pid)).mkdir(exist_ok=True)
        self.forks += 1
        self.write(pid)
        self.write_totals()
        return process

    def write(self, pid: int) -> None:
        (self.root / str(pid) / "stat").write_bytes(self.processes[pid].line(pid))

    def file(self, pid: int, name: str, content: bytes) -> None:
        (self.root / str(pid) / name).write_bytes(content)

    def run(self, pid: int, seconds: float, *, seen: bool = True) -> None:
        """The process uses the CPU so long; the kernel's sum over all shows it if `seen`."""
        self.processes[pid].user += round(seconds * TICKS)
        self.write(pid)
        if seen:
            self.busy += round(seconds * TICKS)
            self.write_totals()

    def end(self, pid: int, *, silently: bool = False) -> None:
        """`silently`: the sums do not tell, as where another began at the same time."""
        del self.processes[pid]
        shutil.rmtree(self.root / str(pid))
        if not silently:
            self.write_totals()


@dataclass
class Calls:
    """System calls since the last `reset`, and what is to fail."""

    counts: Counter[str] = field(default_factory=Counter)
    opened: list[str] = field(default_factory=list)
    fail: dict[tuple[str, str], int] = field(default_factory=dict)
    """By call and path (a name in /proc): the errno it fails with."""
    names: dict[int, str] = field(default_factory=dict)

    def reset(self) -> None:
        self.counts.clear()
        self.opened.clear()

    def note(self, call: str, name: str) -> None:
        self.counts[call] += 1
        if error := self.fail.get((call, name)):
            raise OSError(error, os.strerror(error), name)


def watch(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Count and, where asked, fail `os.open`, `pread`, `listdir` and `stat` from now on."""
    calls = Calls()
    real_open, real_pread, real_listdir, real_stat = os.open, os.pread, os.listdir, os.stat

    def open_(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        name = os.fspath(path) if dir_fd is not None else Path(path).name
        calls.note("open", name)
        fd = real_open(path, flags, mode, dir_fd=dir_fd)
        calls.opened.append(name)
        calls.names[fd] = name
        return fd

    def pread(fd: int, size: int, offset: int) -> bytes:
        calls.note("pread", calls.names.get(fd, ""))
        return real_pread(fd, size, offset)

    def listdir(path: Any) -> list[str]:
        calls.note("listdir", calls.names.get(path, ""))
        return real_listdir(path)

    def stat(path: Any, **options: Any) -> os.stat_result:
        calls.note("stat", os.fspath(path) if not isinstance(path, int) else "")
        return real_stat(path, **options)

    patches: dict[str, Callable[..., object]] = {
        "open": open_,
        "pread": pread,
        "listdir": listdir,
        "stat": stat,
    }
    for name, replacement in patches.items():
        monkeypatch.setattr(os, name, replacement)
    return calls


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


ESRCH, EMFILE, EACCES, ENOENT = errno.ESRCH, errno.EMFILE, errno.EACCES, errno.ENOENT
