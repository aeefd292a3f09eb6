"""CPU and resident memory of `sysmon-tui record`, for two minutes over this machine as it is.

Linux: the figures are the kernel's, of another process than the one that asks.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.live import COMMAND, environ

SETTLED = 10.0
"""Seconds for the start, which is not what is measured."""
SECONDS = 120.0


def cpu_seconds(pid: int) -> float:
    """User and system time, with that of the children it has waited for (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024.0


def main() -> None:
    with TemporaryDirectory() as home:
        process = subprocess.Popen([*COMMAND, "record"], env=environ(Path(home)))
        try:
            time.sleep(SETTLED)
            before, began = cpu_seconds(process.pid), time.monotonic()
            time.sleep(SECONDS)
            used = cpu_seconds(process.pid) - before
            share = used / (time.monotonic() - began)
            processes = sum(entry.name.isdigit() for entry in Path("/proc").iterdir())
            print(  # noqa: T201 - a benchmark prints
                f"{processes} processes, start {before:.2f} s of CPU, then {share:.2%} of a core, "
                f"{resident_mib(process.pid):.1f} MiB"
            )
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    if sys.platform == "linux":
        main()
