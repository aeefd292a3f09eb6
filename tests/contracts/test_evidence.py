"""What every ledger promises about evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.evidence import LIFE, Dossier
from sysmon_tui.model.ports import Ledger
from sysmon_tui.storage import open_ledger
from sysmon_tui.storage.registry import BACKENDS
from tests.contracts.test_ledger import FULL, event
from tests.contracts.urls import url_of
from tests.evidence import evidence

SEEN = evidence()


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return open_ledger(url_of(request.param, tmp_path), state=tmp_path)


def test_a_new_ledger_knows_nothing(ledger: Ledger) -> None:
    assert ledger.dossier("f1") == Dossier()


def test_evidence_comes_back_whole(ledger: Ledger) -> None:
    ledger.keep_evidence(SEEN)
    # By its text, because unknown figures are not equal to themselves.
    assert repr(ledger.dossier(SEEN.fingerprint).evidence) == repr((SEEN,))
    assert ledger.dossier("another").evidence == ()


def test_the_newest_comes_first(ledger: Ledger) -> None:
    for at in (20.0, 30.0, 10.0):
        ledger.keep_evidence(replace(SEEN, at=at))
    assert [one.at for one in ledger.dossier(SEEN.fingerprint).evidence] == [30.0, 20.0, 10.0]


def test_alerts_of_a_storm_share_it(ledger: Ledger) -> None:
    ledger.keep_evidence(SEEN, ("f8", "f9"))
    for fingerprint in ("f8", "f9"):
        (shared,) = ledger.dossier(fingerprint).evidence
        assert shared.fingerprint == SEEN.fingerprint


def test_a_life_is_oldest_first_and_of_one_alert(ledger: Ledger) -> None:
    other = replace(FULL, fingerprint="f2")
    ledger.record([event("pending", FULL, 1.0), event("firing", other, 2.0)])
    ledger.record([event("firing", FULL, 3.0)])
    assert [one.kind for one in ledger.dossier("f1").events] == ["pending", "firing"]
    assert ledger.dossier("f").events == ()


def test_a_long_life_is_told_from_its_end(ledger: Ledger) -> None:
    ledger.record([event("worse", FULL, float(n)) for n in range(LIFE + 5)])
    events = ledger.dossier("f1").events
    assert (len(events), events[0].at, events[-1].at) == (LIFE, 5.0, LIFE + 4.0)
