"""`sysmon-tui`: the live screen over this machine, and its orderly end."""

from __future__ import annotations

import getpass
import os
import sys

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import actor
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Screen
from sysmon_tui.settings.store import Loaded
from sysmon_tui.ui.app import Look, SysmonApp
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.process_order import Sort
from sysmon_tui.ui.terminal import Terminal, inspect_terminal


def login_name() -> str:
    """The person, not the role: who called sudo, else who is logged in."""
    if sudo := os.environ.get("SUDO_USER"):
        return sudo
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a uid that nobody gave a name.
        return str(os.getuid())


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
    )
