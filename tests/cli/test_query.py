"""`sysmon-tui query`."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage import open_store
from tests.cli.conftest import Run

NOW = 1_700_000_000.0
SDA = labels(device="sda")


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes up to now of a gauge that is its second, and of a counter of two a second."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    store = open_store("sqlite:", state=tmp_path / "state", retention=1e6, quota=1 << 30)
    for second in range(600):
        families: Families = {
            "node_load1": {(): float(second)},
            "reads_total": {SDA: 2.0 * second, labels(device="=1+1"): 0.0},
        }
        wall = NOW - 599.0 + second
        store.append([Batch(collector="cpu", wall=wall, mono=wall, families=families)])
    store.flush()
    store.close()


def asked(run: Run, *arguments: str) -> Any:
    result = run("query", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_moment_as_a_table(run: Run) -> None:
    assert run("query", "node_load1").stdout == "node_load1  599\n"
    assert run("query", "node_load1", "--at", "-5m").stdout == "node_load1  299\n"
    assert run("query", "2 * 3").stdout == "{}  6\n"
    assert run("query", "unheard_of").stdout == "nothing\n"
    lines = run("query", "sum by (device) (reads_total)").stdout.splitlines()
    assert lines == ['{device="=1+1"}  0', '{device="sda"}   1198']


def test_as_prometheus_would_answer(run: Run) -> None:
    assert asked(run, "node_load1") == {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [{"metric": {"__name__": "node_load1"}, "value": [NOW, "599"]}],
        },
    }
    assert asked(run, "0 / 0")["data"] == {"resultType": "scalar", "result": [NOW, "NaN"]}
    found = asked(run, 'rate(reads_total{device="sda"}[1m])', "--range", "2m", "--step", "1m")
    assert found["data"] == {
        "resultType": "matrix",
        "result": [
            {
                "metric": {"device": "sda"},
                "values": [[NOW - 120.0, "2"], [NOW - 60.0, "2"], [NOW, "2"]],
            }
        ],
    }
    raw = asked(run, "node_load1[2s]")["data"]
    assert raw["resultType"] == "matrix"
    assert raw["result"][0]["values"] == [[NOW - 2.0, "597"], [NOW - 1.0, "598"], [NOW, "599"]]


def test_a_course(run: Run) -> None:
    lines = run("query", "node_load1", "--range", "5m").stdout.splitlines()
    assert lines[0].split() == ["SERIES", "LEAST", "MEAN", "GREATEST", "LAST", "COURSE"]
    assert lines[1].split()[:5] == ["node_load1", "299", "449", "599", "599"]
    assert lines[1].endswith("█")


def test_csv_runs_no_formula(run: Run) -> None:
    result = run("query", "reads_total", "--start", "-1m", "--step", "1m", "--csv")
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["time", "__name__", "device", "value"]
    assert rows[1] == ["2023-11-14T22:12:20.000+00:00", "reads_total", "'=1+1", "0"]
    assert rows[-1] == ["2023-11-14T22:13:20.000+00:00", "reads_total", "sda", "1198"]


def test_a_mistake_has_a_caret_under_it(run: Run) -> None:
    result = run("query", "sum(rate(x[5m))")
    assert result.exit_code == 1
    said, text, caret = result.stderr.splitlines()
    assert said.startswith("sysmon-tui: ")
    assert text == "  sum(rate(x[5m))"
    assert text[caret.index("^")] == ")"
    assert caret.index("^") == text.index(")")


def test_series_that_do_not_fit_have_no_place(run: Run) -> None:
    result = run("query", "reads_total / ignoring (device) reads_total")
    assert result.exit_code == 1
    assert result.stderr.startswith("sysmon-tui: ")
    assert "^" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json", "--csv"], "--json and --csv exclude each other"),
        (["--range", "1h", "--start", "-1h"], "--range and --start exclude each other"),
        (["--at", "now", "--step", "1m"], "--at is one moment"),
        (["--at", "soon"], "'soon' is no time of day. Write"),
        (["--range", "soon"], "'soon' is no duration"),
    ],
)
def test_options_that_make_no_sense(run: Run, arguments: list[str], said: str) -> None:
    result = run("query", "x", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_history_in_memory_is_out_of_reach(run: Run, settings_file: Path) -> None:
    settings_file.write_text('[storage]\nurl = "memory:"\n')
    result = run("query", "x")
    assert result.exit_code == 1
    assert "history is kept in the memory of the program that runs" in result.stderr


def test_another_store(run: Run, tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/state/history.sqlite"
    other = run("query", "node_load1", "--store", url, "--state-dir", str(tmp_path / "none"))
    assert other.stdout == "node_load1  599\n"
