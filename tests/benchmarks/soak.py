"""Watches a recorder and a screen beside it for a while, and says whether they stay as they were.

    python -m tests.benchmarks.soak 1800    half an hour of `sysmon-tui record` and a live screen

Every ten seconds it samples resident memory, descriptors and threads of both. What counts is the
slope over the second half: the first one fills caches that are bounded. It is no benchmark of
`tests.benchmarks.run`, for it takes as long as it is told to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.integration.live import COMMAND, FIRST_DATA, environ, live
from tests.pty import Pty

EVERY = 10.0
WARM = 0.5
"""Part of the time that is not judged."""
KEYS = ("2", "3", "4", "5", "6", "7", "1")
"""A page a sample: the screen is used while it is watched."""


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    kib: int
    descriptors: int
    threads: int
    cpu: float
    """Seconds of CPU so far."""


def sample(pid: int, since: float) -> Sample:
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Sample(
        time.monotonic() - since,
        int(status["VmRSS"].split()[0]),
        len(os.listdir(f"/proc/{pid}/fd")),
        int(status["Threads"]),
        (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
    )


def slope(samples: Sequence[Sample]) -> float:
    """MiB an hour, by least squares."""
    times = [one.seconds for one in samples]
    middle = sum(times) / len(times)
    level = sum(one.kib for one in samples) / len(samples)
    above = sum((one.seconds - middle) * (one.kib - level) for one in samples)
    return above / sum((at - middle) ** 2 for at in times) * 3600.0 / 1024.0


def report(name: str, samples: Sequence[Sample]) -> str:
    warm = [one for one in samples if one.seconds >= WARM * samples[-1].seconds]
    first, last = samples[0], samples[-1]

    def span(values: Sequence[int]) -> str:
        return f"{min(values)}..{max(values)}"

    return (
        f"{name}: {len(samples)} samples in {last.seconds:.0f} s; RSS {first.kib / 1024:.1f} -> "
        f"{last.kib / 1024:.1f} MiB, slope {slope(warm):+.2f} MiB/h after {warm[0].seconds:.0f} s; "
        f"fds {span([one.descriptors for one in warm])}, "
        f"threads {span([one.threads for one in warm])}; "
        f"CPU {100 * (last.cpu - first.cpu) / (last.seconds - first.seconds):.1f} %"
    )


def soak(seconds: float, home: Path) -> None:
    log = home / "log"
    recorder = subprocess.Popen([*COMMAND, "record"], env=environ(home), stderr=log.open("wb"))
    try:
        # A screen that is the quicker one would record, and the recorder end.
        while recorder.poll() is None and "event=recording" not in log.read_text():
            time.sleep(0.1)
        with live(home) as term:
            term.wait_for(FIRST_DATA)
            _watch(seconds, recorder.pid, term)
            term.send("q")
            print(f"screen ended with {term.exit_status()}")  # noqa: T201 - this is what it is for
    finally:
        recorder.terminate()
        print(f"recorder ended with {recorder.wait(20)}")  # noqa: T201
    size = sum(path.stat().st_size for path in (home / "state").rglob("*") if path.is_file())
    print(f"{size / 2**20:.1f} MiB kept; log: {log.read_text()}")  # noqa: T201


def _watch(seconds: float, recorder: int, term: Pty) -> None:
    since = time.monotonic()
    lines: dict[str, list[Sample]] = {"recorder": [], "screen": []}
    while (now := time.monotonic() - since) < seconds:
        lines["recorder"].append(sample(recorder, since))
        lines["screen"].append(sample(term.pid, since))
        term.send(KEYS[len(lines["screen"]) % len(KEYS)])
        until = time.monotonic() + EVERY - (now % EVERY)
        while (left := until - time.monotonic()) > 0:
            term.pump(left)
            # What was drawn is not needed; half an hour of it would be our own leak.
            term.output = b""
        if len(lines["screen"]) % 30 == 0:
            for name, samples in lines.items():
                print(report(name, samples), flush=True)  # noqa: T201


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        soak(float(sys.argv[1]), Path(place))


if __name__ == "__main__":
    main()
