"""From settings and terminal to the look."""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.settings.schema import Screen
from sysmon_tui.ui.look import look
from sysmon_tui.ui.terminal import Colours, Terminal


def terminal(*, utf8: bool = True, colours: Colours = Colours.TRUE) -> Terminal:
    return Terminal(
        name="xterm-256color",
        interactive=True,
        encoding="utf-8" if utf8 else "ascii",
        colours=colours,
        remote=False,
    )


def test_auto_follows_the_terminal() -> None:
    assert look(Screen(), terminal()).theme == "sysmon-dark"
    assert look(Screen(), terminal()).glyphs.name == "unicode"
    plain = look(Screen(), terminal(utf8=False, colours=Colours.SIXTEEN))
    assert plain.theme == "sysmon-ansi"
    assert plain.glyphs.ascii


def test_what_is_asked_for_wins() -> None:
    chosen = Screen(theme="sysmon-light", glyphs="block", sort="memory", tree=True)
    found = look(chosen, terminal(utf8=False))
    assert (found.theme, found.glyphs.name, found.sort, found.tree) == (
        "sysmon-light", "block", "memory", True,
    )  # fmt: skip


def test_ways_to_tell_follow_settings_and_terminal() -> None:
    chosen = Screen(bell=True, desktop="osc9")
    ways = look(chosen, replace(terminal(), multiplexer="tmux")).ways
    assert (ways.title, ways.bell, ways.desktop, ways.through) == (True, True, "osc9", "tmux")
    assert not look(Screen(title=False), terminal()).ways.title
    assert not look(Screen(), replace(terminal(), name="linux")).ways.title
    assert not look(Screen(), replace(terminal(), name="vt220")).ways.title
