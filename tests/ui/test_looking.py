"""Charts of the past, longer times, going to a moment, and comparing two."""

from __future__ import annotations

from math import isnan, nan

import pytest
from textual.widgets import Input, Static

from sysmon_tui.model.errors import StoreError
from sysmon_tui.ui import zoom
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.reel import BLOCK, KEPT, Reel
from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.window import Window, of_trends, spread
from tests.bygone import Bygone
from tests.scene import NOW, scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_travel import banner, press, settle


def wall(shown: Stage) -> float:
    return shown.app.overview.view.tick.wall


# Charts


async def test_the_moment_is_marked_and_its_value_told() -> None:
    async with stage(80, 24) as shown:
        await press(shown, "7", *["left_curly_bracket"] * 2)
        view = shown.app.overview.view
        assert view.window is not None
        busy = view.window.columns["cpu"].mean[-view.window.cursor]
        assert busy == pytest.approx(SIGNALS["cpu"].read(view.tick))
        lines = shown.text.splitlines()
        assert f"busy {busy:4.0%}" in lines[3]
        columns = {line.rindex("│") for line in lines[4:-2]}
        assert len(columns) == 1
        assert 7 < columns.pop() < 79
        assert lines[-2].endswith("03:02")


async def test_a_click_on_a_chart_shows_that_moment() -> None:
    async with stage(80, 24) as shown:
        await press(shown, "7", "left_curly_bracket")
        history = shown.app.overview.history
        window = shown.app.overview.view.window
        assert window is not None
        await shown.pilot.click(history, offset=(40, 10))
        await settle(shown)
        assert wall(shown) == (window.end - 2 * (80 - 40) + 1) * 1.0
        before = wall(shown)
        await press(shown, "right")
        assert wall(shown) == before + 2.0
        await press(shown, "left", "left")
        assert wall(shown) == before - 2.0
        await shown.pilot.click(history, offset=(3, 10))
        await settle(shown)
        assert wall(shown) == before - 2.0


async def test_of_two_charts_the_one_clicked_on_counts() -> None:
    async with stage(200, 60) as shown:
        await press(shown, "7", "left_curly_bracket")
        history = shown.app.overview.history
        await shown.pilot.click(history, offset=(60, 10))
        await settle(shown)
        first = wall(shown)
        await shown.pilot.click(history, offset=(60 + 99, 10))
        await settle(shown)
        assert abs(wall(shown) - first) <= 2.0


async def test_the_chart_stands_still_while_the_cursor_moves() -> None:
    async with stage(120, 40) as shown:
        ends = []
        for _ in range(30):
            await press(shown, "left_square_bracket")
            window = shown.app.overview.view.window
            assert window is not None
            assert 0 < window.cursor <= shown.app.overview.history.samples
            ends.append(window.end)
        assert 1 < len(set(ends)) < 6
        assert all(end % 2 == 0 for end in ends)


