"""What every alert ledger promises."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.text import clean
from sysmon_tui.storage import open_ledger
from sysmon_tui.storage.registry import BACKENDS
from tests.contracts.urls import url_of

ANN, BOB = clean("ann"), clean("bob from 10.0.0.1")
FULL = Alert(
    fingerprint="f1",
    rule="FilesystemFull",
    labels=labels(mountpoint="/srv\n[/]", device="x"),
    state=State.FIRING,
    severity=Severity.WARNING,
    value=0.93,
    worst=0.95,
    since=100.0,
    fired_at=160.0,
    changed_at=160.0,
    onsets=(100.0, None),
    summary=clean("93% used"),
    runbook="Look at d",
    resource="io",
)


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AlertLedger:
    return open_ledger(url_of(request.param, tmp_path), state=tmp_path)


def event(kind: str, alert: Alert, at: float = 160.0) -> AlertEvent:
    return AlertEvent(at, kind, alert, ANN)


def test_a_new_ledger_knows_nothing(ledger: AlertLedger) -> None:
    assert ledger.load() == ()
    assert ledger.history(10) == ()


def test_an_alert_comes_back_whole(ledger: AlertLedger) -> None:
    acknowledged = FULL.acknowledged(BOB, 170.0, clean("looking"))
    ledger.record([event("firing", FULL), event("acknowledged", acknowledged, 170.0)])
    assert ledger.load() == (acknowledged,)
    assert ledger.history(10) == (
        event("acknowledged", acknowledged, 170.0),
        event("firing", FULL),
    )
    assert ledger.history(1) == (event("acknowledged", acknowledged, 170.0),)


def test_figures_that_are_none_come_back(ledger: AlertLedger) -> None:
    ledger.record([event("firing", replace(FULL, value=nan, worst=inf))])
    (alert,) = ledger.load()
    assert alert.value != alert.value
    assert alert.worst == inf


def test_what_went_by_before_it_fired_leaves_nothing(ledger: AlertLedger) -> None:
    ledger.record([event("pending", replace(FULL, state=State.PENDING))])
    ledger.record([event("inactive", replace(FULL, state=State.INACTIVE))])
    assert ledger.load() == ()
    assert [entry.kind for entry in ledger.history(9)] == ["inactive", "pending"]


def test_a_resolved_alert_stays_for_a_day(ledger: AlertLedger) -> None:
    over = replace(FULL, state=State.RESOLVED, resolved_at=200.0, changed_at=200.0)
    other = replace(FULL, fingerprint="f2", changed_at=150.0)
    ledger.record([event("resolved", over, 200.0), event("firing", other)])
    assert ledger.load() == (over, other)
    ledger.record([event("milder", replace(other, changed_at=86600.0), 86600.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f1", "f2"]
    ledger.record([event("milder", replace(other, changed_at=86601.0), 86601.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f2"]


def test_an_acknowledgement_survives_a_program_that_had_not_heard_of_it(
    ledger: AlertLedger,
) -> None:
    ledger.record([event("firing", FULL)])
    ledger.record([event("acknowledged", FULL.acknowledged(ANN, 170.0), 170.0)])
    ledger.record([event("milder", replace(FULL, value=0.5), 171.0)])
    (alert,) = ledger.load()
    assert alert.value == 0.5
    assert alert.ack is not None
    assert alert.ack.by == ANN


def test_another_program_that_missed_it_cannot_undo_what_was_taken_when_worse(
    ledger: AlertLedger,
) -> None:
    critical = replace(FULL, severity=Severity.CRITICAL)
    taken = critical.acknowledged(ANN, 170.0)
    milder = replace(taken, severity=Severity.WARNING)
    ledger.record([event("acknowledged", taken, 170.0), event("milder", milder, 180.0)])
    ledger.record([event("worse", critical, 190.0)])
    assert [alert.ack for alert in ledger.load()] == [taken.ack]
