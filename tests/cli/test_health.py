"""`sysmon-tui health`: what a health check gets to see."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from sysmon_tui.monitor import pulse
from sysmon_tui.monitor.pulse import Pulse
from tests.cli.conftest import Run

MOST = 10.0
"""Seconds between writing and reading, on a machine that has much else to do."""


@pytest.fixture
def health_file(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / pulse.FILE_NAME


def write(path: Path, age: float, **collectors: str) -> None:
    pulse.write(
        path,
        Pulse(
            version="1",
            pid=7,
            tick=3,
            wall=time.time() - age,
            mono=time.monotonic() - age,
            interval=1.0,
            recording="paused",
            reason="disk\x1b full",
            collectors=collectors,
        ),
    )


def test_a_recorder_that_ticks_is_well(run: Run, health_file: Path) -> None:
    write(health_file, 2.0, cpu="ok", disk="timeout", sensors="unsupported")
    result = run("health")
    assert result.exit_code == 0
    said = r"ok: last tick ([\d.]+) s ago, paused \(disk␛ full\), not answering: disk, pid 7\n"
    age = re.fullmatch(said, result.stdout)
    assert age
    assert 2.0 <= float(age[1]) < 2.0 + MOST


def test_one_that_does_not_is_not(run: Run, health_file: Path) -> None:
    write(health_file, 60.0)
    result = run("health")
    assert result.exit_code == 1
    age = re.match(r"stale: last tick ([\d.]+) s ago", result.stdout)
    assert age
    assert 60.0 <= float(age[1]) < 60.0 + MOST
    assert run("health", "--max-age", "90").exit_code == 0


def test_a_dead_one_has_nothing_to_say(run: Run) -> None:
    result = run("health")
    assert result.exit_code == 1
    assert result.stderr.startswith("sysmon-tui: no recorder runs here")
