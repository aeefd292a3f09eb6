"""`sysmon-tui rules import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

RULES = """\
groups:
- name: node
  rules:
  - alert: Full
    expr: node_filesystem_avail_bytes < 5 and sysmon_cpu_ratio > 0
    for: 30m
    labels: {severity: critical}
  - alert: Down
    expr: up == 0
    labels: {severity: page}
  - record: job:up
    expr: sum(up)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "rules.yml"
    made.write_text(RULES)
    return made


def test_every_rule_is_named(run: Run, file: Path) -> None:
    result = run("rules", "import", str(file))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "usable: 2",
        f"  {file}:4: Full: critical for 30m",
        f"  {file}:8: Down: warning; no collector here provides up; its severity page is taken as "
        "warning",
        "not usable: 1",
        f"  {file}:11: record job:up: recording rules are not evaluated here; write the "
        "expression where it is used",
    ]


def test_json(run: Run, file: Path) -> None:
    told = json.loads(run("rules", "import", "--json", str(file)).stdout)
    full, down = told["usable"]
    assert (full["name"], full["line"], full["for"], full["lacking"]) == ("Full", 4, 1800.0, [])
    assert down["lacking"] == ["up"]
    assert told["refused"][0]["name"] == "job:up"
    assert told["problems"] == []


def test_what_is_no_rule_file(run: Run, file: Path) -> None:
    file.write_text("groups: 3\n")
    result = run("rules", "import", str(file))
    assert result.exit_code == 78
    assert result.stdout.splitlines()[0].startswith(
        f"error: {file}: groups: is missing or no list. A rule file has"
    )
    told = json.loads(run("rules", "import", "--json", str(file)).stdout)
    assert told["problems"][0]["remedy"].startswith("A rule file has")


def test_what_cannot_be_read(run: Run, file: Path) -> None:
    file.write_bytes(b"\xff")
    result = run("rules", "import", str(file))
    assert result.exit_code == 78
    assert f"{file}:1: is not UTF-8" in result.stderr


def test_who_else_may_write_it_does_not_matter(run: Run, file: Path) -> None:
    file.chmod(0o666)
    assert run("rules", "import", str(file)).exit_code == 0
