from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.model.alert import AlertEvent, Severity, State
from sysmon_tui.model.brief import Consumer, NewPort, UnitNews
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.sample import Batch, HostFacts
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.standing import Port, Standing
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.briefing import AWHILE, Briefing, Now, families_of, take_standing
from sysmon_tui.storage.memory import MemoryLedger, MemoryStore
from tests.model.briefs import HOUR, NOW, alert
from tests.model.test_brief import row

HOST = HostFacts(
    hostname="db-7", system="x", kernel="6", cores=2, boot_time=NOW - 3 * HOUR, vantage="host"
)
ROOT = labels(device="/dev/sda1", fstype="ext4", mountpoint="/")
BOOTED_LONG_AGO: Families = {"node_boot_time_seconds": {(): 100.0}}
LISTENS = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 11 1\n"
    "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12 1\n"
)


def figures(used: float, kills: float, restarts: float, *, down: bool) -> Families:
    return {
        "node_boot_time_seconds": {(): HOST.boot_time},
        "node_vmstat_oom_kill": {(): kills},
        "node_filesystem_size_bytes": {ROOT: 100.0},
        "node_filesystem_free_bytes": {ROOT: 100.0 - used},
        "node_filesystem_avail_bytes": {ROOT: 100.0 - used},
        "node_systemd_system_running": {(): 0.0},
        "node_systemd_unit_state": {labels(name="web.service", state="failed"): float(down)},
        "node_systemd_service_restart_total": {labels(name="app.service"): restarts},
    }


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    net = tmp_path / "net"
    net.mkdir()
    (net / "tcp").write_text(LISTENS)
    descriptors = tmp_path / "40" / "fd"
    descriptors.mkdir(parents=True)
    (tmp_path / "40" / "comm").write_text("web\n")
    (descriptors / "3").symlink_to("socket:[11]")
    return Roots(proc=tmp_path)


def batch(hours_ago: float, collector: str, families: Families, **more: Any) -> Batch:
    wall = NOW - hours_ago * HOUR
    return Batch(collector=collector, wall=wall, mono=wall, families=families, **more)


def recorded(hours_ago: float, given: Families, table: ProcessTable | None = None) -> list[Batch]:
    """The figures as the collectors have them that a standing asks."""
    parts = {"cpu": "node_boot", "memory": "node_vmstat", "filesystem": "node_filesystem"}
    batches = [
        batch(hours_ago, name, {key: value for key, value in given.items() if key.startswith(at)})
        for name, at in {**parts, "unit": "node_systemd"}.items()
    ]
    return [*batches, batch(hours_ago, "process", {}, processes=table)]


@pytest.fixture
def past() -> MemoryStore:
    store = MemoryStore(retention=1e9, quota=1 << 20)
    earlier = {**figures(20.0, 1.0, 1.0, down=False), **BOOTED_LONG_AGO}
    store.append(recorded(8.0, earlier, ProcessTable(rows=(row(4, 10.0, 7e6),))))
    crashed = figures(30.0, 0.0, 2.0, down=True)
    store.append(recorded(2.0, crashed, ProcessTable(rows=(row(4, 70.0, 9e6),))))
    return store


def now(roots: Roots, given: Families | None = None) -> Now:
    given = given or figures(50.0, 3.0, 4.0, down=False)
    return take_standing(given, NOW, HOST, roots)


def test_what_changed_since_a_look(roots: Roots, past: MemoryStore) -> None:
    ledger = MemoryLedger()
    firing = alert("Full", severity=Severity.CRITICAL)
    ledger.record([AlertEvent(NOW - HOUR, "firing", firing)])
    then = Standing(
        at=NOW - 8 * HOUR,
        boot_time=100.0,
        oom_kills=1.0,
        failed=(),
        restarts={"app.service": 1.0},
        ports=(Port("tcp", "0.0.0.0", 22),),
    )
    then = replace(then, spaces=now(roots, figures(20.0, 0, 0, down=False)).standing.spaces)
    brief = Briefing(ledger, past, HOST, roots).since(then, now(roots))
    assert (brief.host, brief.since, brief.until) == ("db-7", NOW - 8 * HOUR, NOW)
    assert brief.looked
    assert brief.urgent
    assert [story.rule for story in brief.stories] == ["Full"]
    assert brief.boots == (HOST.boot_time,)
    assert brief.oom_kills == 3
    assert brief.units == (
        UnitNews("app.service", failed=False, restarts=3),
        UnitNews("web.service", failed=False, restarts=0),
    )
    assert [(one.mountpoint, one.grown) for one in brief.growth] == [("/", 30.0)]
    assert brief.ports == (NewPort(Port("tcp", "0.0.0.0", 8080), "web (40)"),)
    assert brief.cpu == (Consumer("p4", 4, 60.0),)
    assert brief.memory == (Consumer("p4", 4, 9e6),)
    assert brief.remarks == ()


