"""F9 and its dialog: to whom, which signal, and as often as it takes; nice values; following."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input, OptionList, Static

from sysmon_tui.model.errors import Denied, Gone, SysmonError
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Signal
from sysmon_tui.ui.messages import TickReady
from tests.hold import FakeHold, ourselves, target
from tests.scene import scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_golden import compare
from tests.ui.test_lock import Door, answer
from tests.ui.test_travel import press

FIRST = 4113
"""The pid that is first by CPU."""


def held(of: FakeHold, *others: FakeHold) -> dict[int, FakeHold]:
    return {hold.target.key.pid: hold for hold in (of, *others)}


async def settle(shown: Stage) -> None:
    """Until every worker waits for a person or is done."""
    for _ in range(200):
        await shown.pilot.pause()
        busy = [one for one in shown.app.workers if one.group == "process acts"]
        if not busy or shown.screen != "Overview":
            break
    await shown.pilot.pause()


def toasts(shown: Stage) -> list[str]:
    return [one.message for one in shown.app._notifications]


def remark(shown: Stage) -> str:
    return str(shown.app.screen.query_one("#remark", Static).content)


async def opened(shown: Stage, *holds: FakeHold) -> None:
    shown.source.holds = dict(held(*holds))
    await shown.press("f9")
    await settle(shown)


def screen_text(shown: Stage) -> str:
    """The whole screen with the dialog on it, as the terminal has it."""
    strips = shown.app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips) + "\n"


async def test_enter_sends_the_gentle_one() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        assert shown.screen == "SignalScreen"
        assert hold.closed == 0
        await shown.press("enter")
        await settle(shown)
        assert hold.sent == [(Signal.TERM, "mira")]
        assert hold.closed == 1
        assert toasts(shown) == [f"SIGTERM sent to postgres ({FIRST})"]


async def test_escape_sends_nothing() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        await shown.press("down", "escape")
        await settle(shown)
        assert hold.sent == []
        assert hold.closed == 1


async def test_kill_asks_again() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        await shown.press("end", "enter")
        assert hold.sent == []
        assert "nothing is saved" in remark(shown)
        await shown.press("k", "j", "enter")
        assert shown.screen == "SignalScreen", "another signal in between: asked anew"
        await shown.press("enter")
        await settle(shown)
        assert hold.sent == [(Signal.KILL, "mira")]


async def test_root_types_the_name() -> None:
    hold = FakeHold(target(FIRST), ourselves(uid=0))
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        await shown.press("enter", *"postgre", "enter")
        assert remark(shown) == "That is not postgres"
        await shown.press("s", "enter")
        await settle(shown)
        assert hold.sent == [(Signal.TERM, "mira")]


async def test_root_types_the_name_and_confirms_the_kill() -> None:
    hold = FakeHold(target(FIRST), ourselves(uid=0))
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        await shown.press("end", "enter", *"postgres", "enter")
        assert hold.sent == []
        await shown.press("enter")
        await settle(shown)
        assert hold.sent == [(Signal.KILL, "mira")]


async def test_tagged_ones_together() -> None:
    async with stage(80, 24) as shown:
        keys = [k for k in shown.app.overview.processes.keys[:3] if isinstance(k, ProcessKey)]
        holds = [FakeHold(target(key.pid, f"p{key.pid}"), ourselves()) for key in keys]
        holds[2].refusal = "it is process 1"
        await shown.press("space", "space", "space")
        assert "3 tagged" in shown.text
        assert f"{keys[0].pid}▸" in shown.text
        await opened(shown, *holds)
        assert shown.screen == "SignalScreen"
        assert any("it is process 1" in toast for toast in toasts(shown))
        await shown.press("enter")
        await settle(shown)
        assert [len(hold.sent) for hold in holds] == [1, 1, 0]
        assert [hold.closed for hold in holds] == [1, 1, 1]
        assert shown.app.overview.processes.tagged == 0
        await shown.press("space", "escape")
        assert shown.app.overview.processes.tagged == 0


async def test_many_are_counted() -> None:
    async with stage(80, 24) as shown:
        keys = [k for k in shown.app.overview.processes.keys[:8] if isinstance(k, ProcessKey)]
        holds = [FakeHold(target(key.pid), ourselves(uid=0)) for key in keys]
        await shown.press(*["space"] * 8)
        await opened(shown, *holds)
        assert "and 2 more" in screen_text(shown)
        await shown.press("enter", "8", "enter")
        await settle(shown)
        assert all(len(hold.sent) == 1 for hold in holds)


@pytest.mark.parametrize("key", ["f9", "f8"])
async def test_what_has_ended_is_said(key: str) -> None:
    async with stage(80, 24) as shown:
        await shown.press(key)
        await settle(shown)
        assert shown.screen == "Overview"
        assert len(toasts(shown)) == 1
        assert "ended already" in toasts(shown)[0]


@pytest.mark.parametrize(
    "problem", [Gone("it has ended already"), Denied("it belongs to somebody else", "Use sudo")]
)
async def test_what_fails_is_said(problem: SysmonError) -> None:
    hold = FakeHold(target(FIRST), ourselves(), problem=problem, unwritten="disk full")
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        await shown.press("enter")
        await settle(shown)
        assert toasts(shown) == [
            f"postgres ({FIRST}): {problem}",
            "Not in the audit log: disk full",
        ]
        assert hold.closed == 1


async def test_without_a_pidfd_the_dialog_says_so() -> None:
    async with stage(80, 24) as shown:
        await opened(shown, FakeHold(target(FIRST), ourselves(), certain=False))
        assert "no pidfd" in remark(shown)


async def test_nice_values() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24) as shown:
        shown.source.holds = dict(held(hold))
        for key in ("f8", "f7", "f7"):
            await shown.press(key)
            await settle(shown)
        assert toasts(shown) == [
            f"Nice value of postgres ({FIRST}) was 0, is 1",
            f"Nice value of postgres ({FIRST}) was 1, is 0",
            f"Nice value of postgres ({FIRST}) stays 0: that is the limit",
        ]
        assert hold.closed == 3


async def test_the_lock_guards_it() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24, lock=Door().lock) as shown:
        shown.source.holds = dict(held(hold))
        await shown.press("f9")
        assert shown.screen == "Unlock"
        await answer(shown, "open")
        await settle(shown)
        assert shown.screen == "SignalScreen"


async def test_nobody_signals_the_past() -> None:
    hold = FakeHold(target(FIRST), ourselves())
    async with stage(80, 24) as shown:
        shown.source.holds = dict(held(hold))
        await press(shown, "left_square_bracket", "f9", "f8")
        assert shown.screen == "Overview"
        assert toasts(shown) == ["This is the past: L leads back to now"] * 2
        await press(shown, "L", "f9")
        await settle(shown)
        assert shown.screen == "SignalScreen"


async def test_no_other_key_opens_it() -> None:
    async with stage(80, 24) as shown:
        shown.source.holds = dict(held(FakeHold(target(FIRST), ourselves())))
        for key in "kKxtX9":
            await shown.press(key)
            assert shown.screen in ("Overview", "SettingsScreen", "HelpScreen")


@pytest.mark.parametrize(
    "name", ["[red]x[/]", "\x1b[2Jx", "a\u202eb", "x" * 200, "[@click=app.quit]"]
)
@pytest.mark.parametrize("uid", [0, 1000])
async def test_hostile_names(name: str, uid: int) -> None:
    command = f"{name} {name}\n" * 40
    hold = FakeHold(target(FIRST, name, command=command), ourselves(uid))
    async with stage(80, 24) as shown:
        await opened(shown, hold)
        text = screen_text(shown)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "Signal to" in text
        await shown.press("pagedown", "pageup", "enter")
        if uid == 0:
            field = shown.app.screen.query_one(Input)
            wanted = name if name.isascii() and name.isprintable() and len(name) < 33 else FIRST
            field.value = str(wanted)
            await shown.press("enter")
        await settle(shown)
        assert hold.sent == [(Signal.TERM, "mira")]


@pytest.mark.parametrize("glyph_set", ["unicode", "ascii"])
async def test_the_dialog(glyph_set: str) -> None:
    of = target(FIRST, "postgres", command="postgres: writer " + "--option=value " * 30)
    async with stage(80, 24, glyph_set=glyph_set) as shown:
        selected = shown.app.overview.processes.selected
        assert selected is not None
        await opened(shown, FakeHold(of._replace(key=selected), ourselves(uid=0)))
        await shown.press("end", "enter")
        text = screen_text(shown)
        compare(f"signal-80x24-{glyph_set}", text)
        assert all(signal in text for signal in Signal)
        assert "Type postgres" in text
        assert shown.app.screen.query_one(OptionList).option_count == len(Signal)


# Following


async def test_the_cursor_follows_through_every_order() -> None:
    async with stage(120, 40) as shown:
        processes = shown.app.overview.processes
        await shown.press("down", "down", "F")
        key = processes.selected
        assert key is not None
        assert f"following {key.pid}" in shown.text
        for order in "MTNIP":
            await shown.press(order)
            assert processes.selected == key
        await shown.press("F", "M")
        assert processes.cursor.index == 0
        await shown.press("F", "down")
        assert "following" not in shown.text


async def test_following_ends_with_the_process() -> None:
    source = scene()
    async with stage(120, 40, source) as shown:
        processes = shown.app.overview.processes
        await shown.press("F")
        gone = processes.selected
        now = tick(601)
        rows = tuple(row for row in now.processes.rows if row.key != gone)
        shown.app.post_message(TickReady(replace(now, processes=replace(now.processes, rows=rows))))
        await shown.pilot.pause()
        await shown.pilot.pause()
        assert "following" not in shown.text
