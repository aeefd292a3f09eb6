"""Every key does what the help says, on the real app."""

from __future__ import annotations

import pytest

from sysmon_tui.model.process import ProcessKey
from sysmon_tui.ui.actions import ACTIONS, Scope, binding_id, key_names
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.process_order import Sort
from sysmon_tui.ui.screens.alert import DossierPanel
from sysmon_tui.ui.widgets.history import CHARTS
from tests.scene import scene, tick
from tests.ui.stage import stage


def test_every_action_has_its_own_id_and_its_key_a_name() -> None:
    ids = [binding_id(action) for action in ACTIONS]
    assert len(ids) == len(set(ids))
    assert binding_id(next(a for a in ACTIONS if a.name == "page('storage')")) == "page.storage"
    for action in ACTIONS:
        assert all(name and "_" not in name for name in key_names(action)), action


def test_no_key_means_two_things_in_one_place() -> None:
    for scope in Scope:
        keys = [k for a in ACTIONS if a.scope is scope for k in a.keys.split(",")]
        assert len(keys) == len(set(keys)), scope


@pytest.mark.parametrize(
    ("key", "sort"),
    [("P", Sort.CPU), ("M", Sort.MEMORY), ("T", Sort.TIME), ("N", Sort.PID), ("O", Sort.IO)],
)
async def test_sort_keys(key: str, sort: Sort) -> None:
    async with stage(120, 40) as shown:
        processes = shown.app.overview.processes
        processes.sort = Sort.PID if sort is Sort.CPU else Sort.CPU
        await shown.press(key)
        assert processes.sort is sort
        pids = [key.pid for key in processes.keys if isinstance(key, ProcessKey)]
        if sort is Sort.PID:
            assert pids == sorted(pids)
        elif sort in (Sort.MEMORY, Sort.CPU, Sort.IO):
            assert pids[0] == 4113


async def test_invert_and_tree() -> None:
    async with stage(120, 40) as shown:
        first = shown.app.overview.processes.keys[0]
        await shown.press("I")
        assert shown.app.overview.processes.keys[-1] == first
        await shown.press("I", "t")
        assert "├─" in shown.text
        await shown.press("f5")
        assert "├─" not in shown.text


async def test_moving_keeps_to_the_process() -> None:
    async with stage(80, 24) as shown:
        processes = shown.app.overview.processes
        await shown.press("down", "j", "k")
        assert processes.cursor.index == 1
        chosen = processes.selected
        await shown.press("M", "P")
        assert processes.cursor.index == 0, "another order starts at its top"
        await shown.press("j")
        assert processes.selected == chosen
        await shown.press("G")
        assert processes.cursor.index == len(processes.keys) - 1
        await shown.press("g")
        assert processes.cursor.index == 0
        await shown.press("pagedown")
        assert processes.cursor.index == processes.page
        await shown.press("pageup", "end", "home")
        assert processes.cursor.index == 0


async def test_the_rows_on_the_screen_are_asked_for() -> None:
    async with stage(80, 24) as shown:
        await shown.press("G")
        processes = shown.app.overview.processes
        last = processes.keys[-1]
        assert isinstance(last, ProcessKey)
        assert last.pid in shown.source.demands[-1].visible
        assert len(shown.source.demands[-1].visible) <= 3 * processes.page


async def test_enter_opens_the_detail_and_escape_closes_it() -> None:
    async with stage(120, 40, scene(inspect=True)) as shown:
        await shown.press("enter")
        assert "reports.quarterly" in shown.app.overview.panels["detail"].text
        assert shown.source.demands[-1].inspect == shown.app.overview.processes.selected
        await shown.press("escape")
        assert not shown.app.overview.panels["detail"].display
        assert shown.source.demands[-1].inspect is None


async def test_on_80_columns_the_detail_takes_the_place_of_the_table() -> None:
    async with stage(80, 24, scene(inspect=True)) as shown:
        await shown.press("enter")
        assert "Cgroup" in shown.text
        assert "PID USER" not in shown.text
        await shown.press("escape")
        assert "PID USER" in shown.text


async def test_filter_by_text_and_regex_and_escape_clears() -> None:
    async with stage(120, 40) as shown:
        processes = shown.app.overview.processes
        everyone = len(processes.keys)
        await shown.press("slash", *"^postgres")
        assert shown.focus == "filter"
        assert len(processes.keys) == 5, "four by name, one by user"
        assert shown.source.demands[-1].every_command
        await shown.press("enter")
        assert shown.focus == "processes"
        assert "/^postgres" in shown.text
        await shown.press("escape")
        assert len(processes.keys) == everyone
        await shown.press("f4", "slash", "x")
        assert processes.filter == "/x"
        await shown.press("escape")
        assert processes.filter == ""
        assert shown.focus == "processes"


async def test_acknowledge_from_anywhere_with_a_a() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a")
        assert shown.focus == "alerts"
        await shown.press("a")
        assert shown.source.taken == [(("a1",), "mira")]
        await shown.press("down", "down", "a")
        assert len(shown.source.taken) == 1, "jonas has that one"
        await shown.press("u")
        assert shown.source.returned == [("a3",)]
        await shown.press("A")
        assert shown.source.taken[-1] == (("a1", "a2", "a4"), "mira")


async def test_enter_on_an_alert_says_what_to_look_at_first() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "down", "down", "enter")
        text = shown.app.screen.query_one(DossierPanel).text
        assert "/var is 93% full" in text
        assert "mountpoint=/var" in text
        assert "jonas since 01:41:00: vacuum runs at 04:00" in text
        assert "Look first" in text
        await shown.press("escape")
        assert shown.app.screen is shown.app.overview


