"""What the program is like where things are wrong: `python -m tests.benchmarks.bench_faults`.

From start to the first figures, on a disk as it should be and on a read-only one; passes over a
hundred thousand processes in milliseconds of CPU.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_files import raise_descriptor_limit
from sysmon_tui.collectors.process_linux import LinuxProcesses
from tests.faults.test_many_processes import MANY, tree
from tests.faults.test_read_only import read_only
from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.pty import Pty

STARTS, PASSES = 5, 24


def start(home: Path, *before: str) -> float:
    """Seconds to the first figures."""
    began = time.perf_counter()
    with Pty([*before, *COMMAND], columns=120, rows=40, environ=environ(home)) as term:
        term.wait_for(FIRST_DATA)
        took = time.perf_counter() - began
        term.send("q")
        term.exit_status()
    return took


def say(title: str, figures: list[float], unit: str) -> None:
    middle, worst = statistics.median(figures), max(figures)
    sys.stdout.write(f"{title:44} median {middle:7.2f}  max {worst:7.2f} {unit}\n")


def passes(proc: Path) -> list[float]:
    """CPU seconds of each pass, as with ten seconds between two."""
    now = [0.0]
    collector = LinuxProcesses(Roots(proc=proc), lambda: now[0], raise_descriptor_limit())
    costs = []
    for _ in range(PASSES):
        began = time.thread_time()
        collector.collect()
        costs.append(time.thread_time() - began)
        now[0] += 10.0
    collector.close()
    return costs


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        home.mkdir()
        say("first figures", [start(home) for _ in range(STARTS)], "s")
        read = [start(home, *read_only(home)) for _ in range(STARTS)]
        say("first figures, read-only", read, "s")
        with tree(Path(place) / "proc", MANY) as proc:
            first, *rest = passes(proc)
        say(f"{MANY} processes, the first pass", [first], "s")
        say(f"{MANY} processes, later ones", rest, "s")


if __name__ == "__main__":
    main()
