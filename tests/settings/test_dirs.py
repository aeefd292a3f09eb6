"""Where settings and state lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.settings.dirs import Dirs, default_dirs, find_dirs


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_platform_decides_when_nobody_else_does(home: Path) -> None:
    dirs = find_dirs({})
    assert dirs == default_dirs()
    assert dirs.config.is_relative_to(home)
    assert dirs.state.is_relative_to(home)
    assert dirs.config != dirs.state


def test_the_environment_moves_them_and_the_command_line_wins(home: Path) -> None:
    environ = {"SYSMON_TUI_CONFIG_DIR": "/env/config", "SYSMON_TUI_STATE_DIR": "~/state"}
    assert find_dirs(environ) == Dirs(Path("/env/config"), home / "state")
    assert find_dirs(environ, "/flag", "").config == Path("/flag")


def test_a_relative_directory_is_taken_from_where_we_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert find_dirs({}, "a/../b", "c") == Dirs(home / "b", home / "c")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    homeless = Dirs(Path("~/.config/sysmon-tui"), Path("~/.local/state/sysmon-tui"))
    monkeypatch.setattr("sysmon_tui.settings.dirs.default_dirs", lambda: homeless)
    with pytest.raises(SysmonError, match="no home directory") as caught:
        find_dirs({})
    assert "SYSMON_TUI_STATE_DIR" in caught.value.remedy
    assert find_dirs({}, "/a", "/b") == Dirs(Path("/a"), Path("/b"))