async def test_undo_of_an_alert_nobody_has_asks_for_nothing() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "u")
        assert not shown.source.returned


async def test_with_no_alerts_acknowledging_asks_for_nothing() -> None:
    async with stage(80, 24, scene(trouble=False)) as shown:
        await shown.press("a", "a", "A", "u", "enter")
        assert not shown.source.taken
        assert not shown.source.returned


async def test_pause_freezes_the_picture_only() -> None:
    async with stage(120, 40) as shown:
        await shown.press("z")
        assert "paused" in shown.text
        before = shown.app.overview.view.tick
        shown.app.post_message(_next_tick())
        await shown.pilot.pause()
        assert shown.app.overview.view.tick is before
        await shown.press("Z")
        assert "paused" not in shown.text
        shown.app.post_message(_next_tick())
        await shown.pilot.pause()
        assert shown.app.overview.view.tick.number == 601


def _next_tick() -> TickReady:
    return TickReady(tick(601))


@pytest.mark.parametrize(
    ("key", "shows", "hides"),
    [
        ("2", "Processes", "Filesystems"),
        ("3", "Alerts", "Processes"),
        ("4", "Filesystems", "Processes"),
        ("5", "Network", "Processes"),
        ("6", "Cores", "Processes"),
        ("7", "history", "Processes"),
    ],
)
async def test_pages(key: str, shows: str, hides: str) -> None:
    async with stage(120, 40) as shown:
        await shown.press(key)
        body = "\n".join(line for line in shown.text.splitlines()[2:-1])
        assert f" {shows}" in body
        assert f" {hides} " not in body
        await shown.press("1")
        assert "Filesystems" in shown.text
        assert "Processes" in shown.text


async def test_expand_and_back() -> None:
    async with stage(120, 40) as shown:
        await shown.press("e")
        assert "Filesystems" not in shown.text
        await shown.press("escape")
        assert "Filesystems" in shown.text
        await shown.press("e", "e")
        assert "Filesystems" in shown.text


async def test_tab_walks_through_the_panels() -> None:
    async with stage(120, 40) as shown:
        seen = set()
        for _ in range(10):
            await shown.press("tab")
            seen.add(shown.focus)
        assert {"processes", "alerts", "cores", "disks", "filesystems", "history"} <= seen
        await shown.press("escape")
        assert shown.focus == "processes"
        await shown.press("tab")
        after = shown.focus
        await shown.press("shift+tab")
        assert shown.focus == "processes"
        assert after != "processes"


async def test_charts_in_turn() -> None:
    async with stage(120, 40) as shown:
        for chart in (*CHARTS[1:], CHARTS[0]):
            await shown.press("h")
            assert f"{chart.title} history" in shown.text


async def test_help_lists_every_key() -> None:
    async with stage(120, 40) as shown:
        await shown.press("question_mark")
        assert shown.screen == "HelpScreen"
        await shown.press("down", "up", "pagedown", "pageup", "escape")
        assert shown.screen == "Overview"
        await shown.press("f1", "q")
        assert shown.screen == "Overview"


async def test_the_palette_offers_every_action_and_theme() -> None:
    async with stage(120, 40) as shown:
        commands = {c.title: c for c in shown.app.get_system_commands(shown.app.screen)}
        assert {"Ack", "Tree", "Storage", "Quit", "Theme: sysmon-light"} <= set(commands)
        await commands["Storage"].callback()
        await shown.pilot.pause()
        assert "Processes" not in shown.text
        commands["Theme: sysmon-light"].callback()
        assert shown.app.theme == "sysmon-light"
        await shown.press("ctrl+p")
        assert shown.app.screen is not shown.app.overview
        await shown.press("escape")


async def test_themes_in_turn_and_redraw() -> None:
    async with stage(80, 24) as shown:
        text = shown.text
        seen = {shown.app.theme}
        for _ in range(3):
            await shown.press("ctrl+t")
            seen.add(shown.app.theme)
            assert shown.text == text
        assert len(seen) == 4
        await shown.press("ctrl+l")
        assert shown.text == text


async def test_a_click_chooses_a_row_and_a_second_one_opens_it() -> None:
    async with stage(120, 40, scene(inspect=True)) as shown:
        processes = shown.app.overview.processes
        await shown.pilot.click(processes, offset=(10, 3))
        assert processes.cursor.index == 1
        await shown.pilot.click(processes, offset=(10, 3))
        assert shown.app.overview.panels["detail"].display
        await shown.pilot.click(processes, offset=(10, 0))
        assert processes.cursor.index == 1


async def test_the_wheel_scrolls() -> None:
    async with stage(80, 24) as shown:
        processes = shown.app.overview.processes
        await shown.pilot._post_mouse_events([], widget=processes)
        processes.action_down()
        assert processes.cursor.index == 1


async def test_the_footer_names_no_key_twice() -> None:
    """In the alert log `a` acknowledges; elsewhere it leads there."""
    async with stage(200, 60) as shown:
        assert " a Alerts " in shown.text.splitlines()[-1]
        await shown.press("a")
        line = shown.text.splitlines()[-1]
        assert " a Ack " in line
        assert " a Alerts " not in line


async def test_a_click_on_the_footer_runs_the_action() -> None:
    async with stage(120, 40) as shown:
        line = shown.text.splitlines()[-1]
        await shown.pilot.click(shown.app.overview.footer, offset=(line.index("Help"), 0))
        await shown.pilot.pause()
        assert shown.screen == "HelpScreen"


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit(key: str) -> None:
    async with stage(80, 24) as shown:
        await shown.press(key)
        assert shown.app.return_code == 0
        assert not shown.app.is_running
