"""`sysmon-tui incident` and `sysmon-tui replay`, without a running program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def state(tmp_path: Path, settings_file: Path) -> Path:
    return tmp_path / "state"


def test_from_its_beginning_to_its_report(run: Run, state: Path) -> None:
    assert run("incident", "list").stdout == "no incidents\n"
    begun = run("incident", "start", "the disk fills", "--as", "ann")
    assert begun.exit_code == 0
    assert begun.stdout.endswith(" begun by ann\n")
    assert "goes on  ann  the disk fills" in run("incident", "list").stdout
    assert "it goes on" in run("incident", "report").stdout
    ended = run("incident", "stop", "--note", "moved the logs", "--as", "bob")
    assert ended.exit_code == 0
    report, capsule = map(Path, ended.stdout.split())
    assert report.parent == capsule.parent == state / "incidents"
    text = report.read_text()
    assert "- **What:** the disk fills\n" in text
    assert "- **In the end:** moved the logs\n" in text
    assert run("incident", "report").stdout == text
    (one,) = json.loads(run("incident", "list", "--json").stdout)
    assert (one["by"], one["ended_by"], one["note"]) == ("ann", "bob", "moved the logs")
    assert run("replay", str(capsule), "--report").stdout == text


def test_written_anew_without_names(run: Run, state: Path) -> None:
    run("incident", "start", "--as", "ann")
    run("incident", "stop", "--as", "ann")
    report, _ = map(Path, run("incident", "report", "--write", "--anonymous").stdout.split())
    assert "- **Who:** person 1\n" in report.read_text()
    assert report.read_text().startswith("# Incident on host, ")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("stop",), "no incident goes on"),
        (("report",), "there was no incident yet"),
        (("report", "2020"), "no incident is called '2020'"),
    ],
)
def test_there_is_none(run: Run, state: Path, arguments: tuple[str, ...], problem: str) -> None:
    result = run("incident", *arguments)
    assert result.exit_code == 1
    assert problem in result.stderr


def test_two_at_once(run: Run, state: Path) -> None:
    run("incident", "start", "--as", "ann")
    again = run("incident", "start", "--as", "bob")
    assert again.exit_code == 1
    assert "goes on already, begun by ann" in again.stderr


def test_history_in_memory_leaves_a_report(run: Run, state: Path) -> None:
    memory = {"SYSMON_TUI_STORAGE_URL": "memory:"}
    run("incident", "start", env=memory)
    assert run("incident", "stop", env=memory).exit_code == 0


def test_a_file_that_is_none(run: Run, state: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.zip").write_text("no capsule")
    result = run("replay", str(tmp_path / "odd.zip"))
    assert result.exit_code == 1
    assert "odd.zip is no capsule of an incident" in result.stderr


def test_a_replay_needs_a_terminal(run: Run, state: Path) -> None:
    run("incident", "start")
    _, capsule = run("incident", "stop").stdout.split()
    result = run("replay", capsule)
    assert result.exit_code == 2
    assert "there is no terminal to draw on" in result.stderr
