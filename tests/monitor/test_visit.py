from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.model.standing import Standing
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.actor import login_name
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.briefing import Briefing
from sysmon_tui.monitor.looked import keep_look, last_look
from sysmon_tui.monitor.visit import AWAY, Visit, visit
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings, Storage
from sysmon_tui.storage.memory import MemoryLedger
from tests.model.briefs import NOW
from tests.monitor.test_briefing import HOST

TICK = Tick(number=3, wall=NOW, mono=9.0, families={"node_vmstat_oom_kill": {(): 5.0}})


def visited(state: Path, away: float, kills: float = 2.0) -> Visit:
    keep_look(
        state,
        "ann",
        Standing(at=NOW - away, boot_time=HOST.boot_time, oom_kills=kills),
    )
    return begun(state)


def begun(state: Path) -> Visit:
    roots = Roots(proc=state / "proc")
    gather = partial(Briefing, MemoryLedger(), None, HOST, roots)
    return Visit(state, "ann", gather, host=HOST, roots=roots)


def test_somebody_new_hears_only_what_they_ask(tmp_path: Path) -> None:
    new = begun(tmp_path)
    assert new.news(TICK) is None
    assert not new.brief(TICK).looked


def test_who_comes_back_hears_what_changed(tmp_path: Path) -> None:
    brief = visited(tmp_path, AWAY).news(TICK)
    assert brief is not None
    assert (brief.looked, brief.oom_kills) == (True, 3)


def test_nothing_is_said_of_nothing_or_of_a_moment(tmp_path: Path) -> None:
    assert visited(tmp_path, AWAY, kills=5.0).news(TICK) is None
    back_soon = visited(tmp_path, AWAY - 1.0)
    assert back_soon.news(TICK) is None
    assert back_soon.brief(TICK).oom_kills == 3


def test_the_end_of_a_visit_is_what_the_next_begins_with(tmp_path: Path) -> None:
    stay = visited(tmp_path, AWAY)
    stay.end()
    before = last_look(tmp_path, "ann")
    assert before is not None
    assert before.at == NOW - AWAY
    stay.hear(TICK)
    stay.end()
    after = last_look(tmp_path, "ann")
    assert after is not None
    assert (after.at, after.oom_kills) == (NOW, 5.0)


@pytest.mark.parametrize("url", ["memory:", "sqlite:"])
def test_a_visit_hears_of_every_tick(tmp_path: Path, url: str) -> None:
    dirs = Dirs(config=tmp_path, state=tmp_path)
    settings = Settings(
        storage=Storage(url=url), collection=Collection(disabled=("unit", "filesystem", "process"))
    )
    monitor = assemble(settings, dirs)
    stay = visit(monitor, settings, dirs)
    try:
        tick = monitor.beat()
    finally:
        monitor.stop()
    stay.end()
    kept = last_look(tmp_path, login_name())
    assert kept is not None
    assert kept.at == tick.wall
