"""What a pass over the process table costs, with so many more sleeping processes.

Run by hand: `python -m tests.benchmarks.bench_process [processes] [passes]`. Figures are CPU
milliseconds of this thread a pass, at one pass a second.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process import create
from sysmon_tui.collectors.process_linux import LinuxProcesses
from sysmon_tui.model.process import ProcessDemand


@contextmanager
def sleepers(count: int) -> Iterator[None]:
    """So many idle processes, ended again whatever happens."""
    pids: list[int] = []
    try:
        for _ in range(count):
            pids.append(os.posix_spawn("/bin/sleep", ["sleep", "600"], {}))  # noqa: PERF401 - each is to be ended even if the next fails
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def cost(collect: Callable[[], object]) -> float:
    """CPU milliseconds of one call."""
    began = time.thread_time()
    collect()
    return (time.thread_time() - began) * 1e3


def forks() -> int:
    text = Path("/proc/stat").read_text()
    return int(text.split("\nprocesses ")[1].split()[0])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def report(title: str, costs: list[float]) -> None:
    if costs:
        say(f"{title:32} {len(costs):3} median {median(costs):7.3f}  max {max(costs):7.3f} ms")


def steady(title: str, collector: LinuxProcesses, passes: int) -> None:
    """Passes at which something was forked are told apart: only they list /proc."""
    quiet: list[float] = []
    forking: list[float] = []
    before = forks()
    for _ in range(passes):
        time.sleep(1.0)
        now = forks()
        (quiet if now == before else forking).append(cost(collector.collect))
        before = now
    report(f"{title}, quiet", quiet)
    report(f"{title}, forks", forking)


def main(count: int = 3000, passes: int = 12) -> None:
    with sleepers(count):
        collector = create(Roots())
        assert isinstance(collector, LinuxProcesses)
        report("first pass", [cost(collector.collect)])
        steady("settling", collector, 16)
        steady("steady, nothing shown", collector, passes)
        table = collector.collect().processes
        assert table is not None
        shown = frozenset(row.pid for row in table.rows[-30:])
        collector.demand = ProcessDemand(visible=shown)
        steady("steady, 30 rows shown", collector, passes)
        own = next(row.key for row in table.rows if row.pid == os.getpid())
        collector.demand = ProcessDemand(visible=shown, inspect=own)
        steady("and one inspected", collector, passes)
        collector.demand = ProcessDemand(visible=shown, every_command=True)
        steady("all commands wanted", collector, passes)
        kept = len(list(Path("/proc/self/fd").iterdir()))
        say(f"{len(table.rows)} processes, {kept} descriptors")
        collector.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
