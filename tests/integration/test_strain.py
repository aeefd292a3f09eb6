"""A machine that really misbehaves, seen through tmux: the alert, its cause, and who has it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from tests.integration import strain
from tests.integration.live import COMMAND, FIRST_DATA, environ, no_other_rules
from tests.tmux import Tmux

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads what strains from /proc"),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.timeout(300),
    pytest.mark.alone,
]

HOG = 1 << 30
FULL = 32 << 20

SETTINGS = """
[collection.intervals]
filesystem = 1

[[rules]]
name = "CpuBusy"
metric = "sysmon_cpu_ratio"
match = {{ mode = "work" }}
average = "3s"
warning = {{ above = "80%" }}
keep_firing_for = "5m"
resource = "cpu"
summary = "CPU {{value}} busy"

[[rules]]
name = "MemoryAvailable"
metric = "node_memory_MemAvailable_bytes"
warning = {{ below = {available}, for = "2s" }}
unit = "bytes"
resource = "memory"
summary = "Only {{value}} of memory is available"

[[rules]]
name = "FilesystemUsed"
metric = "sysmon_filesystem_used_ratio"
match = {{ mountpoint = "{mount}" }}
warning = {{ above = "90%", for = "2s" }}
summary = "A mount of {{label:fstype}} is {{value}} full"
"""
"""Three rules of the default pack with less patience."""


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(strain.tmpfs(tmp_path / "full", FULL))
        except (CalledProcessError, FileNotFoundError):
            pytest.skip("only root may mount a tmpfs")


def available() -> int:
    """Bytes of memory that programs may still take (proc_meminfo(5))."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no MemAvailable")


def test_the_right_alert_with_its_cause_is_acknowledged_for_everybody(
    tmp_path: Path, mount: Path
) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    free = available()
    if free < 3 * HOG:
        pytest.skip("too little memory for something to take a gigabyte of it")
    settings = SETTINGS.format(available=free - HOG // 2, mount=mount)
    settings += no_other_rules("CpuBusy", "MemoryAvailable", "FilesystemUsed")
    (home / "config" / "settings.toml").write_text(settings)
    variables = environ(home)

    with Tmux(tmp_path) as tmux, ExitStack() as strains:
        watchers = [tmux.start(name, COMMAND, variables) for name in ("first", "second")]
        for name in ("first", "second"):
            tmux.wait_for(name, FIRST_DATA)

        for _ in range(os.cpu_count() or 1):
            strains.enter_context(strain.straining(tmp_path, "cpuburner", strain.CPU))
        tmux.wait_for("first", r"WARNING +CPU \d+% busy.*→ cpuburner \(\d+\)")
        tmux.press("first", "a")
        take_over(tmux, r"CPU \d+% busy")
        evidence_names(tmux, "cpuburner")

        pid = strains.enter_context(strain.straining(tmp_path, "memhog", strain.MEMORY, HOG))
        tmux.wait_for("first", rf"Only .* of memory is available.*→ memhog \({pid}\)")
        take_over(tmux, r"Only .* of memory is available")
        evidence_names(tmux, "memhog")

        strains.enter_context(
            strain.straining(tmp_path, "filler", strain.FILL, mount / "log", FULL * 95 // 100)
        )
        take_over(tmux, r"A mount of tmpfs is \d+% full")

        for watcher in watchers:
            os.kill(watcher, signal.SIGKILL)
        tmux.start("third", COMMAND, variables)
        for summary in (r"CPU \d+% busy", "of memory is available", r"of tmpfs is \d+% full"):
            tmux.wait_for("third", rf"firing.*{summary}.*✓ \S+ \d\d:\d\d")
        assert "nobody has it" not in tmux.text("third")


def take_over(tmux: Tmux, summary: str) -> None:
    """Acknowledge the uppermost alert of the log by keys; the second screen says so too."""
    # One that is pending stands below those that fire, and the cursor stays on its alert.
    tmux.wait_for("first", rf"firing.*{summary}.*nobody has it")
    tmux.press("first", "g", "a")
    for name in ("first", "second"):
        tmux.wait_for(name, rf"firing.*{summary}.*✓ \S+ \d\d:\d\d")


def evidence_names(tmux: Tmux, culprit: str) -> None:
    """What was frozen when the alert under the cursor fired says who it was."""
    tmux.press("first", "Enter")
    tmux.wait_for("first", r"Evidence of \S+")
    tmux.wait_for("first", rf"Culprit.*{culprit} \(\d+\)")
    tmux.press("first", "Escape")
    tmux.wait_for("first", r"a Ack.*q Quit")
