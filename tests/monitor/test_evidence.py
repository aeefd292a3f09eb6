"""Gathering: off the beat, once for a storm, and never at the cost of the watch."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.alert import Alert, AlertEvent, Severity
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.evidence import Dossier, Evidence, Log, LogLine, Suspect
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor import evidence as module
from sysmon_tui.monitor.evidence import HELD, OWN, PENDING, Sources, Witness
from tests.clock import ManualClock
from tests.monitor.fakes import BUSY
from tests.monitor.test_monitor import Rig, fire
from tests.scene import NOW, alerts, tick

LOGS = (Log("kernel", (LogLine(NOW, clean("out of memory")),)),)


class Ledger:
    def __init__(self) -> None:
        self.kept: list[tuple[Evidence, Collection[str]]] = []
        self.failure = ""
        self.told = threading.Event()

    def keep_evidence(self, evidence: Evidence, also: Collection[str] = ()) -> None:
        if self.failure:
            raise StoreError(self.failure)
        self.kept.append((evidence, also))
        self.told.set()

    def dossier(self, fingerprint: str) -> Dossier:
        return Dossier(evidence=tuple(one for one, _ in self.kept))


class Bench:
    """A witness whose sources and time the test holds."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.clock = ManualClock()
        self.asked: list[str] = []
        self.fails: Exception | None = None
        self.history: Iterable[Tick] = ()
        self.judges = True
        self.witness = Witness(
            self.ledger,
            Sources(past=self.past, logs=self.logs, look=self.look),
            (replace(BUSY, name="MemoryAvailable", metric="sysmon_memory_available_ratio"),),
            self.clock,
            judges=lambda: self.judges,
        )

    def past(self, start: float, end: float) -> Iterable[Tick]:
        self.asked.append("past")
        if self.fails is not None:
            raise self.fails
        return self.history

    def logs(self) -> tuple[Log, ...]:
        self.asked.append("logs")
        return LOGS

    def look(self, suspect: Suspect) -> Suspect:
        self.asked.append("look")
        return replace(suspect, waits_in=clean("folio_wait"))

    def fire(self, *fired: Alert, kind: str = "firing", step: int = 600) -> list[Evidence]:
        """A beat on which alerts fire, and what was kept after it."""
        before = len(self.ledger.kept)
        self.witness.take(moment(*fired, kind=kind, step=step))
        self.witness.gather()
        return [evidence for evidence, _ in self.ledger.kept[before:]]


def moment(*fired: Alert, kind: str = "firing", step: int = 600) -> Tick:
    plain = tick(step)
    return replace(plain, events=tuple(AlertEvent(plain.wall, kind, one) for one in fired))


def storm(count: int, severity: Severity = Severity.WARNING) -> list[Alert]:
    return [
        replace(alerts()[0], fingerprint=f"s{n}", severity=severity, labels=labels(n=str(n)))
        for n in range(count)
    ]


def test_on_the_beat_nothing_is_read() -> None:
    bench = Bench()
    bench.witness.take(moment(alerts()[0]))
    assert bench.asked == []
    assert bench.ledger.kept == []


def test_an_alert_that_fires_gets_everything() -> None:
    (evidence,) = Bench().fire(alerts()[0])
    assert evidence.culprit == "python3 (4113) 13.8G"
    assert evidence.logs == LOGS
    assert {one.waits_in for one in (*evidence.processes, *evidence.waiting)} == {"folio_wait"}
    assert [one.title for one in evidence.traces[:2]] == [
        "sysmon_memory_available_ratio",
        "Memory used",
    ]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("firing", 1), ("worse", 1), ("pending", 0), ("acknowledged", 0), ("resolved", 0)],
)
def test_which_steps_leave_evidence(kind: str, kept: int) -> None:
    assert len(Bench().fire(alerts()[0], kind=kind)) == kept


def test_only_who_records_gathers() -> None:
    bench = Bench()
    bench.judges = False
    assert bench.fire(alerts()[0]) == []


