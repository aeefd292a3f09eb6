"""The commands on the machine the tests run on, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sysmon(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sysmon_tui", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_sees_this_machine_and_leaves_no_trace(tmp_path: Path) -> None:
    done = sysmon("check", "--json", "--interval", "0.3")
    told = json.loads(done.stdout)
    assert done.returncode == told["code"]
    assert done.stderr == ""
    figures = {figure["name"]: figure["value"] for figure in told["figures"]}
    assert 0.0 < figures["memory"] < 1.0
    assert 0.0 <= figures["cpu"] <= 1.0
    assert 0.0 < figures["filesystem"] <= 1.0
    assert not (tmp_path / "state").exists()


def test_doctor_sees_this_machine_and_leaves_no_trace(tmp_path: Path) -> None:
    done = sysmon("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["fine"] else 1)
    assert done.stderr == ""
    topics = {finding["topic"]: finding for finding in told["findings"]}
    assert topics["cpu collector"]["standing"] == "ok"
    assert not topics["cpu collector"]["text"].startswith("0 series")
    assert not (tmp_path / "state").exists()


def test_lines_are_recorded(tmp_path: Path) -> None:
    done = sysmon("--plain", "--count", "1")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "memory" in done.stdout.splitlines()[-1]
    assert any((tmp_path / "state").iterdir())
