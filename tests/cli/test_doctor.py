"""`sysmon-tui doctor`: what is found, what matters, and the remedies."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from types import MappingProxyType

import pytest

from sysmon_tui.cli.findings import Case, Finding, Standing, examine, report
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.process import NO_PROCESSES, ProcessDetail
from sysmon_tui.model.sample import CollectorState, Status
from sysmon_tui.model.text import clean
from sysmon_tui.monitor import pulse
from sysmon_tui.monitor.pulse import Pulse
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.store import load
from sysmon_tui.ui.terminal import Colours, Terminal
from tests.cli.conftest import Run
from tests.cli.machine import COLLECTORS, HOST, PROCESSES, Machine, calm

TERMINAL = Terminal(
    name="xterm-256color",
    interactive=True,
    encoding="utf-8",
    colours=Colours.PALETTE,
    remote=False,
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    dirs = Dirs(tmp_path / "config", tmp_path / "state")
    return Case(loaded=load(dirs, {}, {}), dirs=dirs, terminal=TERMINAL, user=1000)


def found(case: Case, machine: Machine) -> dict[str, list[Finding]]:
    """The findings by topic."""
    topics: dict[str, list[Finding]] = {}
    for finding in examine(case, machine, lambda: None):
        topics.setdefault(finding.topic, []).append(finding)
    return topics


def matter(findings: dict[str, list[Finding]]) -> list[Finding]:
    return [one for group in findings.values() for one in group if one.standing.matters]


def test_a_machine_that_shows_all_has_nothing_missing(case: Case) -> None:
    findings = examine(case, Machine(), lambda: None)
    assert not any(finding.standing.matters for finding in findings)
    state, config = case.dirs.state, case.loaded.path
    assert list(report(findings)) == [
        "machine           ok       db-7: Debian 12, kernel 6.1.0, 8 cores, up 2d",
        "vantage           ok       host",
        f"settings          ok       {config} (not there: defaults)",
        f"state             ok       {state} (to be created)",
        "history           ok       sqlite:, 0B in the state directory",
        "terminal          ok       xterm-256color, 256 colours, utf-8, mouse",
        "processes         ok       4 processes, 12 threads",
        "cpu collector     ok       0 series, 300us every 1.0s",
        "memory collector  ok       2 series, 300us every 1.0s",
        "Nothing is missing",
    ]


def test_the_monitor_is_asked_for_the_io_of_others_and_let_go_of(case: Case) -> None:
    machine = Machine()
    examine(case, machine, lambda: None)
    assert machine.done == ["beat", "beat", "beat", "stop"]
    assert [demand.visible for demand in machine.demands] == [frozenset({1, 50})]


def test_vantage_names_the_limits_of_a_container_and_the_way_in(case: Case) -> None:
    machine = Machine()
    machine.host = replace(
        HOST,
        vantage="container",
        remote="10.0.0.9",
        limits=MappingProxyType({"cpu": 1.5, "memory": 2.0 * (1 << 30)}),
    )
    assert found(case, machine)["vantage"] == [
        Finding("vantage", Standing.OK, "container, cpu 1.5, memory 2.0G, SSH from 10.0.0.9")
    ]


def test_problems_of_the_settings_are_broken_and_warnings_limited(case: Case) -> None:
    path = case.loaded.path
    path.write_text("[screen]\nthem = 1")
    path.chmod(0o666)
    broken = replace_loaded(case, {})
    machine = Machine(notices=("rule x: no metric",))
    assert found(broken, machine)["settings"] == [
        Finding("settings", Standing.OK, str(path)),
        Finding("settings", Standing.LIMITED, f"{path}: everybody may write it", "chmod o-w it"),
        Finding(
            "settings",
            Standing.BROKEN,
            f"{path}:2: screen.them: unknown setting",
            "Did you mean theme?",
        ),
        Finding("settings", Standing.BROKEN, "rule x: no metric"),
    ]


def replace_loaded(case: Case, environ: dict[str, str]) -> Case:
    return replace(case, loaded=load(case.dirs, environ, {}))


def test_history_in_memory_is_a_limit(case: Case) -> None:
    volatile = replace_loaded(case, {"SYSMON_TUI_STORAGE_URL": "memory:"})
    (finding,) = found(volatile, Machine())["history"]
    assert finding.standing is Standing.LIMITED
    assert finding.remedy == "Set storage.url to sqlite: to keep it"


def test_history_in_an_impossible_place_is_broken(case: Case) -> None:
    nowhere = replace_loaded(case, {"SYSMON_TUI_STORAGE_URL": "postgres://x"})
    (finding,) = found(nowhere, Machine())["history"]
    assert finding.standing is Standing.BROKEN
    assert finding.text == "'postgres://x' is no place for history"


def test_a_recorder_is_told_of_where_there_is_one(case: Case) -> None:
    assert "recorder" not in found(case, Machine())
    case.dirs.state.mkdir()
    path = case.dirs.state / pulse.FILE_NAME
    said = Pulse(
        version="1", pid=7, tick=9, wall=901.0, mono=1.0, interval=1.0, recording="recording"
    )
    pulse.write(path, said)
    (finding,) = found(case, Machine())["recorder"]
    assert finding.standing is Standing.OK
    assert finding.text == "last tick 1.0 s ago, recording, pid 7"
    pulse.write(path, replace(said, mono=-60.0))
    (finding,) = found(case, Machine())["recorder"]
    assert finding.standing is Standing.BROKEN
    assert finding.remedy == "Start `sysmon-tui record` again"
    path.write_text("{")
    (finding,) = found(case, Machine())["recorder"]
    assert finding.text == f"{path} is not a health file"


def test_history_says_how_much_is_kept(case: Case) -> None:
    case.dirs.state.mkdir()
    (case.dirs.state / "history.db").write_bytes(bytes(4096))
    (case.dirs.state / "ledger.db").write_bytes(bytes(1024))
    findings = found(case, Machine())
    assert findings["history"][0].text == "sqlite:, 5.0K in the state directory"
    assert findings["state"][0].text == str(case.dirs.state)


def test_a_state_directory_that_cannot_be_is_broken(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    elsewhere = replace(case, dirs=Dirs(case.dirs.config, tmp_path / "file" / "state"))
    (finding,) = found(elsewhere, Machine())["state"]
    assert finding.standing is Standing.BROKEN
    assert finding.text == f"{tmp_path / 'file' / 'state'} cannot be written"


def test_a_state_directory_that_may_not_be_written_is_broken(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert found(case, Machine())["state"][0].standing is Standing.BROKEN


@pytest.mark.parametrize(
    ("terminal", "texts"),
    [
        (replace(TERMINAL, interactive=False), ["none: input or output goes elsewhere"]),
        (
            replace(TERMINAL, name="dumb", remote=True, colours=Colours.NONE),
            ["dumb, no colours, utf-8, no mouse by default (SSH)", "cannot place text"],
        ),
        (
            replace(TERMINAL, name="", encoding="ascii", colours=Colours.SIXTEEN),
            ["unnamed, 16 colours, ascii, mouse", "is drawn in ASCII"],
        ),
    ],
)
def test_what_the_terminal_can_do(case: Case, terminal: Terminal, texts: list[str]) -> None:
    findings = found(replace(case, terminal=terminal), Machine())["terminal"]
    assert [finding.text for finding in findings] == texts
    assert [finding.standing.matters for finding in findings] == [False, True][: len(texts)]


def test_hidden_processes_and_denied_io_are_limits(case: Case) -> None:
    denied = ProcessDetail(clean("x"), clean("root"), nan, nan)
    mine = ProcessDetail(clean("x"), clean("me"), 0.0, 0.0)
    table = replace(PROCESSES, hidden=True, details={1: denied, 40: mine, 50: denied})
    machine = Machine(replace(calm(1), processes=table))
    assert [finding.text for finding in matter(found(case, machine))] == [
        "those of other users are hidden",
        "the storage traffic of other users' processes is denied",
    ]


def test_without_processes_nothing_is_said_of_them(case: Case) -> None:
    machine = Machine(replace(calm(1), processes=NO_PROCESSES))
    assert "processes" not in found(case, machine)


@pytest.mark.parametrize(
    ("state", "standing", "text", "remedy"),
    [
        (
            CollectorState(name="x", status=Status.UNSUPPORTED, interval=1.0, age=inf, note="none"),
            Standing.ABSENT,
            "unsupported: none",
            "",
        ),
        (
            CollectorState(name="x", status=Status.DENIED, interval=1.0, age=inf),
            Standing.LIMITED,
            "denied",
            "",
        ),
        (
            CollectorState(name="x", status=Status.OK, interval=2.0, age=0.0, cost=0.002, note="n"),
            Standing.LIMITED,
            "0 series, 2.0ms every 2.0s",
            "n",
        ),
        (
            CollectorState(name="x", status=Status.OK, interval=1.0, age=inf),
            Standing.LIMITED,
            "has not answered",
            "Look for a mount that hangs",
        ),
    ],
)
def test_how_a_collector_fares(
    case: Case, state: CollectorState, standing: Standing, text: str, remedy: str
) -> None:
    machine = Machine(replace(calm(1), collectors=(*COLLECTORS, state)))
    assert found(case, machine)["x collector"] == [Finding("x collector", standing, text, remedy)]


@pytest.mark.parametrize(
    ("families", "topic", "text"),
    [
        ({"node_netstat_Tcp_OutSegs": {(): 1.0}}, "netstat collector", "are not tracked"),
        ({"sysmon_cgroup_memory_usage_bytes": {(): 1.0}}, "cgroup collector", "has a limit"),
        ({"node_timex_sync_status": {(): 0.0}}, "clock collector", "nothing keeps the clock"),
    ],
)
def test_what_a_collector_cannot_say_is_said(
    case: Case, families: dict[str, dict[Labels, float]], topic: str, text: str
) -> None:
    tick = calm(1)
    machine = Machine(replace(tick, families={**tick.families, **families}))
    (finding,) = found(case, machine)[topic]
    assert finding.standing is Standing.ABSENT
    assert text in finding.text


def test_what_it_can_say_is_no_finding(case: Case) -> None:
    tick = calm(1)
    names = (
        "node_netstat_Tcp_OutSegs",
        "node_nf_conntrack_entries",
        "sysmon_cgroup_memory_usage_bytes",
        "sysmon_cgroup_memory_limit_bytes",
        "node_timex_sync_status",
    )
    more: dict[str, dict[Labels, float]] = {name: {(): 1.0} for name in names}
    topics = found(case, Machine(replace(tick, families={**tick.families, **more})))
    assert not topics.keys() & {"netstat collector", "cgroup collector", "clock collector"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.mark.usefixtures("quick")
def test_the_command_exits_with_0_when_nothing_is_missing(run: Run, machine: Machine) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "Nothing is missing"
    assert machine.settings.storage.url == "memory:"


@pytest.mark.usefixtures("quick")
def test_the_command_exits_with_1_when_something_is_limited(run: Run, machine: Machine) -> None:
    machine.notices = ("odd",)
    result = run("doctor")
    assert result.exit_code == 1
    assert "settings          broken   odd" in result.stdout.splitlines()
    assert result.stdout.splitlines()[-1] == "1 of 10 could be better"


@pytest.mark.usefixtures("quick")
def test_a_remedy_stands_below_its_finding(run: Run, machine: Machine) -> None:
    lines = run("doctor", env={"SYSMON_TUI_STORAGE_URL": "memory:"}).stdout.splitlines()
    at = lines.index("history           limited  kept in memory only, lost at the end")
    assert lines[at + 1].strip() == "Set storage.url to sqlite: to keep it"


@pytest.mark.usefixtures("quick")
def test_the_json_says_the_same(run: Run, machine: Machine) -> None:
    machine.notices = ("odd",)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["fine"] is False
    assert {"topic": "settings", "standing": "broken", "text": "odd", "remedy": ""} in told[
        "findings"
    ]
