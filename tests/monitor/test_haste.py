from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sysmon_tui.model.incident import LONGEST
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.haste import LOOK_EVERY, Haste
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.monitor.lane import Lane
from tests.model.briefs import NOW
from tests.monitor.fakes import FakeCpu


def at(seconds: float) -> Tick:
    return Tick(number=1, wall=NOW + seconds, mono=seconds)


def test_an_incident_makes_slow_collectors_hurry(tmp_path: Path) -> None:
    incidents = Incidents(tmp_path)
    slow, quick = Lane(FakeCpu(), 30.0), Lane(FakeCpu(), 1.0)
    haste = Haste(incidents, (slow, quick))
    for lane in (slow, quick):
        for second in (0.0, 0.5):
            lane.poll(NOW + second, second)
    haste.hear(at(0.5))
    assert slow.poll(NOW + 1.0, 1.0) is None
    incidents.begin(clean("ann"), "", NOW)
    haste.hear(at(LOOK_EVERY / 2))
    assert slow.poll(NOW + 1.5, 1.5) is None
    haste.hear(at(1.0 + LOOK_EVERY))
    assert slow.poll(NOW + 3.0, 3.0) is not None
    assert slow.state(3.0).interval == 6.0
    quick.poll(NOW + 3.0, 3.0)
    assert quick.state(3.0).interval == 1.0
    haste.hear(at(LONGEST + 1.0))
    slow.poll(NOW + LONGEST + 9.0, LONGEST + 9.0)
    assert slow.state(LONGEST + 9.0).interval == 30.0


def test_a_dear_collector_keeps_to_its_share() -> None:
    lane = Lane(FakeCpu(), 30.0)
    lane.hurry(5.0)
    lane._settle(replace(lane._run(NOW, 0.0), cost=0.4))
    assert lane.state(0.0).interval == 20.0


def test_one_that_fails_is_not_hurried() -> None:
    broken = FakeCpu()
    broken.fails = OSError("broken")
    lane = Lane(broken, 30.0)
    lane.poll(NOW, 0.0)
    lane.hurry(5.0)
    assert lane.poll(NOW + 1.0, 1.0) is None


def test_files_that_cannot_be_used_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("a file")
    lane = Lane(FakeCpu(), 30.0)
    Haste(Incidents(tmp_path), (lane,)).hear(at(0.0))
    lane.poll(NOW, 0.0)
    assert lane.state(0.0).interval == 30.0
