"""Changing the settings file from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_setting_is_set_and_unset(run: Run, settings_file: Path) -> None:
    settings_file.write_text("# mine\n[screen]\nsort = 'cpu' # why\n")
    assert run("config", "set", "screen.sort", "io").exit_code == 0
    assert settings_file.read_text() == '# mine\n[screen]\nsort = "io" # why\n'
    assert run("config", "set", "collection.disabled", "cpu,disk").exit_code == 0
    assert 'disabled = ["cpu", "disk"]' in settings_file.read_text()
    assert run("config", "unset", "screen.sort").exit_code == 0
    assert "sort" not in settings_file.read_text()


def test_what_cannot_be_is_refused_with_78(run: Run, settings_file: Path) -> None:
    settings_file.write_text("")
    for arguments, words in (
        (("set", "screen.sort", "x"), "expected one of cpu"),
        (("set", "screen.sorts", "cpu"), "Did you mean screen.sort?"),
        (("unset", "nonsense"), "unknown setting"),
    ):
        result = run("config", *arguments)
        assert result.exit_code == 78
        assert words in result.stderr
    assert settings_file.read_text() == ""


def test_all_commands_are_listed(run: Run) -> None:
    listed = run("config", "--help").stdout
    for name in ("show", "set-secret", "rotate-key", "unset", "set-password"):
        assert f"  {name} " in listed