def test_history_and_the_newest_beats_make_one_series() -> None:
    bench = Bench()
    bench.history = [tick(step) for step in range(0, 580, 10)]
    for step in (580, 585, 590, 600):
        bench.witness.take(tick(step))
    (evidence,) = bench.fire(alerts()[0])
    values = evidence.traces[0].values
    known = [value for value in values if value == value]
    assert len(values) == 90
    assert len(known) == 61, "a sample each ten seconds of the ten minutes there are"
    assert all(value == value for value in values[-61:])
    assert evidence.traces[0].begin + 90 * 10.0 == evidence.at
    assert [known[0], known[-1]] == pytest.approx([0.39, 0.03])


def test_a_process_is_looked_at_once_however_many_show_it() -> None:
    bench = Bench()
    first = bench.fire(*storm(3))
    seen = {one.pid for evidence in first for one in (*evidence.processes, *evidence.waiting)}
    assert bench.asked.count("look") == len(seen)
    assert bench.asked.count("logs") == 1


def test_a_storm_shares_what_its_worst_alerts_have() -> None:
    bench = Bench()
    worst = replace(storm(1, Severity.CRITICAL)[0], fingerprint="worst")
    kept = bench.fire(*storm(500), worst)
    assert len(kept) == OWN
    assert kept[0].fingerprint == "worst"
    own = {evidence.fingerprint for evidence in kept}
    shared = set().union(*(also for _, also in bench.ledger.kept))
    assert own | shared == {"worst", *(f"s{n}" for n in range(500))}
    assert bench.asked.count("logs") == 1


def test_a_resource_of_a_storm_keeps_to_its_own() -> None:
    bench = Bench()
    busy = replace(storm(1, Severity.CRITICAL)[0], fingerprint="cpu", resource="cpu")
    late = [replace(one, fingerprint=f"late{n}", resource="cpu") for n, one in enumerate(storm(3))]
    bench.fire(busy, *storm(OWN), *late)
    of = {evidence.fingerprint: set(also) for evidence, also in bench.ledger.kept}
    assert of["cpu"] == {"late0", "late1", "late2"}


def test_after_a_storm_a_minute_has_room_again() -> None:
    bench = Bench()
    bench.fire(*storm(40))
    (evidence,) = bench.fire(*storm(20))
    assert len(bench.ledger.kept[-1][1]) == 19, "one always may"
    bench.clock.advance(60.0)
    assert len(bench.fire(*storm(5))) == 5
    assert evidence.logs == LOGS


def test_more_than_a_storm_is_bounded() -> None:
    bench = Bench()
    bench.fire(*storm(PENDING + 50))
    assert sum(1 + len(also) for _, also in bench.ledger.kept) == PENDING


@pytest.mark.parametrize("error", [StoreError("no history"), OSError(5, "gone")])
def test_without_history_there_is_the_moment(error: Exception) -> None:
    bench = Bench()
    bench.fails = error
    (evidence,) = bench.fire(alerts()[0])
    known = [value for value in evidence.traces[0].values if value == value]
    assert known == [pytest.approx(0.03)]
    assert evidence.logs == LOGS


@pytest.mark.parametrize(
    ("error", "traced"),
    [(ZeroDivisionError("a defect"), True), (OSError(24, "Too many open files"), False)],
)
def test_a_source_that_breaks_costs_the_slow_part_alone(
    caplog: pytest.LogCaptureFixture, error: Exception, traced: bool
) -> None:
    def broken() -> tuple[Log, ...]:
        raise error

    bench = Bench()
    bench.witness._sources = replace(bench.witness._sources, logs=broken)
    (evidence,) = bench.fire(alerts()[0])
    assert evidence.culprit
    assert not evidence.logs
    assert not evidence.traces
    said = "evidence is incomplete" if traced else "incomplete: [Errno 24] Too many open files"
    assert said in caplog.text
    assert ("Traceback" in caplog.text) is traced


