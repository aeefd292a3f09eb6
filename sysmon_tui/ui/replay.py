"""`sysmon-tui replay`: the live screen over a recorded incident, without a collector at work."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.binding import Binding
from textual.widgets import Input

from sysmon_tui.model import when
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.rerun import Rerun
from sysmon_tui.settings.store import Loaded
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.look import Look, look
from sysmon_tui.ui.terminal import inspect_terminal, make_printable
from sysmon_tui.ui.view import View

SHOWN_MARKS = 8


def _told(mark: Mark, now: float) -> str:
    said = f": {mark.note}" if mark.note else ""
    return f"{when.spelled(mark.at, now)} by {mark.by}{said}"


class ReplayApp(SysmonApp):
    """Its keys move the source, not a picture of it."""

    BINDINGS = [
        # Before those of looking back and of tagging, which would leave what plays behind.
        Binding("space", "hold_on", "Pause", show=False, priority=True),
        Binding("left_square_bracket", "step(-1)", "Back", show=False, priority=True),
        Binding("right_square_bracket", "step(1)", "On", show=False, priority=True),
        Binding("end", "to_the_end", "End", show=False, priority=True),
    ]

    def __init__(self, rerun: Rerun, look: Look, **arguments: Any) -> None:
        self._rerun = rerun
        super().__init__(rerun, look, actor=clean("nobody"), **arguments)
        rerun.refused = self._refuse

    def on_mount(self) -> None:
        """Say what was marked; the first mark is what `d` compares with."""
        marks = self._rerun.marks
        if marks:
            self._travel.mark = marks[0].at
            told = "\n".join(_told(mark, self._rerun.until) for mark in marks[-SHOWN_MARKS:])
            self.notify(told, title="Marked", markup=False, timeout=20)

    def _refuse(self, why: str) -> None:
        self.notify(why, severity="warning", markup=False)

    def _banner(self) -> str:
        at = datetime.fromtimestamp(self._rerun.at)  # noqa: DTZ006 - local, as the header's clock
        return f"REPLAY {at:%Y-%m-%d}"

    def _view(self, tick: Tick) -> View:
        return replace(super()._view(tick), paused=self._rerun.paused, replayed=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed somewhere belongs there."""
        if action in ("step", "to_the_end", "hold_on"):
            return len(self.screen_stack) == 1 and not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    def action_hold_on(self) -> None:
        self.action_pause()

    def action_pause(self) -> None:
        self._rerun.pause()
        self._show(self._present.newest)

    def action_step(self, steps: int) -> None:
        self._rerun.step(steps)
        self._start_afresh()

    def action_to_the_end(self) -> None:
        self._rerun.seek(self._rerun.until)
        self._start_afresh()

    def _start_afresh(self) -> None:
        """The charts end where the picture is."""
        self._travel.live()
        self._present.begin_again()
        self.backfill()


def run(loaded: Loaded, rerun: Rerun, rules: Sequence[Rule]) -> int:
    """Show it until the user leaves; the exit status of the program. Raises `Unfit`."""
    screen = loaded.settings.screen
    terminal = inspect_terminal(os.environ, sys.stdin, sys.stdout, sys.stderr)
    terminal.require_screen()
    make_printable(sys.stdout, sys.stderr)
    start = look(screen, terminal)
    app = ReplayApp(
        rerun,
        start,
        first=rerun.first(),
        rules=rules,
        driver_class=driver_class(screen.diff, unicode=not start.glyphs.ascii),
    )
    try:
        app.run(mouse=terminal.mouse if screen.mouse == "auto" else screen.mouse == "on")
    finally:
        rerun.close()
    return app.return_code or 0
