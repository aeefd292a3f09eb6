"""An edited settings file while the screen runs, and who acts on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.monitor.actor import login_name
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Screen
from sysmon_tui.settings.store import Loaded, load
from sysmon_tui.ui import live
from sysmon_tui.ui.look import Edit, look
from tests.scene import scene, tick
from tests.ui.stage import stage
from tests.ui.test_app import toasts
from tests.ui.test_look import terminal


def test_the_person_behind_sudo_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "mira")
    assert login_name() == "mira"
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    assert login_name() == "root"


def test_a_uid_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("getpass.getuser", nobody)
    assert login_name().isdigit()


class Home:
    """A settings file that is installed and can be edited."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "settings.toml"
        self._dirs = Dirs(config=folder, state=folder)
        self.write("")
        self.loaded: Loaded = load(self._dirs, {}, {})
        current.install(self.loaded)

    def write(self, text: str) -> None:
        self.file.write_text(text + "\n" * (1 + len(text) % 7))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_an_edit_is_told_once(home: Home) -> None:
    edits = live.Edits(home.loaded, terminal())
    assert edits() is None
    home.write('[screen]\ntheme = "sysmon-light"')
    edit = edits()
    assert edit is not None
    assert edit.look is not None
    assert edit.look.theme == "sysmon-light"
    assert edits() is None


def test_what_needs_a_restart_is_said(home: Home) -> None:
    edits = live.Edits(home.loaded, terminal())
    home.write("[collection]\ninterval = 5.0\n[storage]\nquota_mib = 9")
    edit = edits()
    assert edit is not None
    assert edit.message == "collection, storage: in force after a restart"


def test_a_broken_edit_keeps_the_old_settings(home: Home) -> None:
    edits = live.Edits(home.loaded, terminal())
    home.write("[screen]\ntheem = 1")
    edit = edits()
    assert edit is not None
    assert edit.look is None
    assert "theem" in edit.message
    assert current.settings().screen.theme == "auto"


async def test_an_edit_changes_the_running_screen() -> None:
    lighter = look(Screen(theme="sysmon-light", keys={"sort_memory": "x"}), terminal())
    async with stage(80, 24, scene(), edits=lambda: Edit("reloaded", lighter)) as shown:
        shown.app.take_over(Edit("reloaded", lighter))
        assert shown.app.theme == "sysmon-light"
        await shown.press("x")
        assert shown.app.overview.processes.sort == "memory"
        assert "reloaded" in toasts(shown)


async def test_a_broken_edit_is_a_warning() -> None:
    async with stage(80, 24) as shown:
        shown.app.take_over(Edit("settings.toml: no"))
        await shown.pilot.pause()
        assert toasts(shown) == ["settings.toml: no"]
        assert shown.app.theme == "sysmon-dark"


async def test_an_unknown_theme_is_named_and_replaced() -> None:
    async with stage(80, 24, theme="gruvbocks") as shown:
        assert shown.app.theme == "sysmon-dark"
        assert any("gruvbocks" in message for message in toasts(shown))


async def test_the_file_is_asked_for_every_few_ticks() -> None:
    asked: list[int] = []

    def edits() -> None:
        asked.append(1)

    source = scene()
    source.ticks = tuple(tick(step) for step in range(600, 613))
    async with stage(80, 24, source, edits=edits) as shown:
        while len(asked) < 4:
            await shown.pilot.pause()
    assert 4 <= len(asked) <= 5
