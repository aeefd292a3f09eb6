"""Prometheus rule files in the settings, as the `rules` commands show them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PROM = """\
groups:
- name: g
  rules:
  - alert: Full
    expr: node_filesystem_avail_bytes{job="db"} < 10
    for: 5m
    labels: {severity: critical}
  - alert: Down
    expr: up == 0
  - alert: Odd
    expr: max_over_time(up[5m:1m]) == 0
"""


class TestPrometheusFiles:
    @pytest.fixture
    def file(self, tmp_path: Path, settings_file: Path) -> Path:
        made = tmp_path / "node.yml"
        made.write_text(PROM)
        settings_file.write_text(f'[prometheus]\nrule_files = ["{made}"]\n')
        return made

    def test_list_shows_them_with_their_origin(self, run: Run, file: Path) -> None:
        result = run("rules", "list")
        told = {line.split()[0]: " ".join(line.split()[1:]) for line in result.stdout.splitlines()}
        assert told["Full"] == (
            f'{file}:4 critical for 5m node_filesystem_avail_bytes{{job="db"}} < 10'
        )
        assert told["Down"] == f"{file}:8 warning at once up == 0"
        assert told["Odd"].startswith(f"{file}:10 not judged here expr: ")
        assert "Not judged here: Odd. `sysmon-tui rules check` says why" in result.stderr

    def test_list_as_json(self, run: Run, file: Path) -> None:
        told = {one["name"]: one for one in json.loads(run("rules", "list", "--json").stdout)}
        assert told["Full"]["source"] == f"{file}:4"
        assert told["Full"]["expr"] == 'node_filesystem_avail_bytes{job="db"} < 10'
        assert told["Full"]["levels"][0]["threshold"] is None
        assert told["Odd"]["enabled"] is False
        assert "subqueries" in told["Odd"]["reason"]

    def test_check_says_what_of_them_is_of_no_use(self, run: Run, file: Path) -> None:
        result = run("rules", "check")
        assert result.exit_code == 0
        odd, full, down, fine = result.stdout.splitlines()
        assert odd.startswith(f"warning: {file}:10: alert Odd: is not judged here: expr: ")
        assert full == (
            f'warning: {file}:4: alert Full: no series here has job="db", so it never fires. '
            "Say in prometheus.labels what a scrape would add"
        )
        assert down.startswith(f"warning: {file}:8: alert Down: no collector here provides up")
        assert fine.endswith(": fine, 0 rules, 2 of Prometheus rule files")

    def test_check_of_a_file_that_is_not_there(self, run: Run, file: Path) -> None:
        file.unlink()
        result = run("rules", "check")
        assert result.exit_code == 78
        assert "there is no such rule file. Correct prometheus.rule_files" in result.stdout

    def test_export_gives_them_back(self, run: Run, file: Path) -> None:
        text = run("rules", "export").stdout
        assert '        expr: "up == 0"\n' in text

    def test_config_check_compares_names(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(
            '[[rules]]\nname = "A"\nmetric = "m"\nwarning = { above = 1 }\nnotify = ["ops"]\n'
        )
        for command in (("config", "check"), ("rules", "check")):
            result = run(*command)
            assert result.exit_code == 78
            assert f'{settings_file}:5: rule "A": notify: there is no receiver ops' in result.stdout
