"""`sysmon-tui check`: verdicts, exit codes, and what a poller reads."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import inf, nan

import pytest

from sysmon_tui.cli.assess import Verdict, examine, judge, report
from sysmon_tui.cli.look import PATIENCE, look
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.sample import CollectorState, Status
from tests.cli.conftest import Run
from tests.cli.machine import (
    COLLECTORS,
    FILESYSTEM_RULE,
    MEMORY_RULE,
    Machine,
    busy,
    calm,
    families,
    made,
)

RULES = (MEMORY_RULE, FILESYSTEM_RULE)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the command would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def state(status: Status, age: float = 0.0, note: str = "") -> CollectorState:
    return CollectorState(name="filesystem", status=status, interval=1.0, age=age, note=note)


def test_a_machine_with_nothing_wrong_is_ok(
    run: Run, machine: Machine, pauses: list[float]
) -> None:
    machine.rules = RULES
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout == (
        "OK - cpu 12%, memory 61%, swap 4.0%, load 1.25, pressure io 7.0%, disk sda 40%, "
        "filesystem /var 50% | 'cpu'=12.0%;;;0;100 'memory'=61.0%;;;0;100 'swap'=4.0%;;;0;100 "
        "'pressure_cpu'=2.0%;;;0;100 'pressure_memory'=0.0%;;;0;100 'pressure_io'=7.0%;;;0;100 "
        "'disk sda'=40.0%;;;0;100 'disk sdb'=10.0%;;;0;100 'filesystem /'=43.0%;;;0;100 "
        "'filesystem /var'=50.0%;;;0;100 'load1'=1.25;;;0\n"
    )
    assert pauses == [1.0]
    assert machine.done == ["beat", "beat", "stop"]


def test_rules_are_judged_at_once_and_the_worst_decides(run: Run, machine: Machine) -> None:
    machine.rules = RULES
    machine.ticks = (calm(1), busy(2))
    result = run("check", "--interval", "0.5")
    assert result.exit_code == 2
    first, *rest = result.stdout.splitlines()
    assert first.startswith("CRITICAL - 97% of memory is used; /var is 93% full | 'cpu'=57.0%")
    assert rest == [
        "CRITICAL MemoryAvailable: 97% of memory is used <- postgres (50) 3.0G",
        "WARNING FilesystemUsed: /var is 93% full",
    ]


def test_a_warning_is_a_warning(run: Run, machine: Machine) -> None:
    machine.rules = (FILESYSTEM_RULE,)
    machine.ticks = (busy(1), busy(2))
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout.startswith("WARNING - /var is 93% full | ")


def test_what_is_over_by_the_last_beat_is_no_alert() -> None:
    assert judge(RULES, (busy(1), calm(2))) == ()
    almost = made(2, families(0.1, 0.92, 0.85))
    assert [alert.severity for alert in judge(RULES, (busy(1), almost))] == [Severity.WARNING]


def test_information_alone_is_no_reason_to_worry() -> None:
    levels = (Level(Severity.INFO, threshold=0.1, clear=0.1),)
    machine = Machine(busy(1), rules=(replace(MEMORY_RULE, levels=levels, summary=""),))
    health = examine(machine, 1.0, lambda _seconds: None)
    assert health.verdict is Verdict.OK
    first, second = report(health)
    assert first.startswith("OK - MemoryAvailable | ")
    assert second == "INFO MemoryAvailable: MemoryAvailable <- postgres (50) 3.0G"


def test_no_more_than_three_alerts_are_named_in_the_first_line() -> None:
    rules = tuple(
        Rule(
            name=f"R{number}",
            metric="sysmon_memory_used_ratio",
            levels=(Level(Severity.WARNING, threshold=0.1, clear=0.1),),
        )
        for number in range(5)
    )
    health = examine(Machine(busy(1), rules=rules), 1.0, lambda _seconds: None)
    lines = list(report(health))
    assert lines[0].startswith("WARNING - R0; R1; R2; 2 more | ")
    assert len(lines) == 6


@pytest.mark.parametrize(
    ("status", "age", "note", "doubt"),
    [
        (Status.TIMEOUT, 9.0, "no answer for 5 s; waiting", "no answer for 5 s; waiting"),
        (Status.ERROR, 1.0, "KeyError: 'x|y'", "KeyError: 'x/y'"),
        (Status.STALE, 9.0, "", "stale"),
        (Status.OK, inf, "", "no answer"),
    ],
)
def test_what_could_not_be_seen_is_unknown(
    run: Run, machine: Machine, status: Status, age: float, note: str, doubt: str
) -> None:
    blind = replace(calm(2), collectors=(*COLLECTORS, state(status, age, note)))
    machine.ticks = (blind,)
    result = run("check")
    assert result.exit_code == 3
    first, *rest = result.stdout.splitlines()
    assert first.startswith(f"UNKNOWN - filesystem: {doubt} | 'cpu'=")
    assert rest == [f"UNKNOWN filesystem: {doubt}"]


@pytest.mark.parametrize("status", [Status.DENIED, Status.UNSUPPORTED])
def test_what_cannot_be_seen_here_at_all_is_no_news(status: Status) -> None:
    lacking = replace(calm(2), collectors=(state(status, inf),))
    assert examine(Machine(lacking), 1.0, lambda _seconds: None).verdict is Verdict.OK


def test_something_worse_goes_before_unknown(run: Run, machine: Machine) -> None:
    machine.rules = RULES
    machine.notices = ("settings.toml: rule x: no metric",)
    machine.ticks = (busy(1),)
    result = run("check")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == "UNKNOWN settings.toml: rule x: no metric"


def test_settings_that_cannot_be_used_make_it_unknown(
    run: Run, machine: Machine, settings_file: object
) -> None:
    result = run("check", env={"SYSMON_TUI_HOST_PROC": "proc"})
    assert result.exit_code == 3
    assert "environment: SYSMON_TUI_HOST_PROC: expected an absolute path" in result.stdout
    assert machine.settings.host.proc == "/proc"


def test_a_slow_collector_gets_some_more_beats() -> None:
    slow = replace(calm(1), collectors=(state(Status.OK, inf),))
    machine = Machine(slow, slow, slow, calm(4))
    slept: list[float] = []
    ticks = look(machine, 2.0, slept.append)
    assert len(ticks) == 4
    assert slept == [2.0, 0.25, 0.25]


def test_a_collector_that_never_answers_is_not_waited_for_without_end() -> None:
    slept: list[float] = []
    look(Machine(replace(calm(1), collectors=(state(Status.OK, inf),))), 1.0, slept.append)
    assert sum(slept) == 1.0 + PATIENCE


def test_nothing_is_kept(run: Run, machine: Machine) -> None:
    run("check", env={"SYSMON_TUI_STORAGE_URL": "sqlite:", "SYSMON_TUI_STORAGE_QUOTA_MIB": "7"})
    assert machine.settings.storage.url == "memory:"
    assert machine.settings.storage.quota_mib == 7


def test_the_monitor_is_let_go_of_when_a_look_fails() -> None:
    machine = Machine()

    def fail(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(machine, 1.0, fail)
    assert machine.done == ["beat", "stop"]


def test_the_json_says_the_same(run: Run, machine: Machine) -> None:
    machine.rules = (MEMORY_RULE,)
    machine.notices = ("odd",)
    machine.ticks = (busy(1),)
    result = run("check", "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    (alert,) = told.pop("alerts")
    assert re.fullmatch("[0-9a-f]{16}", alert.pop("fingerprint"))
    assert alert == {
        "rule": "MemoryAvailable",
        "severity": "critical",
        "labels": {},
        "value": 0.97,
        "summary": "97% of memory is used",
        "runbook": "Sort by memory (M).",
        "culprit": "postgres (50) 3.0G",
    }
    figures = {(figure["name"], figure["subject"]): figure["value"] for figure in told["figures"]}
    assert figures["filesystem", "/var"] == 0.931
    del told["figures"]
    assert told == {
        "status": "CRITICAL",
        "code": 2,
        "host": "db-7",
        "time": 901.0,
        "summary": "97% of memory is used",
        "unknown": ["odd"],
    }


def test_a_hostile_mount_cannot_forge_performance_data() -> None:
    given = families(0.1, 0.1, 0.1)
    given["sysmon_filesystem_used_ratio"] = {
        (("device", "d"), ("fstype", "f"), ("mountpoint", "/a'=1|b")): 0.99,
        (("device", "e"), ("fstype", "f"), ("mountpoint", "/nan")): nan,
    }
    given["node_load1"] = {}
    machine = Machine(made(1, given), rules=(FILESYSTEM_RULE,))
    first, second = report(examine(machine, 1.0, lambda _seconds: None))
    assert first.startswith("WARNING - /a'=1/b is 99% full | ")
    assert first.endswith("'filesystem /a__1_b'=99.0%;;;0;100")
    assert second == "WARNING FilesystemUsed: /a'=1/b is 99% full"
    assert first.count("|") == 1


def test_an_interval_too_short_for_rates_is_refused(run: Run, machine: Machine) -> None:
    result = run("check", "--interval", "0.1")
    assert result.exit_code == 2
    assert "0.3<=x<=3600" in result.stderr
    assert machine.done == []
