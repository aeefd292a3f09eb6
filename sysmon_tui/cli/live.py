"""Without a command: the screen where there is a terminal that can show it, else lines.

A terminal that cannot place a cursor (TERM=dumb) gets the line mode by itself. Without any
terminal nobody could end the program, so that must be asked for with --plain.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from sysmon_tui.cli.keys import vault_for
from sysmon_tui.cli.start import open_settings, warn
from sysmon_tui.security.files import sweep
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings

NO_TERMINAL = (
    "sysmon-tui: there is no terminal to draw on. "
    "`sysmon-tui --plain` prints lines instead, `sysmon-tui check` looks once."
)
EX_NO_TERMINAL = 2
CANNOT_DRAW = ("dumb", "unknown")


def run(flags: Mapping[str, Any], *, plain: bool, count: int | None) -> int:
    """The exit code of the live screen or of the line mode."""
    if not plain:
        # Not for --plain: a platform without termios has lines at least.
        from sysmon_tui.ui.terminal import inspect_terminal

        terminal = inspect_terminal(os.environ, sys.stdin, sys.stdout, sys.stderr)
        if not terminal.interactive:
            click.echo(NO_TERMINAL, err=True)
            return EX_NO_TERMINAL
        plain = terminal.name in CANNOT_DRAW
    loaded, dirs = open_settings(flags)
    for directory in (dirs.config, dirs.state):
        sweep(directory, time.time())
    if plain:
        warn(loaded.problems)
        return _lines(loaded.settings, dirs, count)
    from sysmon_tui.ui import live

    return live.run(loaded, dirs, vault_for(loaded.settings, dirs))


def _lines(settings: Settings, dirs: Dirs, count: int | None) -> int:
    from sysmon_tui.cli.plain import follow
    from sysmon_tui.monitor.assemble import assemble

    monitor = assemble(settings, dirs, vault=vault_for(settings, dirs))
    warn(monitor.notices)
    follow(monitor, count)
    return 0
