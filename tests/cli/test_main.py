"""The command line as a whole: options, errors, completion, and what it costs to load."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from sysmon_tui import __version__, cli
from sysmon_tui.model.errors import SettingsError, StoreError
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Screen
from sysmon_tui.settings.store import Loaded
from sysmon_tui.ui.terminal import Colours, Terminal
from tests.cli.conftest import Run
from tests.cli.machine import Machine

ROOT = Path(__file__).parents[2]


class Live:
    """Stands in for the screen and for the terminal it is drawn on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loaded: Loaded | None = None
        self.interactive = True
        self.failure: BaseException | None = None
        module = ModuleType("sysmon_tui.ui.live")
        module.run = self.run  # type: ignore[attr-defined] # a module made by hand
        monkeypatch.setitem(sys.modules, "sysmon_tui.ui.live", module)
        monkeypatch.setattr("sysmon_tui.ui.live", module, raising=False)
        monkeypatch.setattr("sysmon_tui.ui.terminal.inspect_terminal", self.inspect)

    def inspect(self, environ: Mapping[str, str], *_streams: object) -> Terminal:
        return Terminal(
            name=environ["TERM"],
            interactive=self.interactive,
            encoding="utf-8",
            colours=Colours.TRUE,
            remote=False,
        )

    def run(self, loaded: Loaded, dirs: Dirs, vault: Vault | None = None) -> int:
        if self.failure is not None:
            raise self.failure
        assert loaded.path.parent == dirs.config
        self.loaded = loaded
        self.vault = vault
        return 143


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    return Live(monkeypatch)


def test_without_a_command_the_screen_runs_and_its_exit_code_is_ours(run: Run, live: Live) -> None:
    result = run()
    assert result.exit_code == 143
    assert live.loaded is not None
    assert live.loaded.settings == current.settings()


def test_options_become_settings(run: Run, live: Live) -> None:
    run(
        *("--interval", "2", "--theme", "t", "--ascii", "--mouse", "--no-diff"),
        *("--sort", "memory", "--tree", "--store", "sqlite:///x"),
    )
    assert live.loaded is not None
    settings = live.loaded.settings
    assert settings.screen == Screen(
        theme="t", glyphs="ascii", mouse="on", diff=False, sort="memory", tree=True
    )
    assert settings.collection.interval == 2.0
    assert settings.storage.url == "sqlite:///x"
    assert live.loaded.problems == ()


