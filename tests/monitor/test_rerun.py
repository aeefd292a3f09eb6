from __future__ import annotations

from collections.abc import Iterator

import pytest

from sysmon_tui.model.alert import State
from sysmon_tui.model.errors import Refused
from sysmon_tui.model.process import NO_PROCESSES, ProcessDemand, ProcessKey
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.capsule import Capsule, open_capsule
from sysmon_tui.monitor.rerun import REFUSAL, SILENT, Rerun, _fared
from tests.model.briefs import NOW
from tests.monitor.capsules import BEGAN, ENDED, FULL, record


@pytest.fixture(scope="module")
def capsule(tmp_path_factory: pytest.TempPathFactory) -> Capsule:
    desk = record(tmp_path_factory.mktemp("state"))
    desk.incidents.begin(clean("ann"), "", BEGAN)
    ended = desk.incidents.end(clean("ann"), "", ENDED)
    assert ended is not None
    _, path = desk.write(ended, NOW)
    return open_capsule(path, tmp_path_factory.mktemp("room"))


@pytest.fixture
def rerun(capsule: Capsule) -> Iterator[Rerun]:
    made = Rerun(capsule)
    made.interval = 0.001
    yield made
    made.close()


async def played(rerun: Rerun, count: int) -> list[float]:
    """When the next ticks were, in seconds after the beginning."""
    found: list[float] = []
    stream = rerun.stream()
    async for tick in stream:
        found.append(tick.wall - BEGAN)
        if len(found) == count:
            break
    await stream.aclose()  # type: ignore[attr-defined] # it is a generator
    return found


async def test_it_plays_from_the_beginning(rerun: Rerun) -> None:
    assert await played(rerun, 4) == [0.0, 1.0, 2.0, 3.0]
    assert rerun.at == BEGAN + 3.0


def test_a_tick_has_what_was_known_then(rerun: Rerun) -> None:
    rerun.seek(BEGAN + 25.0)
    tick = rerun.first()
    assert tick is not None
    assert tick.wall == BEGAN + 25.0
    assert tick.value("node_load1") == 2.5
    assert tick.value("sysmon_cpu_ratio", (("mode", "busy"),)) == 1.0
    assert [row.cpu_seconds for row in tick.processes.rows] == [25.0]
    alerts = {alert.fingerprint: alert for alert in tick.alerts}
    assert alerts[FULL.fingerprint].state is State.FIRING
    assert alerts[FULL.fingerprint].ack is not None
    assert len(alerts) == 2
    assert tick.silences == ()
    rerun.seek(BEGAN + 58.0)
    late = rerun.first()
    assert late is not None
    assert [one.by for one in late.silences] == ["bob"]
    states = {alert.fingerprint: alert.state for alert in late.alerts}
    assert states[FULL.fingerprint] is State.RESOLVED


def test_it_tells_how_collectors_fared(rerun: Rerun) -> None:
    rerun.seek(BEGAN + 25.0)
    tick = rerun.first()
    assert tick is not None
    states = {state.name: (state.status, state.age) for state in tick.collectors}
    assert states["cpu"] == (Status.OK, 0.0)


def test_what_was_read_long_before_is_stale() -> None:
    batches = {
        "cpu": Batch(collector="cpu", wall=NOW, mono=1.0),
        "disk": Batch(collector="disk", wall=NOW, mono=1.0, status=Status.DENIED, note="no"),
    }
    cpu, disk = _fared(batches, NOW + SILENT + 1.0)
    assert (cpu.status, cpu.age) == (Status.STALE, SILENT + 1.0)
    assert (disk.status, disk.note) == (Status.DENIED, "no")


def test_events_come_once(rerun: Rerun) -> None:
    rerun.seek(BEGAN + 8.0)
    ticks = [rerun.first(), *(rerun.first() for _ in range(4))]
    kinds = [[event.kind for event in tick.events] for tick in ticks if tick is not None]
    assert kinds == [[], [], ["firing"], [], []]


async def test_it_steps_and_stands_still(rerun: Rerun) -> None:
    rerun.step(2)
    assert rerun.paused
    assert await played(rerun, 1) == [20.0]
    rerun.step(-1)
    assert await played(rerun, 1) == [10.0]
    rerun.pause()
    assert await played(rerun, 2) == [11.0, 12.0]


async def test_it_ends_where_the_record_does(rerun: Rerun) -> None:
    rerun.seek(1e12)
    assert await played(rerun, 1) == [59.0]
    rerun.seek(0.0)
    assert rerun.at == BEGAN - 600.0
    assert await played(rerun, 1) == [0.0]


def test_at_the_end_it_waits(rerun: Rerun) -> None:
    rerun.seek(rerun.until)
    assert rerun.first() is not None
    assert rerun.first() is None


def test_charts_and_timelines_end_at_the_moment_shown(rerun: Rerun) -> None:
    rerun.seek(BEGAN + 15.0)
    assert [tick.wall - BEGAN for tick in rerun.history(3.0, 1.0, ())] == [12.0, 13.0, 14.0]
    assert len(list(rerun.recorded(10.0, 5.0, ()))) in (2, 3)
    assert [event.kind for event in rerun.happened(9)] == ["firing", "firing"]
    assert rerun.dossier(FULL.fingerprint).evidence
    rerun.demand(ProcessDemand())


def test_an_old_table_is_none(rerun: Rerun) -> None:
    tick = rerun.first()
    assert tick is not None
    aged = rerun._dressed(tick, (tick.wall - 16.0, tick.processes), tick.wall)
    assert aged.processes is NO_PROCESSES


def test_nobody_can_act(rerun: Rerun) -> None:
    said: list[str] = []
    rerun.refused = said.append
    ann = clean("ann")
    with pytest.raises(Refused):
        rerun.hold(ProcessKey(1, 0.0))
    rerun.acknowledge(["a"], ann)
    rerun.unacknowledge(["a"], ann)
    rerun.annotate(["a"], ann, ann)
    rerun.shelve(["a"], ann, NOW)
    rerun.unshelve(["a"], ann)
    rerun.silence(Silence(id="s", matchers=(), by=ann, at=NOW, until=NOW))
    assert said == [REFUSAL] * 6
