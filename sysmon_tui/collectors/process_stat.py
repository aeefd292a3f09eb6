"""/proc/PID/stat as proc_pid_stat(5) describes it: bytes in, figures out.

`process_scan` parses a line only when its bytes changed, so this is called for what moves.
"""

from __future__ import annotations

import os
from typing import NamedTuple

KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of include/linux/sched.h."""
TICK = 1.0 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MOST = 1 << 63
"""No counter of the kernel is larger; a line that says otherwise is not one of its lines."""
STAT_SIZE = 1024
"""Longer than any stat line: 52 fields of which few are wide, and a name of 64 bytes at most."""


class Stat(NamedTuple):
    comm: bytes
    state: str
    ppid: int
    flags: int
    ticks: int
    """User and system time, in `TICK`s."""
    children: int
    """The same of children that ended and were waited for."""
    nice: int
    threads: int
    start: int
    """`TICK`s after boot."""
    rss: int
    """Bytes."""


def parse_stat(text: bytes) -> Stat | None:
    """The line's figures; None for anything that is not such a line.

    The name stands in parentheses and may itself hold blanks, newlines and parentheses, so the
    fields begin after the last one.
    """
    try:
        end = text.rindex(b")")
        comm = text[text.index(b"(", 0, end) + 1 : end]
        fields = text[end + 1 :].split(None, 22)
        state = fields[0].decode("ascii")
        if len(state) != 1 or not state.isalpha():
            return None
        ppid, nice, threads = int(fields[1]), int(fields[16]), int(fields[17])
        ticks, start = int(fields[11]) + int(fields[12]), int(fields[19])
        children, rss = int(fields[13]) + int(fields[14]), int(fields[21]) * PAGE
        counters = (ppid, ticks, children, threads, start, rss)
        if min(counters) < 0 or max(counters) > MOST:
            return None
        return Stat(comm, state, ppid, int(fields[6]), ticks, children, nice, threads, start, rss)
    except (ValueError, IndexError):
        return None


class Totals(NamedTuple):
    """What the whole machine says about its processes; -1 where it does not say."""

    busy: float = 0.0
    """Seconds all cores together spent in processes since boot."""
    forks: int = -1
    """Processes and threads begun since boot."""
    threads: int = -1
    """Processes and threads there are."""


def parse_totals(stat: bytes, loadavg: bytes) -> Totals:
    """From /proc/stat and /proc/loadavg (proc_stat(5), proc_loadavg(5)).

    Interrupts and stolen time are left out of `busy`: they are no process's.
    """
    try:
        modes = stat[: stat.index(b"\n")].split(None, 4)
        busy = (int(modes[1]) + int(modes[2]) + int(modes[3])) * TICK
        at = stat.index(b"\nprocesses ") + 11
        forks = int(stat[at : at + 20].split(None, 1)[0])
    except (ValueError, IndexError, OverflowError):
        busy, forks = 0.0, -1
    try:
        threads = int(loadavg.split(None, 4)[3].split(b"/")[1])
    except (ValueError, IndexError):
        threads = -1
    return Totals(busy, forks, threads)
