"""`sysmon-tui alerts`, on a ledger without a running program."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.cli.alerts_export import BATCH, batches
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.evidence import Evidence, Group
from sysmon_tui.model.metric import labels
from sysmon_tui.model.ports import Ledger
from sysmon_tui.model.text import clean
from sysmon_tui.storage import open_ledger
from tests.cli.conftest import Run
from tests.evidence import evidence


def alert(fingerprint: str, rule: str, severity: Severity, **changes: Any) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        rule=rule,
        labels=labels(mountpoint="/var"),
        severity=severity,
        value=0.93,
        worst=0.95,
        since=time.time() - 600.0,
        fired_at=time.time() - 540.0,
        changed_at=time.time() - 540.0,
        summary=clean(f"{rule} it is"),
        runbook="Look first",
        **{"state": State.FIRING, **changes},
    )


FULL, SLOW = "aaaa000000000001", "aaaa000000000002"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = open_ledger("sqlite:", state=tmp_path / "state")
    alerts = (
        alert(SLOW, "Slow", Severity.WARNING),
        alert(FULL, "Full", Severity.CRITICAL),
        alert(
            "cccc000000000003",
            "Past",
            Severity.WARNING,
            state=State.RESOLVED,
            resolved_at=time.time(),
        ),
    )
    ledger.record([AlertEvent(time.time(), one.state.value, one) for one in alerts])
    return ledger


def kept(ledger: Ledger, fingerprint: str) -> Alert:
    return next(one for one in ledger.load() if one.fingerprint == fingerprint)


def test_an_empty_ledger(run: Run, settings_file: Path) -> None:
    assert run("alerts", "list").stdout == "no alerts\n"
    assert run("alerts", "history").stdout == "nothing happened yet\n"
    assert run("alerts", "silences").stdout == "no silences\n"
    assert json.loads(run("alerts", "list", "--json").stdout) == []


def test_the_list_is_worst_first(run: Run, settings_file: Path, ledger: Ledger) -> None:
    rows = run("alerts", "list").stdout.splitlines()
    assert [row.split()[1:3] for row in rows[1:]] == [
        ["critical", "firing"],
        ["warning", "firing"],
        ["warning", "unseen"],
    ]
    assert rows[1].endswith("nobody has it")


@pytest.mark.parametrize(
    ("flags", "rules"),
    [
        (("--state", "resolved"), ["Past"]),
        (("--state", "unseen"), ["Past"]),
        (("--severity", "warning"), ["Slow", "Past"]),
        (("--unacked",), ["Full", "Slow", "Past"]),
    ],
)
def test_the_list_is_narrowed(
    run: Run, settings_file: Path, ledger: Ledger, flags: tuple[str, ...], rules: list[str]
) -> None:
    listed = json.loads(run("alerts", "list", "--json", *flags).stdout)
    assert [one["rule"] for one in listed] == rules


def test_ack_and_unack(run: Run, settings_file: Path, ledger: Ledger) -> None:
    result = run("alerts", "ack", FULL, "--as", "ann", "--note", "on it")
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("ann: on it")
    ack = kept(ledger, FULL).ack
    assert ack is not None
    assert (ack.by, ack.note, ack.severity) == ("ann", "on it", Severity.CRITICAL)
    again = run("alerts", "ack", FULL)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "nothing to do" in again.stderr
    assert run("alerts", "unack", "--rule", "Full").exit_code == 0
    assert kept(ledger, FULL).ack is None
    kinds = [event.kind for event in ledger.history(2)]
    assert kinds == ["unacknowledged", "acknowledged"]


def test_what_is_over_is_seen_once(run: Run, settings_file: Path, ledger: Ledger) -> None:
    listed = json.loads(run("alerts", "list", "--json").stdout)
    assert [one["unseen"] for one in listed] == [False, False, True]
    assert run("alerts", "ack", "--rule", "Past").exit_code == 0
    assert json.loads(run("alerts", "list", "--json", "--state", "unseen").stdout) == []
    assert run("alerts", "ack", "--rule", "Past").exit_code == 1
    assert run("alerts", "shelve", "--rule", "Past").exit_code == 1
    result = run("alerts", "ack", "--all", "--json")
    assert {one["rule"] for one in json.loads(result.stdout)} == {"Full", "Slow"}


@pytest.mark.parametrize(
    ("name", "problem"),
    [("aaaa", "could be several"), ("ccc", "could be several"), ("dddd", "no alert is called")],
)
def test_names_must_tell(
    run: Run, settings_file: Path, ledger: Ledger, name: str, problem: str
) -> None:
    result = run("alerts", "show", name)
    assert result.exit_code == 1
    assert problem in result.stderr


def test_no_name_at_all(run: Run, settings_file: Path, ledger: Ledger) -> None:
    assert "no alert is named" in run("alerts", "unack").stderr


def test_a_note_takes_it(run: Run, settings_file: Path, ledger: Ledger) -> None:
    run("alerts", "note", "ordered a disk", SLOW, "--as", "bob")
    run("alerts", "note", "it came", SLOW, "--as", "ann")
    ack = kept(ledger, SLOW).ack
    assert ack is not None
    assert (ack.by, ack.note) == ("bob", "it came")
    shown = run("alerts", "show", SLOW).stdout
    assert "it came" in shown
    assert "Look first" in shown
    assert "noted" in shown
    whole = json.loads(run("alerts", "show", SLOW, "--json").stdout)
    assert [event["kind"] for event in whole["events"]] == ["noted", "noted", "firing"]
    assert [event["actor"] for event in whole["events"]] == ["ann", "bob", ""]


def test_shelve_and_back(run: Run, settings_file: Path, ledger: Ledger) -> None:
    run("alerts", "shelve", SLOW, "--for", "20d", "--as", "ann")
    shelf = kept(ledger, SLOW).shelf
    assert shelf is not None
    assert shelf.until == shelf.at + 7 * 86400.0
    listed = run("alerts", "list").stdout
    assert "shelved until" in listed
    assert run("alerts", "unshelve", SLOW).exit_code == 0
    assert kept(ledger, SLOW).shelf is None
    assert run("alerts", "unshelve", SLOW).exit_code == 1


def test_silences(run: Run, settings_file: Path, ledger: Ledger) -> None:
    made = run(
        "alerts", "silence", "alertname=~S.*", "--for", "2h", "--note", "deploy", "--as", "a"
    )
    assert made.exit_code == 0
    assert "silenced until" in run("alerts", "list").stdout
    (silence,) = json.loads(run("alerts", "silences", "--json").stdout)
    assert silence["matchers"] == ['alertname=~"S.*"']
    assert (silence["by"], silence["note"]) == ("a", "deploy")
    assert run("alerts", "unsilence", "zz").exit_code == 1
    ended = json.loads(run("alerts", "unsilence", silence["id"][:6], "--json").stdout)
    assert ended["id"] == silence["id"]
    assert ended["until"] < silence["until"]
    assert json.loads(run("alerts", "silences", "--json").stdout) == []
    assert "nobody has it" in run("alerts", "list", "--severity", "warning").stdout


def test_a_silence_of_nothing_in_particular(run: Run, settings_file: Path) -> None:
    result = run("alerts", "silence", "alertname=~.*")
    assert result.exit_code == 2
    assert "everything" in result.stderr


def test_history_of_a_rule(run: Run, settings_file: Path, ledger: Ledger) -> None:
    run("alerts", "ack", FULL, "--as", "ann")
    events = json.loads(run("alerts", "history", "--rule", "Full", "--json").stdout)
    assert [event["kind"] for event in events] == ["acknowledged", "firing"]
    assert "by ann" in run("alerts", "history", "--limit", "1").stdout


def test_export_as_json_lines(run: Run, settings_file: Path, ledger: Ledger) -> None:
    run("alerts", "silence", "alertname=Slow", "--as", "ann")
    run("alerts", "ack", FULL, "--as", "ann")
    odd = replace(alert("eeee000000000005", "Odd", Severity.INFO, state=State.PENDING), value=nan)
    ledger.record([AlertEvent(time.time(), "pending", odd)])
    lines = [json.loads(line) for line in run("alerts", "export").stdout.splitlines()]
    assert [line["record"] for line in lines] == ["alert"] * 4 + ["event"] * 5 + ["silence"]
    assert [line["kind"] for line in lines if line["record"] == "event"][-2:] == [
        "acknowledged",
        "pending",
    ]
    assert next(line["value"] for line in lines if line.get("rule") == "Odd") is None
    by_rule = {line["rule"]: line for line in lines if line["record"] == "alert"}
    assert by_rule["Full"]["acknowledged"]["by"] == "ann"
    assert by_rule["Slow"]["muted"].startswith("silenced until")


def test_export_as_csv_is_no_formula(run: Run, settings_file: Path, ledger: Ledger) -> None:
    run("alerts", "ack", FULL, "--as", "=ann", "--note", '@home, "later"')
    run("alerts", "shelve", SLOW, "--as", "-bob")
    cold = alert("eeee000000000005", "Cold", Severity.INFO)
    cold = replace(cold, value=-3.5, summary=clean("+1"))
    ledger.record([AlertEvent(time.time(), "firing", cold)])
    rows = list(csv.DictReader(run("alerts", "export", "--format", "csv").stdout.splitlines()))
    full, slow, cold_row = (
        next(row for row in rows if row["rule"] == rule) for rule in ("Full", "Slow", "Cold")
    )
    assert (full["acknowledged_by"], full["note"]) == ("'=ann", '\'@home, "later"')
    assert (full["record"], full["labels"], full["unseen"]) == (
        "alert",
        "mountpoint=/var",
        "false",
    )
    assert slow["shelved_by"] == "'-bob"
    assert (cold_row["value"], cold_row["summary"]) == ("-3.5", "'+1")
    event = next(row for row in rows if row["kind"] == "acknowledged")
    assert (event["record"], event["actor"], event["rule"]) == ("event", "'=ann", "Full")


def test_a_long_export_is_printed_in_pieces() -> None:
    lines = [str(number) for number in range(BATCH + 1)]
    first, rest = batches(lines)
    assert (first.splitlines(), rest) == (lines[:-1], lines[-1])


def test_alerts_in_memory_are_nobody_elses(run: Run, settings_file: Path) -> None:
    settings_file.write_text('[storage]\nurl = "memory:"\n')
    result = run("alerts", "list")
    assert result.exit_code == 1
    assert "memory" in result.stderr


def test_the_actor_is_the_person_behind_sudo(
    run: Run, settings_file: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "mira")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 50000 10.0.0.1 22")
    run("alerts", "ack", FULL)
    ack = kept(ledger, FULL).ack
    assert ack is not None
    assert ack.by == "mira from 10.0.0.9"


def test_show_prints_what_was_going_on(run: Run, settings_file: Path, ledger: Ledger) -> None:
    seen = replace(evidence(), fingerprint=FULL)
    ledger.keep_evidence(seen)
    lines = run("alerts", "show", FULL).stdout.splitlines()
    assert "EVIDENCE  2026-03-26T03:02:16+00:00  critical" in lines
    assert "Culprit       python3 (4113) 13.8G" in lines
    text = "\n".join(lines)
    assert "4113 analytics D 194% 13.8G 118M/s 2.0M/s python3 -m" in " ".join(text.split())
    assert "folio_wait_bit" in text
    assert "memory  full  27%" in text
    assert "last 97%  min 61%  max 97%" in text
    assert "  03:01:53  Out of memory: Killed process 3911" in text
    assert "  Other users' lines are hidden" in lines


def test_show_as_json_carries_all_of_it(run: Run, settings_file: Path, ledger: Ledger) -> None:
    ledger.keep_evidence(replace(evidence(), fingerprint=FULL))
    (seen,) = json.loads(run("alerts", "show", FULL, "--json").stdout)["evidence"]
    assert (seen["at"], seen["severity"]) == ("2026-03-26T03:02:16+00:00", "critical")
    assert seen["processes"][0]["pid"] == 4113
    assert len(seen["traces"][0]["values"]) == 90
    assert seen["traces"][0]["values"][0] is None
    assert [log["source"] for log in seen["logs"]] == ["kernel", "journal"]
    assert seen["waiting"][0]["waits_in"] == "folio_wait_bit"


def test_bare_evidence_has_no_empty_parts(run: Run, settings_file: Path, ledger: Ledger) -> None:
    whole = evidence()
    group = Group(clean("/system.slice/x"), 0.5, 2048.0)
    flat = replace(whole.traces[0], values=(0.0, 0.0, nan, nan), unit="none such")
    bare = Evidence(
        fingerprint=FULL,
        rule="Full",
        labels=(),
        severity=Severity.WARNING,
        value=1.0,
        at=whole.at,
        groups=(group,),
        traces=(flat,),
    )
    ledger.keep_evidence(bare)
    text = run("alerts", "show", FULL).stdout
    assert "Culprit" not in text
    assert "Processes" not in text
    assert "50%  2.0K  —  /system.slice/x" in text
    assert "last 0  min 0  max 0" in text


def test_show_knows_what_the_list_has_forgotten(
    run: Run, settings_file: Path, ledger: Ledger
) -> None:
    month = time.time() - 30 * 86400.0
    past = alert(
        "dddd000000000004", "Gone", Severity.WARNING, state=State.RESOLVED, resolved_at=month
    )
    past = replace(past, since=month - 60, changed_at=month)
    recent = alert(SLOW, "Slow", Severity.WARNING)
    ledger.record([AlertEvent(month, "resolved", past), AlertEvent(time.time(), "worse", recent)])
    assert "dddd" not in run("alerts", "list").stdout
    assert "Gone" in run("alerts", "show", "dddd").stdout
