"""`sysmon-tui report`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sysmon_tui.storage import open_store
from tests.cli.conftest import Run
from tests.storage.batches import WALL
from tests.storage.exchange.samples import machine


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: WALL + 600.0)
    store = open_store("sqlite:", state=tmp_path / "state", retention=1e6, quota=1 << 30)
    store.append(machine(600))
    store.flush()
    store.close()


def test_every_form(run: Run) -> None:
    terminal = run("report", "--since", "10m")
    assert terminal.exit_code == 0
    assert "FIGURES" in terminal.stdout
    assert "\nLoad  " in terminal.stdout
    assert "## Figures" in run("report", "--format", "markdown").stdout
    assert run("report", "--format", "html").stdout.startswith("<!doctype html>")


def test_json(run: Run) -> None:
    told = json.loads(run("report", "--start", "22:13", "--until", "now", "--json").stdout)
    figures = {figure["metric"]: figure for figure in told["figures"]}
    load = figures["node_load1"]
    assert load["labels"] == {}
    assert 0.0 < load["p50"] <= load["p95"] <= load["p99"] <= load["greatest"] < 1.0
    assert load["greatest_at"].startswith("2023-11-14T22:")
    assert told["alerts"] == []
    assert told["recorded"] > 0.9


def test_another_store_has_its_address_for_a_name(run: Run, tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/state/history.sqlite"
    told = json.loads(run("report", "--json", "--store", url).stdout)
    assert told["host"] == url


def test_nothing_was_recorded(run: Run) -> None:
    result = run("report", "--since", "1h", "--end", "-2h")
    assert result.exit_code == 1
    assert "nothing was recorded from 2023-11-14T19:23:20+00:00 to 2023-11-14T20:23:20" in (
        result.stderr
    )


def test_a_stretch_that_makes_no_sense(run: Run) -> None:
    result = run("report", "--start", "now", "--end", "-1h")
    assert result.exit_code == 2
    assert "the stretch ends before it begins" in result.stderr
