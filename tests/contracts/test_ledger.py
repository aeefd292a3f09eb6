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
from sysmon_tui.model.transition import UNSEEN
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


def test_a_resolved_alert_that_was_seen_stays_for_a_day(ledger: AlertLedger) -> None:
    over = replace(FULL, state=State.RESOLVED, resolved_at=200.0, changed_at=200.0, seen=True)
    other = replace(FULL, fingerprint="f2", changed_at=150.0)
    ledger.record([event("resolved", over, 200.0), event("firing", other)])
    assert ledger.load() == (over, other)
    ledger.record([event("milder", replace(other, changed_at=86600.0), 86600.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f1", "f2"]
    ledger.record([event("milder", replace(other, changed_at=86601.0), 86601.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f2"]


def test_what_nobody_has_seen_stays_for_a_week_and_a_day_after_somebody_has(
    ledger: AlertLedger,
) -> None:
    day = 86400.0
    over = replace(FULL, state=State.RESOLVED, resolved_at=200.0, changed_at=200.0)
    other = replace(FULL, fingerprint="f2", state=State.RESOLVED, changed_at=300.0)
    ledger.record([event("resolved", over, 200.0), event("resolved", other, 300.0)])
    seen = over.acknowledged(ANN, 5 * day)
    ledger.record([event("acknowledged", seen, 5 * day)])
    assert ledger.load() == (seen, other)
    ledger.record([event("noted", seen, 6 * day)])
    assert ledger.load() == (seen, other)
    ledger.record([event("firing", replace(FULL, fingerprint="f3"), 6 * day + 1.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f2", "f3"]
    ledger.record([event("milder", replace(FULL, fingerprint="f3"), 7 * day + 301.0)])
    assert [alert.fingerprint for alert in ledger.load()] == ["f3"]


def test_of_too_many_that_nobody_has_seen_the_oldest_go(ledger: AlertLedger) -> None:
    over = replace(FULL, state=State.RESOLVED)
    unseen = [
        replace(over, fingerprint=f"f{number:03}", changed_at=float(number))
        for number in range(UNSEEN + 3)
    ]
    ledger.record([event("resolved", alert) for alert in unseen])
    assert ledger.load() == tuple(unseen[3:])


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


def test_what_is_said_of_something_gone_does_not_bring_it_back(ledger: AlertLedger) -> None:
    ledger.record([event("acknowledged", FULL.acknowledged(ANN, 170.0), 170.0)])
    assert ledger.load() == ()
    assert [entry.kind for entry in ledger.history(9)] == ["acknowledged"]


def test_another_program_that_missed_it_cannot_undo_what_was_taken_when_worse(
    ledger: AlertLedger,
) -> None:
    critical = replace(FULL, severity=Severity.CRITICAL)
    taken = critical.acknowledged(ANN, 170.0)
    milder = replace(taken, severity=Severity.WARNING)
    ledger.record([event("firing", critical), event("acknowledged", taken, 170.0)])
    ledger.record([event("milder", milder, 180.0)])
    ledger.record([event("worse", critical, 190.0)])
    assert [alert.ack for alert in ledger.load()] == [taken.ack]
