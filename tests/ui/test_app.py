"""What the app does with what comes in, beyond drawing it."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.text import clean
from sysmon_tui.ui.messages import TickReady
from tests.scene import NOW, Scene, alerts, scene, tick
from tests.ui.stage import Stage, stage


def fired(step: int, count: int, kind: str = "firing") -> TickReady:
    events = tuple(AlertEvent(NOW, kind, alert) for alert in alerts()[:count])
    return TickReady(replace(tick(step), events=events))


def toasts(shown: Stage) -> list[str]:
    return [note.message for note in shown.app._notifications]


async def tell(shown: Stage, message: TickReady) -> None:
    shown.app.post_message(message)
    await shown.pilot.pause()


async def test_an_alert_that_begins_to_fire_is_a_toast() -> None:
    async with stage(120, 40) as shown:
        await shown.press("2")
        await tell(shown, fired(601, 1))
        assert toasts(shown) == ["Only 3.0% of memory is available"]


@pytest.mark.parametrize("away", ["z", "left_square_bracket", "question_mark"])
async def test_no_toast_covers_the_log_that_tells_of_it(away: str) -> None:
    async with stage(80, 24) as shown:
        await tell(shown, fired(601, 1))
        assert toasts(shown) == []
        assert "Only 3.0% of memory" in shown.text
        await shown.press(away)
        await shown.pilot.pause()
        await tell(shown, fired(611, 1))
        assert toasts(shown) == ["Only 3.0% of memory is available"]


async def test_a_storm_is_one_toast() -> None:
    async with stage(120, 40) as shown:
        await shown.press("2")
        await tell(shown, fired(601, 3))
        assert toasts(shown) == ["Only 3.0% of memory is available and 1 more"], (
            "one of the three is in good hands"
        )


async def test_what_is_no_news_is_no_toast() -> None:
    async with stage(120, 40) as shown:
        await shown.press("2")
        await tell(shown, fired(601, 2, "resolved"))
        await tell(shown, fired(602, 2, "acknowledged"))
        assert toasts(shown) == []


async def test_a_summary_is_never_markup() -> None:
    evil = replace(alerts()[0], summary=clean("[@click=app.quit]x[/][/]"))
    event = AlertEvent(NOW, "firing", evil)
    async with stage(120, 40) as shown:
        await shown.press("2")
        await tell(shown, TickReady(replace(tick(601), alerts=(evil,), events=(event,))))
        assert toasts(shown) == ["[@click=app.quit]x[/][/]"]
        assert "[@click=app.quit]x[/][/]" in shown.text
        assert shown.app.is_running


async def test_charts_begin_with_what_the_store_has() -> None:
    async with stage(120, 40) as shown:
        ring = shown.app.overview.view.trends.ring("memory")
        assert len(ring) == 601
        assert not isnan(ring.minimum(601))


async def test_history_that_cannot_be_read_costs_only_the_history() -> None:
    class Broken(Scene):
        def history(self, *args):  # type: ignore[no-untyped-def]
            raise OSError("gone")

    source = Broken([tick()])
    async with stage(120, 40, source, history=False) as shown:
        await shown.pilot.pause()
        while not toasts(shown):
            await shown.pilot.pause()
        assert toasts(shown) == ["No history: gone"]
        assert "db-7" in shown.text


async def test_the_app_ends_with_its_source() -> None:
    class Short(Scene):
        async def stream(self):  # type: ignore[no-untyped-def]
            yield tick()

    async with stage(80, 24, Short([tick()]), history=False) as shown:
        await shown.pilot.pause()
        assert not shown.app.is_running


@pytest.mark.parametrize("size", [(1, 1), (19, 4), (40, 12), (300, 100), (80, 24)])
async def test_every_size_and_back(size: tuple[int, int]) -> None:
    async with stage(120, 40) as shown:
        before = shown.text
        await shown.pilot.resize_terminal(*size)
        await shown.pilot.pause()
        await shown.pilot.resize_terminal(120, 40)
        await shown.pilot.pause()
        assert shown.text == before


async def test_keys_from_the_settings() -> None:
    async with stage(80, 24, scene(), keys=(("sort_memory", "x"),)) as shown:
        await shown.press("x")
        assert shown.app.overview.processes.sort == "memory"
