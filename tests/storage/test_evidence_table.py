"""Evidence in the ledger's file: never too large, never too much, never too old."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.evidence import Log, LogLine, Trace
from sysmon_tui.model.text import SafeText, clean
from sysmon_tui.storage import evidence_table
from sysmon_tui.storage.evidence_table import LARGEST, decoded, encoded
from sysmon_tui.storage.ledger import SqliteLedger
from tests.evidence import evidence
from tests.storage.test_merge import WARNING

SEEN = evidence()
FINGERPRINT = SEEN.fingerprint


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.sqlite"


def noise(length: int) -> SafeText:
    """Text that no compression helps against; the same on every run."""
    return SafeText(Random(length).randbytes(length).hex())


def count(path: Path, table: str) -> int:
    db = sqlite3.connect(path)
    (found,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    db.close()
    return int(found)


def test_a_typical_one_is_small() -> None:
    assert len(encoded(SEEN)) < 8192
    assert repr(decoded(encoded(SEEN))) == repr(SEEN)


TEXTS = st.text(max_size=60).map(clean)
LOGS = st.lists(
    st.builds(
        Log,
        st.sampled_from(["kernel", "journal"]),
        st.lists(st.builds(LogLine, st.floats(), TEXTS), max_size=30).map(tuple),
        TEXTS,
    ),
    max_size=3,
).map(tuple)
TRACES = st.lists(
    st.builds(
        Trace,
        title=TEXTS,
        unit=TEXTS,
        begin=st.floats(),
        step=st.floats(),
        values=st.lists(st.floats(), max_size=90).map(tuple),
        bound=st.floats(),
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LOGS, TRACES, st.integers(1, 40), st.integers(0, 8))
def test_it_never_takes_more_than_its_share(
    logs: tuple[Log, ...], traces: tuple[Trace, ...], times: int, grown: int
) -> None:
    extra = Log("kernel", (LogLine(0.0, noise(200 << grown)),) * 2)
    given_ = replace(SEEN, logs=(*logs * times, extra), traces=traces * times)
    body = encoded(given_)
    assert len(body) <= LARGEST
    again = decoded(body)
    assert again is not None
    assert again.fingerprint == FINGERPRINT


@pytest.mark.parametrize("part", ["logs", "processes", "rule"])
def test_what_is_too_large_keeps_what_matters_most(part: str) -> None:
    large = noise(200_000)
    parts = {
        "logs": {"logs": (Log("kernel", (LogLine(0.0, large),)),)},
        "processes": {"processes": (replace(SEEN.processes[0], command=large),)},
        "rule": {"rule": large},
    }
    again = decoded(encoded(replace(SEEN, **parts[part])))  # type: ignore[arg-type]
    assert again is not None
    assert again.at == SEEN.at
    assert bool(again.processes) is (part == "logs")
    assert again.logs == ()


@pytest.mark.parametrize(
    "body", [b"", b"junk", zlib.compress(b"junk"), zlib.compress(b"{}"), zlib.compress(b"[[1]]")]
)
def test_what_cannot_be_understood_is_left_out(path: Path, body: bytes) -> None:
    ledger = SqliteLedger(path)
    for at in (1.0, 2.0):
        ledger.keep_evidence(replace(SEEN, at=at))
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE evidence SET body = ? WHERE at = 2.0", (body,))
    db.close()
    assert [one.at for one in ledger.dossier(FINGERPRINT).evidence] == [1.0]


def test_a_bomb_is_not_unpacked() -> None:
    assert decoded(zlib.compress(b" " * (64 << 20) + encoded(SEEN))) is None


def test_the_first_of_a_moment_stays(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.keep_evidence(replace(SEEN, value=1.0))
    ledger.keep_evidence(replace(SEEN, value=2.0))
    assert [one.value for one in ledger.dossier(FINGERPRINT).evidence] == [1.0]


def test_it_is_kept_for_more_than_a_year(path: Path) -> None:
    ledger = SqliteLedger(path)
    day = 86400.0
    for at in (0.0, 1 * day, 400.5 * day):
        ledger.keep_evidence(replace(SEEN, at=at))
    assert [one.at / day for one in ledger.dossier(FINGERPRINT).evidence] == [400.5, 1.0]
    assert count(path, "evidence_of") == 2


def test_one_that_flaps_does_not_push_others_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_table, "EACH", 3)
    ledger = SqliteLedger(path)
    ledger.keep_evidence(replace(SEEN, fingerprint="quiet"), (FINGERPRINT,))
    for at in range(10):
        ledger.keep_evidence(replace(SEEN, at=SEEN.at + 1 + at))
    found = ledger.dossier(FINGERPRINT).evidence
    assert [one.at - SEEN.at for one in found] == [10.0, 9.0, 8.0]
    assert ledger.dossier("quiet").evidence
    assert count(path, "evidence") == 4


def test_the_oldest_makes_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_table, "QUOTA", 3 * len(encoded(SEEN)) + 100)
    ledger = SqliteLedger(path)
    for number in range(6):
        ledger.keep_evidence(replace(SEEN, fingerprint=f"f{number}", at=float(number)))
    kept = [bool(ledger.dossier(f"f{number}").evidence) for number in range(6)]
    assert kept == [False, False, False, True, True, True]
    assert count(path, "evidence") == count(path, "evidence_of") == 3


def test_a_ledger_of_an_older_version_has_none(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.record([AlertEvent(1.0, "firing", WARNING)])
    db = sqlite3.connect(path)
    db.execute("DROP TABLE evidence")
    db.execute("DROP TABLE evidence_of")
    db.execute("PRAGMA user_version = 9")
    db.close()
    assert ledger.dossier(WARNING.fingerprint).evidence == ()
    assert len(ledger.dossier(WARNING.fingerprint).events) == 1


def test_another_program_reads_the_same(path: Path) -> None:
    SqliteLedger(path).keep_evidence(SEEN)
    assert len(SqliteLedger(path).dossier(FINGERPRINT).evidence) == 1
