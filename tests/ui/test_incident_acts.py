"""The key that begins and ends an incident, over real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.incident import LONGEST
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.desk import Desk
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.storage.memory import MemoryLedger
from sysmon_tui.ui.messages import TickReady
from tests.scene import HOST, NOW, scene, tick
from tests.ui.stage import ACTOR, Stage, stage


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Incidents(tmp_path), MemoryLedger(), None, HOST, flush=lambda: True)


async def settled(shown: Stage) -> None:
    await shown.pilot.pause()
    for worker in tuple(shown.app.workers):
        if worker.group == "incident":
            await worker.wait()
    await shown.pilot.pause()


async def beat(shown: Stage, seconds: float) -> None:
    """A tick so long after the scene's, and another one that shows what it brought."""
    for number in (602, 603):
        later = replace(tick(600), number=number, wall=NOW + seconds)
        shown.app.post_message(TickReady(later))
        await settled(shown)


def said(shown: Stage) -> list[str]:
    return [notice.message for notice in shown.app._notifications]


async def test_it_begins_and_ends_with_a_line(desk: Desk, tmp_path: Path) -> None:
    async with stage(120, 40, scene(), desk=desk) as shown:
        assert "INCIDENT" not in shown.text
        await shown.press("i", *"slow", "enter")
        await settled(shown)
        current = desk.current()
        assert current is not None
        assert (current.by, current.why, current.began) == (ACTOR, "slow", NOW)
        await beat(shown, 720.0)
        assert "INCIDENT 12m" in shown.text
        await shown.press("i", *"over", "enter")
        await settled(shown)
        assert desk.current() is None
        (ended,) = desk.known()
        assert (ended.note, ended.ended_by) == ("over", ACTOR)
        await beat(shown, 721.0)
        assert "INCIDENT" not in shown.text
        assert all(
            str(path) in said(shown)[-1] for path in desk.incidents.directory.glob("*Z.[mz]*")
        )


async def test_escape_begins_nothing(desk: Desk) -> None:
    async with stage(120, 40, desk=desk) as shown:
        await shown.press("i", "escape")
        await settled(shown)
        assert desk.current() is None


async def test_what_others_begin_is_seen(desk: Desk) -> None:
    async with stage(80, 24, desk=desk) as shown:
        desk.begin(clean("ann"), "", NOW - 60.0)
        await beat(shown, 0.0)
        assert "INCIDENT 1m" in shown.text


async def test_two_who_begin_one_at_a_time_are_told(desk: Desk) -> None:
    async with stage(120, 40, desk=desk) as shown:
        await shown.press("i")
        desk.begin(clean("ann"), "", NOW)
        await shown.press("enter")
        await settled(shown)
        assert "goes on already, begun by ann" in said(shown)[-1]


async def test_nobody_ended_it(desk: Desk) -> None:
    desk.begin(clean("ann"), "", NOW - LONGEST)
    async with stage(120, 40, desk=desk) as shown:
        await beat(shown, 1.0)
        (ended,) = desk.known()
        assert (ended.ended, ended.ended_by) == (NOW, "")
        assert said(shown)[-1].startswith("The incident is over")


async def test_files_that_cannot_be_used(desk: Desk, tmp_path: Path) -> None:
    async with stage(120, 40, desk=desk) as shown:
        await shown.press("i", "enter")
        await settled(shown)
        await beat(shown, 1.0)
        for file in desk.incidents.directory.iterdir():
            file.unlink()
        desk.incidents.directory.rmdir()
        desk.incidents.directory.write_text("a file")
        await shown.press("i", "enter")
        await settled(shown)
        assert "cannot be used" in said(shown)[-1]
        await beat(shown, 2.0)
        assert "INCIDENT" not in shown.text


async def test_somebody_else_was_quicker(desk: Desk) -> None:
    async with stage(120, 40, desk=desk) as shown:
        await shown.press("i", "enter")
        await settled(shown)
        desk.finish(clean("ann"), "", NOW)
        before = said(shown)
        await shown.press("i", "enter")
        await settled(shown)
        assert said(shown) == before


async def test_without_a_desk_the_key_does_nothing() -> None:
    async with stage(120, 40) as shown:
        await shown.press("i")
        assert shown.screen == "Overview"


async def test_what_is_marked_is_kept_with_its_note(desk: Desk) -> None:
    async with stage(120, 40, scene(), desk=desk) as shown:
        await shown.press("m")
        await settled(shown)
        await shown.press("m", *"odd", "enter")
        await settled(shown)
        desk.begin(ACTOR, "", NOW + 60.0)
        assert "| 03:03:00 | marked: odd |" in desk.report(desk.named(""), NOW + 70.0)
        assert len(said(shown)) == 1


async def test_a_mark_that_cannot_be_kept_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "marks.jsonl").mkdir()
    async with stage(120, 40, scene(), desk=desk) as shown:
        await shown.press("m")
        await settled(shown)
        assert "cannot be written" in said(shown)[-1]