async def test_zoom_out_shows_hours_with_their_extremes() -> None:
    async with stage(80, 24) as shown:
        await press(shown, "7", "minus", "minus", "minus")
        window = shown.app.overview.view.window
        assert window is not None
        assert (window.step, window.end) == (60.0, int(NOW // 60) + 1)
        busy = window.columns["cpu"]
        assert busy.low[-2] < busy.mean[-2] < busy.high[-2]
        assert "CPU history 2h 26m" in shown.text
        assert shown.text.splitlines()[-2].endswith("now")
        assert "PAST" not in banner(shown)
        await press(shown, "left_square_bracket")
        assert wall(shown) == NOW - 60.0
        assert shown.app.overview.view.window is not window
        await press(shown, "equals_sign")
        window = shown.app.overview.view.window
        assert window is not None
        assert window.step == 1.0
        assert wall(shown) == NOW - 60.0
        await press(shown, "end")
        assert shown.app.overview.view.window is None


@pytest.mark.parametrize("glyph_set", ["block", "ascii"])
async def test_longer_times_in_every_glyph_set(glyph_set: str) -> None:
    async with stage(80, 24, glyph_set=glyph_set) as shown:
        await press(shown, "7", "minus", "minus", "minus", "left_square_bracket")
        assert "history 2h" in shown.text
        assert glyph_set != "ascii" or shown.text.isascii()


async def test_zoom_in_draws_each_beat_twice_as_wide() -> None:
    async with stage(80, 24) as shown:
        await press(shown, "7", "plus", "plus")
        window = shown.app.overview.view.window
        assert window is not None
        assert window.step == 0.5
        mean = window.columns["cpu"].mean
        assert mean[-1] == mean[-2] != mean[-3]
        await press(shown, "left_square_bracket")
        assert "PAST" in banner(shown)


async def test_a_longer_time_at_present_moves_on() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "minus")
        for step in range(601, 607):
            shown.app.post_message(TickReady(tick(step)))
        await shown.pilot.pause()
        await settle(shown)
        window = shown.app.overview.view.window
        assert window is not None
        assert window.end == int((NOW + 6) // 5) + 1


async def test_another_width_reads_as_much_as_it_shows() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "left_square_bracket", "7")
        window = shown.app.overview.view.window
        assert window is not None
        assert len(window.columns["cpu"].mean) == shown.app.overview.history.samples > 200
        await press(shown, "minus", "end", "1")
        window = shown.app.overview.view.window
        assert window is not None
        assert len(window.columns["cpu"].mean) == shown.app.overview.history.samples


def test_the_ladder_of_zoom() -> None:
    level, spans = zoom.CLOSEST, []
    for _ in range(20):
        spans.append(zoom.step(level, 1.0) * 122)
        level = zoom.wider(level, 1.0, 122)
    assert spans[0] == 61.0
    assert spans[-1] >= zoom.LONGEST
    assert spans == sorted(spans)
    assert zoom.nearer(zoom.CLOSEST) == zoom.CLOSEST
    assert zoom.step(1, 100_000.0) == 100_000.0


def test_windows_know_their_columns() -> None:
    window = Window(end=101, step=2.0, columns={}, at=180.0)
    assert window.cursor == 11
    # Span 100 is alone in the last column, 90 and 91 share the sixth from there.
    assert window.cells_back == 6
    assert window.middle(6) == 91 * 2.0
    assert window.marked_last([1.0] * 9 + [7.0] + [1.0] * 10)[-1] == 7.0
    assert Window(end=101, step=2.0, columns={}).marked_last([1.0, 2.0]) == [1.0, 2.0]


# Beats


def test_blocks_are_read_once_unless_they_still_grow() -> None:
    past = Bygone(lambda at: tick(round(at - NOW + 600)))
    reel = Reel(past)
    end = int(NOW) // BLOCK * BLOCK
    reel.upto(end, 2 * BLOCK, 1.0, newest=NOW)
    reel.upto(end - 10, BLOCK, 1.0, newest=NOW)
    assert len(past.ranges) == 1
    reel.upto(end + 5, 10, 1.0, newest=end + 5.0)
    reel.upto(end + 4, 10, 1.0, newest=end + 8.0)
    assert len(past.ranges) == 2
    trends = reel.upto(end + 8, 10, 1.0, newest=end + 8.0)
    assert len(past.ranges) == 3
    assert trends.ring("cpu").last(1)[0] == SIGNALS["cpu"].read(past.tick(end + 7.0))
    for number in range(KEPT + 1):
        reel.upto(end - number * BLOCK, 1, 1.0, newest=NOW)
    before = len(past.ranges)
    reel.upto(end, 1, 1.0, newest=NOW)
    assert len(past.ranges) == before + 1


def test_trends_up_to_a_moment() -> None:
    trends = Trends.replay(1.0, [tick(step) for step in range(100)])
    first = round(tick(0).wall)
    assert (trends.begin, trends.end) == (first, first + 100)
    then = trends.until(tick(50).wall, 10)
    assert then.end == first + 51
    assert list(then.ring("cpu").last(10)) == list(trends.ring("cpu").last(59)[:10])
    ahead = trends.upto(first + 103, 5)
    assert [isnan(value) for value in ahead.ring("cpu").last(5)] == [False] * 2 + [True] * 3
    beyond = trends.upto(first + 1, 4)
    assert [isnan(value) for value in beyond.ring("cpu").last(4)] == [True] * 3 + [False]
    assert of_trends(trends, 4).end == trends.end
    assert spread(trends, 4).end == 2 * trends.end


# Going to a moment


async def test_go_to_a_moment() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "b")
        remark = shown.app.screen.query_one("#remark", Static)
        assert str(remark.render()).startswith('Write "03:12"')
        await shown.press(*"-5m")
        assert "02:58:00, 5m ago" in str(remark.render())
        await press(shown, "enter")
        assert wall(shown) == NOW - 300
        await shown.press("b", *"0300x")
        await shown.press("enter")
        assert shown.screen == "Ask"
        await press(shown, "escape")
        assert wall(shown) == NOW - 300
        await shown.press("b", *"now")
        await press(shown, "enter")
        assert "PAST" not in banner(shown)


async def test_an_alert_offers_the_moment_it_began() -> None:
    async with stage(120, 40) as shown:
        await press(shown, "a", "b")
        assert shown.app.screen.query_one(Input).value == "2026-03-26 03:01:16"
        await press(shown, "enter")
        assert wall(shown) == NOW - 104


# Comparing


def compared(shown: Stage) -> str:
    return str(shown.app.screen.query_one(Static).render())


async def compare(shown: Stage, *keys: str) -> str:
    await press(shown, *keys, "d")
    while "reading" in compared(shown):
        await shown.pilot.pause()
    text = compared(shown)
    await shown.press("down", "pagedown", "up", "pageup", "escape")
    assert shown.screen == "Overview"
    return text


async def test_now_with_a_minute_before_the_worst_alert() -> None:
    async with stage(80, 24) as shown:
        text = await compare(shown)
        assert text.startswith("03:00:16  ->  03:03:00   (2m 44s)")
        assert "METRICS" in text
        assert all(len(line) <= 76 for line in text.splitlines())
        assert len(text.splitlines()) <= 22


async def test_now_with_yesterday_where_all_is_calm() -> None:
    async with stage(80, 24, scene(trouble=False)) as shown:
        text = await compare(shown)
        assert text.startswith("Wed 25 Mar 03:03:00  ->  03:03:00   (1d)")


async def test_the_mark_with_what_is_shown() -> None:
    async with stage(120, 40) as shown:
        assert (await compare(shown, "left_square_bracket")).startswith("03:02:48  ->  03:03:00")
        await press(shown, "m", "left_square_bracket")
        assert (await compare(shown)).startswith("03:02:40  ->  03:02:48")
        assert (await compare(shown, "end")).startswith("03:02:48  ->  03:03:00")
        await press(shown, "m")
        assert (await compare(shown, "left_square_bracket")).startswith("03:02:48  ->  03:03:00")


async def test_what_cannot_be_read_is_said() -> None:
    async with stage(80, 24) as shown:
        shown.source.lookback.fails = StoreError("the disk is gone")
        assert "the disk is gone" in await compare(shown)


def test_nothing_known_is_no_mark() -> None:
    assert Window(end=1, step=1.0, columns={}, at=nan).cursor == 0
