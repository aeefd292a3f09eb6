"""How the screen looks, from the settings and the terminal; the application takes it as it is.

`ui.live` and `ui.replay` make one at start, and `ui.live` another when the settings file changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sysmon_tui.settings.schema import Screen
from sysmon_tui.ui.glyphs import Glyphs, glyphs
from sysmon_tui.ui.process_order import Sort
from sysmon_tui.ui.telling import Ways
from sysmon_tui.ui.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the screen starts; decided before it does."""

    theme: str
    glyphs: Glyphs
    sort: Sort = Sort.CPU
    tree: bool = False
    keys: tuple[tuple[str, str], ...] = ()
    """(action id, keys) pairs that replace the keys of the table."""
    brief: bool = True
    """Say at start what changed since the user last looked."""
    ways: Ways = field(default_factory=Ways)


@dataclass(frozen=True, slots=True)
class Edit:
    """The settings file was changed while we run."""

    message: str
    look: Look | None = None
    """What it says now; None where it cannot be used and the old look stays."""


def look(screen: Screen, terminal: Terminal) -> Look:
    """The settings where they say something, the terminal's abilities where they say `auto`."""
    theme = terminal.theme if screen.theme == "auto" else screen.theme
    wanted = terminal.glyphs if screen.glyphs == "auto" else screen.glyphs
    return Look(
        theme=theme,
        glyphs=glyphs(wanted),
        sort=Sort(screen.sort),
        tree=screen.tree,
        keys=tuple(screen.keys.items()),
        brief=screen.brief,
        ways=Ways(
            title=screen.title and terminal.titled,
            bell=screen.bell,
            desktop=screen.desktop,
            through=terminal.multiplexer,
        ),
    )
