"""`sysmon-tui config`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from sysmon_tui.settings.fields import FIELDS
from tests.cli.conftest import Run


def test_the_path_is_printed_alone(run: Run, settings_file: Path) -> None:
    result = run("config", "path")
    assert result.exit_code == 0
    assert result.stdout == f"{settings_file}\n"
    assert not settings_file.exists()


@pytest.mark.parametrize("before", [True, False])
def test_the_directory_may_be_given_before_or_after_the_command(
    run: Run, tmp_path: Path, before: bool
) -> None:
    place = ["--config-dir", str(tmp_path)]
    words = ["config", "path"]
    result = run(*place, *words) if before else run(*words, *place)
    assert result.stdout == f"{tmp_path / 'settings.toml'}\n"


def test_what_is_in_force_is_shown_with_its_source(run: Run, settings_file: Path) -> None:
    settings_file.write_text('[screen]\nsort = "io"\nspeed = 1\n')
    result = run("config", "show", env={"SYSMON_TUI_SCREEN_THEME": "x"})
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"# {settings_file}"
    assert 'sort = "io"  # file' in lines
    assert 'theme = "x"  # environment' in lines
    assert "interval = 1.0  # default" in lines
    assert tomllib.loads(result.stdout)["screen"]["sort"] == "io"
    assert "screen.speed: unknown setting" in result.stderr


def test_the_json_says_the_same(run: Run, settings_file: Path) -> None:
    settings_file.write_text('[collection]\ndisabled = ["gpu"]\n[[rules]]\nname = "a"\n')
    told = json.loads(run("config", "show", "--json").stdout)
    assert told["path"] == str(settings_file)
    assert set(told["settings"]) == set(FIELDS)
    assert told["settings"]["collection.disabled"] == {"value": ["gpu"], "source": "file"}
    assert told["rules"] == [{"name": "a"}]
    assert told["problems"] == []


def test_the_defaults_are_the_manual(run: Run) -> None:
    result = run("config", "show", "--defaults")
    assert result.exit_code == 0
    assert "# Seconds between two ticks.\n" in result.stdout
    assert "\n#interval = 1.0\n" in result.stdout
    assert all(not table for table in tomllib.loads(result.stdout).values())


def test_the_manual_has_no_json(run: Run) -> None:
    result = run("config", "show", "--defaults", "--json")
    assert result.exit_code == 2
    assert "--json and --defaults exclude each other" in result.stderr


class TestCheck:
    def test_no_file_is_fine(self, run: Run, settings_file: Path) -> None:
        result = run("config", "check")
        assert result.exit_code == 0
        assert result.stdout == f"{settings_file}: does not exist; the defaults are in force\n"

    def test_a_right_file_is_fine(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(
            '[screen]\ntheme = "sysmon-light"\nkeys = { quit = "x" }\n'
            '[collection]\ndisabled = ["sensors"]\nintervals = { cpu = 2 }\n'
        )
        result = run("config", "check")
        assert result.stdout == f"{settings_file}: fine\n"
        assert result.exit_code == 0

    def test_every_problem_is_listed(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(
            "[screen]\n"
            'theme = "sysmon-lihgt"\n'
            'keys = { qiut = "x" }\n'
            'sort = "x"\n'
            "[collection]\n"
            'disabled = ["zzz"]\n'
            "[collection.intervals]\n"
            "disks = 2\n"
            "[storage]\n"
            'url = "postgres://x"\n'
            "[[rules]]\n"
            'name = "Empty"\n'
        )
        environ = {"SYSMON_TUI_SCREEN_TREE": "maybe"}
        result = run("config", "check", env=environ)
        assert result.exit_code == 78
        lines = result.stdout.replace(str(settings_file), "FILE").splitlines()
        assert lines[0].startswith("error: FILE:4: screen.sort: expected one of cpu")
        assert lines[1].startswith("error: environment: SYSMON_TUI_SCREEN_TREE: expected true")
        assert lines[2].startswith(
            "error: FILE:6: collection.disabled: there is no collector zzz. There are: cpu, "
        )
        assert lines[3:6] == [
            "error: FILE:8: collection.intervals: there is no collector disks. Did you mean disk?",
            "error: FILE:2: screen.theme: there is no theme sysmon-lihgt. "
            "Did you mean sysmon-light?",
            "error: FILE:3: screen.keys: there is no action qiut. Did you mean quit?",
        ]
        assert lines[6].startswith("error: FILE:10: storage.url: 'postgres://x' is no place")
        assert lines[7].startswith('error: FILE:11: rule "Empty": ')
        assert len(lines) == 8

    def test_a_name_from_the_environment_is_looked_for_there(self, run: Run) -> None:
        result = run("config", "check", env={"SYSMON_TUI_COLLECTION_DISABLED": "cpus"})
        assert result.exit_code == 78
        assert result.stdout == (
            "error: environment: collection.disabled: there is no collector cpus. "
            "Did you mean cpu?\n"
        )

    def test_a_warning_is_told_and_forgiven(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text("")
        settings_file.chmod(0o666)
        result = run("config", "check")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            f"warning: {settings_file}: everybody may write it. chmod o-w it",
            f"{settings_file}: fine",
        ]
