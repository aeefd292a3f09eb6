"""`sysmon-tui brief`: told from what is kept, with or without a program that records."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.cli.brief_read import printed
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.host import read_host
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.standing import Standing
from sysmon_tui.monitor.actor import login_name
from sysmon_tui.monitor.briefing import SOURCES
from sysmon_tui.monitor.looked import keep_look, last_look
from sysmon_tui.storage import open_ledger, open_store
from tests.cli.conftest import Run
from tests.cli.machine import Machine
from tests.model.briefs import alert, bad_night


@pytest.fixture
def state(tmp_path: Path, settings_file: Path, machine: Machine) -> Path:
    return tmp_path / "state"


def looked(state: Path, seconds_ago: float = 3600.0) -> Standing:
    """This user looked an hour ago, and the machine was up by then."""
    at = time.time() - seconds_ago
    kept = Standing(at=at, boot_time=read_host(Roots(), {}).boot_time)
    keep_look(state, login_name(), kept)
    return kept


def fire(state: Path, severity: Severity) -> None:
    now = time.time()
    fired = alert("Full", severity=severity, since=now - 60.0, fired_at=now - 60.0)
    open_ledger("sqlite:", state=state).record([AlertEvent(now, "firing", fired)])


def test_nothing_new(run: Run, state: Path) -> None:
    looked(state)
    result = run("brief")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "(1h), when you last looked: nothing new\n" in result.stdout
    looked(state)
    quiet = run("brief", "--quiet")
    assert (quiet.exit_code, quiet.stdout) == (0, "")


@pytest.mark.parametrize(
    ("severity", "code"), [(Severity.INFO, 1), (Severity.WARNING, 1), (Severity.CRITICAL, 2)]
)
def test_the_exit_code_says_how_bad(run: Run, state: Path, severity: Severity, code: int) -> None:
    looked(state)
    fire(state, severity)
    result = run("brief", "--quiet")
    assert result.exit_code == code
    assert f"firing    {severity.word}: Full it is" in result.stdout


def test_to_have_it_told_is_to_look_but_not_to_peek(run: Run, state: Path) -> None:
    before = looked(state)
    for arguments in (("--peek",), ("--since", "8h")):
        run("brief", *arguments)
        kept = last_look(state, login_name())
        assert kept is not None
        assert kept.at == before.at
    run("brief")
    after = last_look(state, login_name())
    assert after is not None
    assert after.at > before.at


def test_json(run: Run, state: Path) -> None:
    looked(state)
    fire(state, Severity.CRITICAL)
    result = run("brief", "--json")
    told = json.loads(result.stdout)
    assert told["code"] == result.exit_code == 2
    assert told["looked"] is True
    (one,) = told["alerts"]
    assert (one["rule"], one["severity"], one["urgent"]) == ("Full", "critical", True)
    assert one["ended"] is None
    assert (told["reboots"], told["oom_kills"], told["units"]) == ([], 0, [])


def test_what_a_running_program_has_recorded_is_not_looked_up_again(
    run: Run, state: Path, machine: Machine
) -> None:
    store = open_store("sqlite:", state=state, retention=1e9, quota=1 << 24)
    wall = time.time() - 5.0
    store.append(
        Batch(collector=name, wall=wall, mono=9.0, families={f"of_{name}": {(): 1.0}})
        for name in sorted(SOURCES)
    )
    store.flush()
    store.close()
    assert run("brief", "--peek").exit_code in (0, 1)
    assert machine.done == []


def test_without_one_the_machine_is_looked_at(run: Run, state: Path, machine: Machine) -> None:
    run("brief", "--peek")
    assert machine.done == ["beat", "stop"]
    assert machine.settings.storage.url == "memory:"
    assert "process" in machine.settings.collection.disabled


def test_history_in_memory_is_no_error(run: Run, state: Path) -> None:
    result = run("brief", "--peek", env={"SYSMON_TUI_STORAGE_URL": "memory:"})
    assert result.exit_code in (0, 1)


def test_what_cannot_be_told_is_unknown(run: Run, state: Path) -> None:
    state.write_text("a file")
    result = run("brief")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_a_time_that_is_none(run: Run, state: Path) -> None:
    result = run("brief", "--since", "yesterday-ish")
    assert result.exit_code == 2
    assert "is no duration" in result.stderr


def test_lines_have_colours_and_an_end() -> None:
    night = bad_night()
    plain = list(printed(night, colour=False, width=60))
    assert max(map(len, plain)) == 60
    assert plain[0].endswith("…")
    coloured = list(printed(night, colour=True, width=200))
    assert coloured[0].startswith("\x1b[1m")
    assert coloured[1].startswith("\x1b[31mfiring    \x1b[0mcritical: ")
    assert coloured[-1].startswith("memory")
    calm = replace(night, stories=())
    assert "\x1b[31m" not in "".join(printed(calm, colour=True, width=200))
