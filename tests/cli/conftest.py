"""Each test has directories of its own, a zone of its own, and a fresh current configuration."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sysmon_tui.cli import main
from sysmon_tui.settings import current
from tests.cli.machine import Machine, in_place

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in tuple(os.environ):
        if name.startswith(("SYSMON_TUI_", "HOST_")):
            monkeypatch.delenv(name)
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("SYSMON_TUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("SYSMON_TUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(current, "_current", current._Current())
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What the commands look at."""
    made = Machine()
    in_place(made, monkeypatch.setitem)
    return made


@pytest.fixture
def run() -> Run:
    """The command line in this process: `run("config", "path")`."""

    def invoke(*arguments: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env=env, prog_name="sysmon-tui")

    return invoke
