"""`sysmon-tui health`: what a health check gets to see."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sysmon_tui.monitor import pulse
from sysmon_tui.monitor.pulse import Pulse
from tests.cli.conftest import Run


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
    assert result.stdout.startswith("ok: last tick 2.")
    assert result.stdout.endswith(" s ago, paused (disk␛ full), not answering: disk, pid 7\n")


def test_one_that_does_not_is_not(run: Run, health_file: Path) -> None:
    write(health_file, 60.0)
    result = run("health")
    assert result.exit_code == 1
    assert result.stdout.startswith("stale: last tick 60.")
    assert run("health", "--max-age", "90").exit_code == 0


def test_a_dead_one_has_nothing_to_say(run: Run) -> None:
    result = run("health")
    assert result.exit_code == 1
    assert result.stderr.startswith("sysmon-tui: no recorder runs here")
