"""`sysmon-tui rules backtest` of every kind of rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_rules import record

KINDS = """
[[rules]]
name = "Forecast"
metric = "node_load1"
forecast = "5m"
toward = 100
warning = { below = "15m" }
unit = "duration"

[[rules]]
name = "Filter"
expr = "node_load1 > 5"
severity = "warning"
for = "20s"

[[rules]]
name = "Beside"
metric = "node_load1"
and = [{ rule = "Filter" }]
warning = { above = 0 }

[[rules]]
name = "Unusual"
metric = "node_load1"
anomaly = "7d"
warning = { above = 6 }
"""


class TestBacktestOfEveryKind:
    @pytest.fixture(autouse=True)
    def recorded(self, settings_file: Path, tmp_path: Path) -> None:
        settings_file.write_text(KINDS)
        record(tmp_path / "state", *(float(beat) for beat in range(30)))

    def test_forecast(self, run: Run) -> None:
        said = run("rules", "backtest", "Forecast").stdout.splitlines()
        # It rises by 0.1 a second: from 110 s on, less than 90 are left to 100.
        assert said[1].startswith("warning < 15m: fired once, 3m")

    def test_an_expression_that_filters(self, run: Run) -> None:
        told = json.loads(run("rules", "backtest", "Filter", "--for", "100s", "--json").stdout)
        assert told["as_it_is"]["levels"] == "warning for 20s"
        assert (told["as_it_is"]["fired"], told["as_it_is"]["seconds"]) == (1, 210.0)
        assert (told["changed"]["fired"], told["changed"]["seconds"]) == (1, 130.0)
        result = run("rules", "backtest", "Filter", "--threshold", "3")
        assert result.exit_code == 1
        assert "Filter has no threshold: its expression says when it holds" in result.stderr

    def test_a_rule_that_asks_for_another(self, run: Run) -> None:
        told = json.loads(run("rules", "backtest", "Beside", "--json").stdout)
        assert (told["as_it_is"]["fired"], told["as_it_is"]["seconds"]) == (1, 210.0)

    def test_an_anomaly_without_days_to_compare_with(self, run: Run) -> None:
        assert ": never fired" in run("rules", "backtest", "Unusual").stdout

    def test_a_drill_of_an_expression(self, run: Run) -> None:
        assert run("rules", "drill", "Filter", "--for", "0s").exit_code == 0
