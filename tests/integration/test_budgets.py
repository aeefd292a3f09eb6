"""Costs that do not depend on the machine: modules loaded, bytes sent, threads begun."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.heaps import heaps, needs_glibc
from tests.integration.live import FIRST_DATA, environ, live
from tests.pty import Pty

FORBIDDEN = {
    "aiohttp",
    "cryptography",
    "hypothesis",
    "multiprocessing",
    "numpy",
    "prometheus_client",
    "psutil",
    "tomlkit",
    "unittest",
    "xml",
}
MODULES = 620
"""What the live screen may load; Textual alone is about 600."""
BYTES_A_TICK = 2500
"""Of the scene in motion, in which more changes each second than on a quiet machine."""

LOADED = """
import json, sys
before = set(sys.modules)  # what a test runner has put into every process
import sysmon_tui.ui.live
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.registry import create_collectors
for collector in create_collectors(Roots()):
    collector.close()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil is needed")
def test_the_screen_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        check=True,
        env=environ(tmp_path),
    )
    modules = json.loads(done.stdout)
    assert FORBIDDEN & {name.partition(".")[0] for name in modules} == set()
    assert 300 <= len(modules) <= MODULES


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_bytes_a_tick(tmp_path: Path) -> None:
    script = Path(__file__).parent.parent / "ui" / "play.py"
    home = environ(tmp_path, COLORTERM="truecolor", PYTHONPATH=str(script.parents[2]))
    with Pty([sys.executable, script, "5", "45"], columns=120, rows=40, environ=home) as term:
        assert term.exit_status() == 0
        played = bytes(term.output)
    # The player rings the bell before its first and after its last counted tick.
    counted = played.split(b"\x07")[1]
    assert len(counted) / 40 <= BYTES_A_TICK


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_threads_are_few(tmp_path: Path) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for("Files .*%")
        status = Path(f"/proc/{term.pid}/status").read_text()
        threads = int(status.partition("Threads:")[2].split()[0])
        term.send("q")
        assert term.exit_status() == 0
    # Main, engine, writer, input, the witness of alerts, two slow collectors, two that read.
    assert threads <= 9


@needs_glibc
def test_threads_share_a_heap(tmp_path: Path) -> None:
    with live(tmp_path) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for("Files .*%")
        assert heaps(term.pid) == 0
        term.send("q")
        assert term.exit_status() == 0