@pytest.mark.parametrize(
    ("options", "path", "value"),
    [
        (["--no-mouse"], "screen.mouse", "off"),
        (["--glyphs", "block"], "screen.glyphs", "block"),
        (["--no-history"], "storage.url", "memory:"),
    ],
)
def test_an_option_is_a_flag_and_nothing_else_is(
    run: Run, live: Live, options: list[str], path: str, value: str
) -> None:
    run(*options)
    assert live.loaded is not None
    section, name = path.split(".")
    assert getattr(getattr(live.loaded.settings, section), name) == value
    flags = [where for where, source in live.loaded.provenance.items() if source == "flag"]
    assert flags == [path]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--interval", "0"], "0.1<=x<=3600"),
        (["--sort", "x"], "'x' is not one of"),
        (["--ascii", "--glyphs", "block"], "--ascii and --glyphs exclude each other"),
        (["--no-history", "--store", "x"], "--no-history and --store exclude each other"),
        (["--count", "0"], "0 is not in the range"),
        (
            ["--tree", "check"],
            "Only --config-dir, --state-dir and --key-file may stand before check",
        ),
        (["--plain", "config", "path"], "may stand before config"),
        (["chekc"], "No such command 'chekc'. Did you mean 'check'?"),
        (["xyz"], "No such command 'xyz'."),
        (["--config-dir", "/nonexistent/x"], "does not exist"),
        (["--nonsense"], "No such option"),
    ],
)
def test_a_mistake_on_the_command_line_ends_with_2(
    run: Run, live: Live, arguments: list[str], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert live.loaded is None


def test_without_a_terminal_it_says_what_else_there_is(run: Run, live: Live) -> None:
    live.interactive = False
    result = run()
    assert result.exit_code == 2
    assert "--plain" in result.stderr
    assert "sysmon-tui check" in result.stderr
    assert live.loaded is None


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_gets_lines(
    run: Run, live: Live, machine: Machine, term: str
) -> None:
    result = run(env={"TERM": term})
    assert result.exit_code == 0
    assert result.stdout.startswith("00:15:02 cpu ")
    assert live.loaded is None


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (StoreError("the store is odd", "Move it away"), 1, "the store is odd. Move it away"),
        (SettingsError("f:3", "a.b", "is wrong"), 78, "f:3: a.b: is wrong"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_the_user_can_mend_is_one_line(
    run: Run, live: Live, failure: BaseException, code: int, said: str
) -> None:
    live.failure = failure
    result = run()
    assert result.exit_code == code
    assert result.stderr == (f"sysmon-tui: {said}\n" if said else "")


def test_a_bug_of_ours_is_not_hidden(run: Run, live: Live) -> None:
    live.failure = ZeroDivisionError()
    assert isinstance(run().exception, ZeroDivisionError)


def test_the_help_lists_every_command_and_option(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for word in ("check", "doctor", "config", "completion", "--plain", "--config-dir", "--theme"):
        assert word in result.stdout


def test_the_version(run: Run) -> None:
    assert run("--version").stdout == f"sysmon-tui, version {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shells_script(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_SYSMON_TUI_COMPLETE" in result.stdout
    assert "sysmon-tui" in result.stdout


def test_completion_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {
        "_SYSMON_TUI_COMPLETE": "bash_complete",
        "COMP_WORDS": "sysmon-tui co",
        "COMP_CWORD": "1",
    }
    result = CliRunner().invoke(cli.main, [], env=environ, prog_name="sysmon-tui")
    assert result.stdout.splitlines() == ["plain,compare", "plain,config", "plain,completion"]


def test_an_unknown_command_completes_to_nothing() -> None:
    with click.Context(cli.main, resilient_parsing=True) as ctx:
        assert cli.main.get_command(ctx, "nonsense") is None


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code by itself: without the measuring of coverage, which loads much."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestCost:
    """What a start may load, in a process of its own."""

    HEAVY = frozenset(
        {"textual", "rich", "psutil", "asyncio", "msgspec", "sqlite3", "ssl", "tomllib", "json"}
    )

    def loaded(self, *arguments: str) -> Mapping[str, Any]:
        """The exit code, the heavy modules and our own after a command (none: the import)."""
        code = (
            "import sys, sysmon_tui.cli\n"
            "code = 0\n"
            "try:\n"
            "    if sys.argv[1:]: sysmon_tui.cli.main(prog_name='sysmon-tui')\n"
            "except SystemExit as end: code = end.code\n"
            "print([code, sorted(sys.modules)])\n"
        )
        done = python(code, *arguments)
        assert done.stderr == ""
        exit_code, modules = literal_eval(done.stdout.splitlines()[-1])
        return {
            "code": exit_code,
            "heavy": self.HEAVY & set(modules),
            "own": [name for name in modules if name.split(".")[0] == "sysmon_tui"],
        }

    def test_the_import_loads_the_command_line_alone(self) -> None:
        loaded = self.loaded()
        assert loaded["heavy"] == set()
        assert loaded["own"] == [
            "sysmon_tui",
            "sysmon_tui.cli",
            "sysmon_tui.cli.options",
            "sysmon_tui.cli.places",
            "sysmon_tui.model",
            "sysmon_tui.model.errors",
        ]

    @pytest.mark.parametrize(
        ("arguments", "limit"),
        [
            (("--version",), 6),
            (("config", "path"), 12),
            (("check", "--help"), 9),
            (("doctor", "--help"), 9),
            (("record", "--help"), 9),
            (("health", "--help"), 9),
            (("--help",), 26),
        ],
    )
    def test_a_command_that_looks_at_nothing_loads_nothing_heavy(
        self, arguments: tuple[str, ...], limit: int
    ) -> None:
        loaded = self.loaded(*arguments)
        assert loaded["code"] in (0, None)
        assert loaded["heavy"] == set()
        assert len(loaded["own"]) <= limit

    def test_showing_settings_loads_neither_screen_nor_machine(self) -> None:
        loaded = self.loaded("config", "show")
        assert loaded["code"] in (0, None)
        assert loaded["heavy"] <= {"msgspec", "tomllib"}


def test_the_package_runs_as_a_module_under_its_own_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sysmon_tui", "check", "--nonsense"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: sysmon-tui check [OPTIONS]")


def test_stdin_from_nowhere_is_no_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sysmon_tui"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("sysmon-tui: there is no terminal to draw on.")
    assert done.stdout == ""
