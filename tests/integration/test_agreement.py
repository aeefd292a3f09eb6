"""What the screen says is what free, df, ps and /proc say at the same moment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.live import COMMAND, FIRST_DATA, environ, live
from tests.pty import Pty

SIZES = ((80, 24), (120, 40), (200, 60))
POINTS = 2.0
"""Percentage points by which two readings of memory or disks taken in turn may differ."""

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or not all(map(shutil.which, ("free", "df", "ps"))),
        reason="compares with free, df and ps of Linux",
    ),
    pytest.mark.alone,
]


def output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def memory_used() -> float:
    """Percent, as `free` has it: total less available (procps 4 calls that used)."""
    fields = next(line.split() for line in output("free", "-b").splitlines() if "Mem:" in line)
    total, available = int(fields[1]), int(fields[6])
    return 100.0 * (total - available) / total


def fullest_filesystem() -> float:
    kinds = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "vfat")
    argv = ["df", "--output=pcent", *(f"--type={kind}" for kind in kinds)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return max((float(value) for value in re.findall(r"(\d+)%", done.stdout)), default=0.0)


def processes() -> int:
    return len(output("ps", "-e", "-o", "pid=").split())


@contextmanager
def burner() -> Iterator[int]:
    """A process that keeps one core busy, under a name that can be found."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def figure(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found, f"{pattern}\n{text}"
    return float(found[1])


def compare(text: str, burner_pid: int) -> None:
    """Every figure of the screen against the tool people would check it with."""
    assert abs(figure(text, r"Memory \D*?([\d.]+)%") - memory_used()) <= POINTS
    if full := fullest_filesystem():
        assert abs(figure(text, r"Files \D*?([\d.]+)%") - full) <= POINTS
    load = float(Path("/proc/loadavg").read_text().split()[0]) / (os.cpu_count() or 1)
    assert abs(figure(text, r"Load \D*?([\d.]+)") - load) <= 0.3 + 0.2 * load
    # The tools themselves, and whatever else this machine starts meanwhile.
    assert abs(figure(text, r"Processes (\d+)") - processes()) <= 8
    share = figure(text, rf"{burner_pid} .*?\s([\d.]+) +[\d.]+[KMG]")
    assert 50.0 <= share <= 110.0, "a busy loop takes one core, or shares it with other tests"
    assert figure(text, r"CPU \D*?([\d.]+)%") >= 0.8 * share / (os.cpu_count() or 1)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_on_a_terminal(tmp_path: Path, columns: int, rows: int) -> None:
    with burner() as pid, live(tmp_path, columns=columns, rows=rows) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for(r"Files \D*\d+(\.\d+)?%")
        term.wait_for(rf" {pid} .* [5-9]\d\.\d|{pid} .* 1\d\d\.\d")
        compare(term.screen.text, pid)
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_in_tmux(tmp_path: Path, columns: int, rows: int) -> None:
    socket = str(tmp_path / "tmux")
    # The pane outlives tmux's own start, so what it shows can be waited for by looking.
    tmux = ("tmux", "-S", socket, "-f", "/dev/null")
    command = ["env", *(f"{k}={v}" for k, v in environ(tmp_path).items() if k != "TERM"), *COMMAND]
    size = ("-x", str(columns), "-y", str(rows))
    started = {**os.environ, "LANG": "C.UTF-8"}
    subprocess.run([*tmux, "new-session", "-d", *size, *command], check=True, env=started)
    try:
        with burner() as pid:
            text = watch(tmux, rf" {pid} .* ([5-9]\d\.\d|1\d\d\.\d)", r"Files \D*\d+(\.\d+)?%")
            compare(text, pid)
            assert len(text.splitlines()) <= rows
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def watch(tmux: tuple[str, ...], *patterns: str) -> str:
    """The pane once it matches all patterns; a client on a pty paces the looking."""
    with Pty(["tail", "-f", "/dev/null"]) as pace:
        for _ in range(400):
            text = output(*tmux, "capture-pane", "-p")
            if all(re.search(pattern, text) for pattern in patterns):
                return text
            pace.pump(0.05)
    raise AssertionError(text)
