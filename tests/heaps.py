"""The heaps that glibc has made for threads of a program: none where all share one."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

SIZE = 64 << 20
"""A heap is reserved up to the next multiple of it (malloc/arena.c, 64 bit)."""

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries have one heap anyway"
)


def heaps(pid: int) -> int:
    """How many a running program has beside its first one (proc_pid_maps(5))."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    ends = (int(line.split()[0].split("-")[1], 16) for line in lines if " ---p 00000000 " in line)
    return sum(end % SIZE == 0 for end in ends)