def test_what_the_ledger_refuses_is_tried_again() -> None:
    bench = Bench()
    bench.ledger.failure = "disk full"
    assert bench.fire(alerts()[0]) == []
    bench.ledger.failure = ""
    bench.witness.gather()
    assert len(bench.ledger.kept) == 1
    assert bench.asked.count("logs") == 1, "it is as it was at the time"


def test_what_is_refused_for_long_is_bounded() -> None:
    bench = Bench()
    bench.ledger.failure = "disk full"
    for n in range(HELD + 10):
        bench.clock.advance(60.0)
        bench.fire(replace(alerts()[0], fingerprint=f"f{n}"))
    bench.ledger.failure = ""
    bench.witness.gather()
    assert [one.fingerprint for one, _ in bench.ledger.kept][-1] == f"f{HELD + 9}"
    assert len(bench.ledger.kept) == HELD


def test_a_drill_has_no_series_of_its_own() -> None:
    (evidence,) = Bench().fire(replace(alerts()[0], rule="drilled"))
    assert evidence.traces[0].title == "Memory used"


def test_the_thread_gathers_at_once_and_ends_at_once() -> None:
    bench = Bench()
    bench.witness.start()
    bench.witness.take(moment(alerts()[0]))
    assert bench.ledger.told.wait(20.0)
    bench.witness.stop(20.0)
    assert len(bench.ledger.kept) == 1


def test_what_fires_at_the_end_is_kept_without_its_slow_part() -> None:
    bench = Bench()
    bench.witness.take(moment(alerts()[0]))
    bench.witness._stopping.set()
    bench.witness._run()
    assert [evidence.logs for evidence, _ in bench.ledger.kept] == [()]
    assert bench.asked == []


def test_a_witness_without_a_thread_stops_too() -> None:
    Bench().witness.stop(0.0)


def test_a_ledger_that_refuses_is_asked_again_without_a_new_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    bench = Bench()
    bench.ledger.failure = "disk full"
    bench.witness.start()
    bench.witness.take(moment(alerts()[0]))
    bench.ledger.failure = ""
    assert bench.ledger.told.wait(20.0)
    bench.witness.stop(20.0)


def test_this_machine_is_a_witness(tmp_path: Path) -> None:
    """The real sources, on whatever this runs on: they answer or say why not."""
    from sysmon_tui.collectors.base import Roots
    from sysmon_tui.monitor.clock import SystemClock
    from sysmon_tui.monitor.witnessing import create_witness
    from sysmon_tui.monitor.writer import Writer
    from sysmon_tui.storage import open_ledger, open_store
    from tests.scene import HOST

    ledger = open_ledger("memory:", state=tmp_path)
    clock = SystemClock()
    writer = Writer(
        lambda: open_store("memory:", state=tmp_path, retention=60.0, quota=1 << 20),
        ledger,
        clock=clock,
    )
    witness = create_witness(ledger, writer, Roots(), (), clock, HOST, ())
    witness.take(moment(alerts()[0]))
    witness.gather()
    (evidence,) = witness.dossier(alerts()[0].fingerprint).evidence
    assert [log.source for log in evidence.logs] == ["kernel", "journal"]
    assert all(log.lines or log.note for log in evidence.logs)


def test_a_monitor_shows_what_was_kept_or_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, rig = Bench(), Rig()
    assert rig.monitor.dossier("a1") == Dossier(), "nobody gathers there"
    rig.monitor._witness = bench.witness
    fire(rig)
    bench.witness.gather()
    assert len(rig.monitor.dossier("a1").evidence) == 1

    def refuse(_fingerprint: str) -> Dossier:
        raise StoreError("alerts.sqlite is locked")

    monkeypatch.setattr(bench.witness, "dossier", refuse)
    assert rig.monitor.dossier("a1").problem == "alerts.sqlite is locked"


def test_a_monitor_starts_and_stops_its_witness() -> None:
    bench, rig = Bench(), Rig()
    rig.monitor._witness = bench.witness
    rig.monitor.start()
    assert bench.witness._thread is not None
    rig.monitor.stop()
    assert not bench.witness._thread.is_alive()
