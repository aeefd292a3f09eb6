"""From a breach to the row on the screen: `python -m tests.benchmarks.bench_latency`.

The real program on a real pty, at one tick a second. A rule of its own watches how many threads
the machine has; a child starts some more, and the row is waited for.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.live import FIRST_DATA, live

ROUNDS = 10
THREADS = 300
WORD = "MANYTHREADS"
HOG = """
import sys, threading
for _ in range(int(sys.argv[1])):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print(flush=True)
sys.stdin.read()
"""


def threads() -> int:
    """What the machine has now, from the fourth field of /proc/loadavg."""
    return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])


def settings(limit: int) -> str:
    return (
        f'[[rules]]\nname = "ManyThreads"\nmetric = "node_processes_threads"\nunit = "count"\n'
        f'summary = "{WORD}"\nwarning = {{ above = {limit} }}\n'
    )


def measure(home: Path, phase: float) -> float:
    """Seconds from the last thread's start, `phase` seconds after a frame, to the row."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text(settings(threads() + THREADS // 2))
    with live(home) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for(lambda t: t.output.count(b"\x1b[?2026h") >= 4)
        after = time.perf_counter() + phase
        while (left := after - time.perf_counter()) > 0.0:
            term.pump(left)
        hog = subprocess.Popen(
            [sys.executable, "-c", HOG, str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert hog.stdout is not None
        hog.stdout.readline()
        began = time.perf_counter()
        while not re.search(WORD, term.screen.text):
            term.pump(0.02)
        seconds = time.perf_counter() - began
        hog.kill()
        hog.communicate()
        term.send("q")
        term.exit_status()
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        taken = [measure(Path(directory) / str(n), n / ROUNDS) for n in range(ROUNDS)]
    print(  # noqa: T201 - this is what it is for
        f"breach to row, 1 s ticks: median {1e3 * statistics.median(taken):.0f} ms,"
        f" longest {1e3 * max(taken):.0f} ms of {ROUNDS}"
    )


if __name__ == "__main__":
    main()
