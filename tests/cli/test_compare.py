"""`sysmon-tui compare` over a history that was recorded before."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.storage import open_store
from tests.cli.conftest import Run


def row(pid: int, name: str, cpu: float) -> ProcessRow:
    return ProcessRow(pid, 1.0, 1, 0, clean(name), "R", cpu, 1.0, 1 << 20, 1, 0, False)


@pytest.fixture
def history(tmp_path: Path) -> float:
    """Ten minutes; a burner runs in the first five. The moment it ends."""
    now = time.time()
    state = tmp_path / "state"
    state.mkdir()
    store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 26)
    for second in range(0, 600, 5):
        burns = second < 300
        rows = (row(2, "calm", 0.1), *((row(3, "burner", 1.5),) if burns else ()))
        at = now - 600.0 + second
        table = ProcessTable(rows=rows, states={"R": len(rows)})
        store.append(
            [
                Batch(
                    collector="cpu",
                    wall=at,
                    mono=float(second),
                    families={"node_load1": {(): 4.0 if burns else 1.0}},
                ),
                Batch(collector="process", wall=at, mono=float(second), processes=table),
            ]
        )
    store.flush()
    store.close()
    return now - 300.0


def test_the_burner_comes_first(run: Run, history: float) -> None:
    result = run("compare", "-8m")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[2] == "CPU  1.60 -> 0.10 cores"
    assert lines[3].split()[:7] == ["100%", "-", "gone", "1.50", "->", "0.00", "burner"]
    assert "30.0x 4 -> 1" in result.stdout


def test_as_json_and_in_either_order(run: Run, history: float) -> None:
    result = run("compare", "-1m", "-8m", "--json")
    found = json.loads(result.stdout)
    assert found["gone"] == 1
    assert found["resources"]["cpu"]["movers"][0]["name"] == "burner"
    assert found["moves"][0]["key"] == "node_load1"


def test_what_is_no_moment_and_what_was_not_recorded(run: Run, history: float) -> None:
    result = run("compare", "lunch")
    assert result.exit_code == 2
    assert "no time of day" in result.stderr
    result = run("compare", "-3h", "-2h")
    assert result.exit_code == 1
    assert "nothing was recorded at either moment" in result.stderr
