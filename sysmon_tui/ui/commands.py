"""What the command palette offers: every action of the table, and every theme."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from sysmon_tui.ui.actions import ACTIONS, Scope

if TYPE_CHECKING:
    from sysmon_tui.ui.app import SysmonApp

_NOT_COMMANDS = (Scope.LIST, Scope.DOSSIER, Scope.TUNING)
"""What is done where the cursor or another screen is, and nowhere else."""


def commands(app: SysmonApp) -> Iterator[SystemCommand]:
    for action in ACTIONS:
        if action.scope not in _NOT_COMMANDS and action.name != "command_palette":
            yield SystemCommand(action.title, action.tip, partial(app.perform, action))
    for name in app.available_themes:
        paint = partial(setattr, app, "theme", name)
        yield SystemCommand(f"Theme: {name}", "Change the colours", paint)
