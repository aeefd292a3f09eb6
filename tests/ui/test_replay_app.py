"""The screen over a recorded incident: it plays, its keys move it, and nobody can act."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.capsule import Capsule, open_capsule
from sysmon_tui.monitor.rerun import Rerun
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.look import Look
from sysmon_tui.ui.replay import ReplayApp
from tests.model.briefs import NOW
from tests.monitor.capsules import BEGAN, ENDED, record
from tests.ui.stage import Stage
from tests.ui.test_golden import SIZES, compare


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def capsule(tmp_path_factory: pytest.TempPathFactory) -> Capsule:
    desk = record(tmp_path_factory.mktemp("state"))
    desk.incidents.begin(clean("ann"), "", BEGAN)
    ended = desk.incidents.end(clean("ann"), "", ENDED)
    assert ended is not None
    return open_capsule(desk.write(ended, NOW)[1], tmp_path_factory.mktemp("room"))


@asynccontextmanager
async def replay(
    capsule: Capsule, width: int = 120, height: int = 40, marks: tuple[Mark, ...] = ()
) -> AsyncIterator[tuple[Stage, Rerun]]:
    """Standing still at the forty-fifth second."""
    rerun = Rerun(capsule)
    rerun.marks = marks or rerun.marks
    rerun.seek(BEGAN + 45.0)
    app = ReplayApp(
        rerun,
        Look(theme="sysmon-dark", glyphs=glyphs("unicode")),
        first=rerun.first(),
        rules=load_rules((), "pack").rules,
    )
    rerun.seek(BEGAN + 45.0)
    try:
        async with app.run_test(size=(width, height)) as pilot:
            await shown_at(pilot, app, BEGAN + 45.0)
            yield Stage(app, rerun, pilot), rerun  # type: ignore[arg-type] # another source
    finally:
        rerun.close()


async def shown_at(pilot: Pilot[None], app: ReplayApp, at: float) -> None:
    """Wait for that moment, and for the charts up to it."""
    while app.overview.view.tick.wall != at or not app._present.complete:
        await pilot.pause(0.01)
    await pilot.pause()


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_it_looks_like_the_live_screen(capsule: Capsule, width: int, height: int) -> None:
    async with replay(capsule, width, height) as (stage, _):
        compare(f"replay-{width}x{height}", stage.text)
        assert "REPLAY 2026-03-26" in stage.text


async def test_its_keys_move_it(capsule: Capsule) -> None:
    async with replay(capsule) as (stage, rerun):
        app = stage.app
        assert isinstance(app, ReplayApp)
        await stage.press("left_square_bracket")
        await shown_at(stage.pilot, app, BEGAN + 35.0)
        await stage.press("right_square_bracket")
        await shown_at(stage.pilot, app, BEGAN + 45.0)
        await stage.press("end")
        await shown_at(stage.pilot, app, BEGAN + 59.0)
        await stage.press("left_square_bracket")
        await shown_at(stage.pilot, app, BEGAN + 49.0)
        await stage.press("z")
        assert not rerun.paused
        await stage.press("space")
        assert rerun.paused


async def test_nobody_can_act_in_it(capsule: Capsule) -> None:
    async with replay(capsule) as (stage, _):
        await stage.press("a", "A")
        assert [notice.message for notice in stage.app._notifications] == [
            "This is a replay: it was, and nothing can be done about it"
        ]


async def test_it_says_what_was_marked_and_compares_with_it(capsule: Capsule) -> None:
    ann = clean("ann")
    marks = (
        Mark(at=BEGAN + 5.0, set_at=BEGAN + 30.0, by=ann, note=clean("here [b]it")),
        Mark(at=BEGAN + 9.0, set_at=BEGAN + 31.0, by=ann),
    )
    async with replay(capsule, marks=marks) as (shown, _):
        (notice,) = shown.app._notifications
        assert notice.message == "03:02:05 by ann: here [b]it\n03:02:09 by ann"
        assert shown.app._travel.mark == BEGAN + 5.0


async def test_before_a_mark_it_compares_with_what_is_to_come(capsule: Capsule) -> None:
    marks = (Mark(at=ENDED - 5.0, set_at=ENDED - 1.0, by=clean("ann")),)
    async with replay(capsule, marks=marks) as (shown, _):
        assert shown.app._travel.pair() == (BEGAN + 45.0, ENDED - 5.0)
