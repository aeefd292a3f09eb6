"""What somebody who comes back is told, when, and how it goes away again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from sysmon_tui.model.brief import Brief
from sysmon_tui.model.sample import CollectorState, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.greeting import Greeting
from sysmon_tui.ui.messages import TickReady
from tests.model.briefs import bad_night
from tests.scene import scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_golden import SIZES, compare

CALM_NIGHT = replace(bad_night(), stories=bad_night().stories[1:])


class Told:
    """A visit with this to say."""

    def __init__(self, brief: Brief | None) -> None:
        self.said = brief
        self.asked = 0

    def news(self, tick: Tick) -> Brief | None:
        self.asked += 1
        return self.said

    def brief(self, tick: Tick) -> Brief:
        return self.said or bad_night()


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@asynccontextmanager
async def told(
    brief: Brief | None,
    width: int = 120,
    height: int = 40,
    *,
    trouble: bool = False,
    glyphs: str = "unicode",
) -> AsyncIterator[Stage]:
    visit = Told(brief)
    source = scene(trouble=trouble)
    async with stage(width, height, source, visit=visit, glyph_set=glyphs) as shown:
        await settled(shown)
        yield shown


async def settled(shown: Stage) -> None:
    """Whatever is asked of the visit has been answered."""
    for worker in tuple(shown.app.workers):
        if worker.group == "brief":
            await worker.wait()
    await shown.pilot.pause()


def drawn(shown: Stage) -> str:
    """All that is on the terminal."""
    strips = shown.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


@pytest.mark.parametrize("glyph_set", ["unicode", "ascii"])
@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_what_changed(width: int, height: int, glyph_set: str) -> None:
    async with told(CALM_NIGHT, width, height, glyphs=glyph_set) as shown:
        assert shown.screen == "BriefScreen"
        compare(f"brief-{width}x{height}-{glyph_set}", drawn(shown))


@pytest.mark.parametrize("key", ["q", "a", "escape", "slash", "ctrl+p", "enter"])
async def test_any_key_closes_it_and_does_nothing_else(key: str) -> None:
    async with told(CALM_NIGHT) as shown:
        await shown.press(key)
        assert shown.screen == "Overview"
        assert shown.focus == "processes"
        assert shown.app.return_code is None


async def test_a_click_closes_it() -> None:
    async with told(CALM_NIGHT) as shown:
        await shown.pilot.click()
        assert shown.screen == "Overview"


async def test_nothing_is_shown_where_there_is_nothing_to_say() -> None:
    async with told(None) as shown:
        assert shown.screen == "Overview"
        assert not shown.app._notifications


@pytest.mark.parametrize(("brief", "trouble"), [(bad_night(), False), (CALM_NIGHT, True)])
async def test_what_is_critical_now_comes_first(brief: Brief, trouble: bool) -> None:
    async with told(brief, trouble=trouble) as shown:
        assert shown.screen == "Overview"
        (notice,) = shown.app._notifications
        assert notice.message.endswith("1 new port. B tells more")
        await shown.press("B")
        assert shown.screen == "BriefScreen"


async def test_whoever_does_something_already_is_not_disturbed() -> None:
    visit = Told(CALM_NIGHT)
    async with stage(120, 40, scene(trouble=False), visit=visit) as shown:
        greeting = shown.app._greeting
        assert greeting is not None
        greeting._greeted = False
        await shown.press("x" if shown.screen == "BriefScreen" else "question_mark")
        if shown.screen != "HelpScreen":
            await shown.press("question_mark")
        shown.app.post_message(TickReady(tick(601, trouble=False)))
        await shown.pilot.pause()
        await settled(shown)
        assert shown.screen == "HelpScreen"


async def test_without_a_visit_there_is_none_to_tell_of() -> None:
    async with stage(120, 40) as shown:
        await shown.press("B")
        assert shown.screen == "Overview"


class TestWhen:
    """Slow collectors are waited for, a little."""

    @pytest.fixture
    def started(self) -> list[object]:
        return []

    @pytest.fixture
    def greeting(self, started: list[object]) -> Greeting:
        return self.made(started, unasked=True)

    def made(self, started: list[object], *, unasked: bool) -> Greeting:
        def run(work: object) -> None:
            work.close()  # type: ignore[attr-defined] # a coroutine that nobody awaits
            started.append(work)

        return Greeting(
            Told(None),
            unasked=unasked,
            run=run,
            show=lambda brief: None,
            tell=lambda sentence: None,
            busy=lambda: False,
        )

    def beat(self, number: int, age: float) -> Tick:
        state = CollectorState(name="filesystem", status=Status.OK, interval=5.0, age=age)
        return replace(tick(), number=number, collectors=(state,))

    def test_at_once_when_they_have_answered(
        self, greeting: Greeting, started: list[object]
    ) -> None:
        greeting.hear(self.beat(1, float("inf")))
        assert not started
        greeting.hear(self.beat(2, 0.1))
        greeting.hear(self.beat(3, 0.1))
        assert len(started) == 1

    def test_not_for_ever(self, greeting: Greeting, started: list[object]) -> None:
        greeting.hear(self.beat(3, float("inf")))
        assert len(started) == 1

    def test_the_setting_leaves_it_to_the_key(self, started: list[object]) -> None:
        quiet = self.made(started, unasked=False)
        quiet.asked()
        quiet.hear(self.beat(3, 0.1))
        assert not started
        quiet.asked()
        assert len(started) == 1
