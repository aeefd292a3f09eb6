"""Walking through time with keys, on the real app over the past of the scene."""

from __future__ import annotations

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.widgets.detail import Detail
from tests.scene import NOW, scene, tick
from tests.ui.stage import Stage, stage


async def settle(shown: Stage) -> None:
    """Until what was wished for is shown."""
    while any(worker.group == "past" for worker in shown.app.workers if worker.is_running):
        await shown.pilot.pause()
    await shown.pilot.pause()


async def press(shown: Stage, *keys: str) -> None:
    await shown.press(*keys)
    await settle(shown)


def banner(shown: Stage) -> str:
    return shown.text.splitlines()[0]


async def test_a_step_back_and_on_and_end() -> None:
    async with stage(120, 40) as shown:
        before = shown.text
        await press(shown, "left_square_bracket")
        # What was read in the last seconds is not written yet.
        assert shown.app.overview.view.tick.wall == NOW - 12
        assert "PAST  03:02:48  12s ago" in banner(shown)
        assert "End: live" in banner(shown)
        await press(shown, "left_square_bracket")
        assert shown.app.overview.view.tick.wall == NOW - 20
        await press(shown, "left_square_bracket", "right_square_bracket")
        assert shown.app.overview.view.tick.wall == NOW - 20
        await press(shown, "end")
        assert "PAST" not in banner(shown)
        assert shown.text == before


async def test_stepping_on_leads_back_to_now() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "right_square_bracket")
        assert "PAST" not in banner(shown)
        await press(shown, "left_square_bracket", "right_square_bracket")
        assert "PAST" not in banner(shown)
        await press(shown, "left_curly_bracket", "L")
        assert "PAST" not in banner(shown)


async def test_end_is_a_lists_own_key_at_present() -> None:
    async with stage(120, 40) as shown:
        processes = shown.app.overview.processes
        await press(shown, "end")
        assert processes.cursor.index == len(processes.keys) - 1
        await press(shown, "g", "left_square_bracket", "end")
        assert processes.cursor.index == 0
        assert "PAST" not in banner(shown)


async def test_a_leap_is_a_quarter_of_the_chart() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "left_curly_bracket")
        assert shown.app.overview.view.tick.wall == NOW - 30
        first = shown.app.overview.view.tick.wall
        await press(shown, "left_curly_bracket")
        assert first - shown.app.overview.view.tick.wall == 30
        await press(shown, "right_curly_bracket")
        assert shown.app.overview.view.tick.wall == first


async def test_held_keys_do_not_pile_up() -> None:
    async with stage(120, 40) as shown:
        await press(shown, *["left_square_bracket"] * 20)
        assert shown.app.overview.view.tick.wall == NOW - 200
        assert len(shown.source.lookback.asked) <= 20
        assert len(shown.source.lookback.ranges) <= 2


async def test_every_panel_shows_the_moment() -> None:
    async with stage(120, 40) as shown:
        await press(shown, *["left_curly_bracket"] * 5)
        at = shown.app.overview.view.tick.wall
        want = tick(round(at - NOW + 600))
        assert shown.app.overview.view.tick == want
    async with stage(120, 40, scene(trouble=False)) as shown:
        await press(shown, "left_square_bracket")
        assert "All calm" in shown.text


async def test_alerts_go_on_meanwhile() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "left_square_bracket")
        alert = tick(601).alerts[0]
        from dataclasses import replace

        from sysmon_tui.model.alert import AlertEvent

        shown.app.post_message(
            TickReady(replace(tick(601), events=(AlertEvent(NOW + 1, "firing", alert),)))
        )
        await settle(shown)
        assert "◆1 fired since" in banner(shown)
        assert "13s ago" in banner(shown)
        assert shown.app.overview.view.tick.wall == NOW - 12
        await press(shown, "end", "left_square_bracket")
        assert "fired since" not in banner(shown)


async def test_a_process_of_the_past_in_full() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "left_square_bracket", "2", "enter")
        first = shown.text
        assert all(f"│ {title}" in first for title in ("Command", "Control group", "Started"))
        assert "user.slice/" in first
        await press(shown, "j")
        assert shown.text.count("Control group") == 1
        assert shown.text != first
        shown.app.overview.query_one(Detail).chosen = ProcessKey(99999, 1.0)
        await press(shown)
        assert "not recorded at that moment" in shown.text


async def test_nobody_acknowledges_the_past() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "left_square_bracket", "a", "a", "s", "n")
        assert shown.source.taken == []
        assert shown.screen == "Overview"
        assert "had it" in shown.text
        assert not any(word in shown.text for word in ("has it", "a take", "Ack", "Silence"))
        # Nor where it is shown in full.
        await press(shown, "enter", "a", "n")
        assert (shown.source.taken, shown.screen) == ([], "AlertScreen")
        assert "Ack" not in shown.text
        assert shown.app._notifications
        await press(shown, "escape")
        await press(shown, "end", "a")
        assert shown.source.taken


async def test_a_store_that_fails_leads_back_to_now() -> None:
    async with stage(120, 40) as shown:
        shown.source.lookback.fails = StoreError("the disk is gone")
        await press(shown, "left_square_bracket")
        assert "PAST" not in banner(shown)
        shown.source.lookback.fails = None
        await press(shown, "left_square_bracket")
        assert "PAST" in banner(shown)
