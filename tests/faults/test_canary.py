"""Unique secrets are planted, everything that prints or writes is used, and none is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sysmon_tui.cli import main
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.store import load
from sysmon_tui.ui.app import SysmonApp
from tests.integration.live import FIRST_DATA, live
from tests.ui.stage import stage

CANARIES = {name: f"canary-{name}-9c41" for name in ("token", "page", "mail", "phrase")}
SETTINGS = """\
[[notify.to]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
token_secret = "token"
[[notify.to]]
name = "page"
kind = "webhook"
url_secret = "page"
[[notify.to]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = 9
from = "a@b.c"
to = ["d@e.f"]
user = "u"
password_secret = "mail"
[[rules]]
name = "Always"
metric = "sysmon_memory_used_ratio"
critical = { above = 0.0 }
"""


def found(text: str | bytes) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    return [canary for canary in CANARIES.values() if canary.encode() in raw]


def litter(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file() and found(path.read_bytes())]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(SETTINGS)
    monkeypatch.setenv("SYSMON_TUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("SYSMON_TUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(current, "_current", current._Current())
    for name in ("token", "page", "mail"):
        run("config", "set-secret", name, typed=CANARIES[name])
    run("config", "set-password", "mira", typed=CANARIES["phrase"])
    return tmp_path


def run(*arguments: str, typed: str = "") -> str:
    return CliRunner().invoke(main, arguments, input=typed).output


def test_no_command_prints_one_and_no_file_holds_one(home: Path) -> None:
    said = [
        run(*line.split())
        for line in (
            "config show",
            "config show --json",
            "config check",
            "config list-secrets",
            "config rotate-key",
            "config set screen.tree true",
            "rules list",
            "rules export",
        )
    ]
    assert "token" in said[3]
    assert [found(text) for text in said] == [[]] * len(said)
    assert litter(home) == []


async def test_no_screen_and_no_picture_shows_one(home: Path) -> None:
    current.install(load(Dirs(home / "config", home / "state"), {}, {}))
    async with stage(120, 40) as shown:
        for key in ("f2", "escape", "f1", "escape", "3"):
            await shown.press(key)
            assert found(shown.app.export_screenshot()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_the_terminal_and_the_state_of_a_run_with_receivers_hold_none(home: Path) -> None:
    with live(home) as term:
        term.wait_for(FIRST_DATA)
        term.press("f2")
        term.wait_for("screen.theme")
        term.send("q")
        term.wait_for(FIRST_DATA)
        term.send("q")
        assert term.exit_status() == 0
        assert found(bytes(term.output)) == []
    assert litter(home) == []


CRASH = """
import sys
from sysmon_tui.__main__ import main
from sysmon_tui.ui.app import SysmonApp

def fail(self, message):
    password = "canary-" + "token-9c41"
    raise RuntimeError(f"broken {len(password)}")

SysmonApp.on_tick_ready = fail
sys.argv = ["sysmon-tui"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_a_crash_leaves_a_private_report_one_line_and_1(home: Path) -> None:
    from tests.integration.live import environ
    from tests.pty import Pty

    assert hasattr(SysmonApp, "on_tick_ready")
    with Pty([sys.executable, "-c", CRASH], columns=120, rows=40, environ=environ(home)) as term:
        assert term.exit_status() == 1
        output = bytes(term.output)
    assert b"it failed: RuntimeError" in output
    assert found(output) == []
    (report,) = (home / "state").glob("crash-*.txt")
    assert "broken 17" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    assert litter(home) == []