def test_what_changed_in_a_time_is_told_by_what_was_recorded(
    roots: Roots, past: MemoryStore
) -> None:
    brief = Briefing(MemoryLedger(), past, HOST, roots).over(8 * HOUR, now(roots))
    assert not brief.looked
    assert brief.since == NOW - 8 * HOUR
    assert brief.boots == (HOST.boot_time,)
    assert brief.oom_kills == 3
    assert [unit.name for unit in brief.units] == ["app.service", "web.service"]
    assert [(one.mountpoint, one.grown) for one in brief.growth] == [("/", 30.0)]
    assert brief.ports == ()


def test_where_recording_began_later_that_is_compared_with(roots: Roots, past: MemoryStore) -> None:
    brief = Briefing(MemoryLedger(), past, HOST, roots).over(4 * HOUR, now(roots))
    assert brief.oom_kills == 3
    assert [(one.mountpoint, one.grown) for one in brief.growth] == [("/", 20.0)]


def test_somebody_new_is_told_of_a_working_day(roots: Roots) -> None:
    brief = Briefing(MemoryLedger(), None, HOST, roots).since(None, now(roots))
    assert brief.since == NOW - AWHILE
    assert not brief.looked
    assert brief.boots == (HOST.boot_time,)
    assert (brief.oom_kills, brief.units, brief.growth) == (0, (), ())


def test_what_is_silenced_is_not_urgent(roots: Roots) -> None:
    ledger = MemoryLedger()
    firing = alert("Full", severity=Severity.CRITICAL)
    ledger.record([AlertEvent(NOW - HOUR, "firing", firing)])
    ledger.keep_silence(
        Silence(
            id="s",
            matchers=(Matcher("alertname", MatchOp.EQUAL, "Full"),),
            by=clean("ann"),
            at=NOW - HOUR,
            until=NOW + HOUR,
        )
    )
    brief = Briefing(ledger, None, HOST, roots).over(HOUR, now(roots))
    assert brief.stories[0].firing
    assert "ann" in brief.stories[0].muted
    assert not brief.urgent


class Broken(MemoryLedger):
    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        raise StoreError("alerts.sqlite cannot be used", "Free space")


class Unreadable(MemoryStore):
    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        raise StoreError("history.sqlite cannot be used")


def test_what_cannot_be_asked_is_a_remark(roots: Roots) -> None:
    briefing = Briefing(Broken(), Unreadable(retention=1e9, quota=1 << 20), HOST, roots)
    brief = briefing.over(8 * HOUR, now(roots))
    assert brief.remarks == (
        "history.sqlite cannot be used",
        "alerts.sqlite cannot be used. Free space",
    )
    assert brief.boots == (HOST.boot_time,)


def test_where_ports_cannot_be_seen(tmp_path: Path) -> None:
    found = take_standing({}, NOW, HOST, Roots(proc=tmp_path))
    assert found.standing.ports is None
    assert found.listening == ()


def test_the_newest_figures_count() -> None:
    batches = [batch(2.0, "a", {"x": {(): 1.0}, "y": {(): nan}}), batch(1.0, "a", {"x": {(): 2.0}})]
    merged = families_of(batches)
    assert merged["x"] == {(): 2.0}
    assert "y" in merged


def test_a_resolved_alert_is_over(roots: Roots) -> None:
    ledger = MemoryLedger()
    over = alert("Full", State.RESOLVED, resolved_at=NOW - HOUR)
    ledger.record([AlertEvent(NOW - HOUR, "resolved", over)])
    brief = Briefing(ledger, None, HOST, roots).over(2 * HOUR, now(roots))
    assert [(story.firing, story.unseen) for story in brief.stories] == [(False, True)]


def test_alerts_are_told_with_what_was_recorded_last(roots: Roots, past: MemoryStore) -> None:
    ledger = MemoryLedger()
    rule = Rule(
        name="Full", metric="node_load1", levels=(Level(Severity.WARNING, 0.5, 0.5),),
        unit="count", summary="it is {value}",
    )  # fmt: skip
    ledger.record(
        [AlertEvent(NOW - HOUR, "firing", alert("Full", labels=(), summary=clean("it is 1")))]
    )
    figures: Families = {"node_load1": {(): 7.0}}
    for wall in (NOW - 13.0, NOW - 12.0):
        past.append([Batch(collector="cpu", wall=wall, mono=wall, families=figures)])
    told = Briefing(ledger, past, HOST, roots, (rule,)).over(HOUR, now(roots)).stories
    assert [story.summary for story in told] == ["it is 7"]
    # Where nothing was recorded of it lately, what its last event said is what is known.
    told = Briefing(ledger, past, HOST, roots).over(HOUR, now(roots)).stories
    assert [story.summary for story in told] == ["it is 1"]
