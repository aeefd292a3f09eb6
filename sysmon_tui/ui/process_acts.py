"""Carries out what the process table asks for: signals after a dialog, nice values at once.

The application has one. Whatever touches a process blocks and runs on a thread; what became of it
is a toast.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from textual.app import App
from textual.notifications import SeverityLevel

from sysmon_tui.model import units
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process import ProcessKey, ProcessRow
from sysmon_tui.model.process_act import Target
from sysmon_tui.model.text import SafeText
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.processes import Act

MOST_NAMED = 6
"""Of several processes, as many are named in the dialog."""

Deed = Callable[[Hold], str]
"""Does it, on a thread, and says what was done. Raises `SysmonError`."""


class ProcessActs:
    def __init__(
        self, app: App[None], source: Source, actor: SafeText, view: Callable[[], View]
    ) -> None:
        """`view` is the newest one."""
        self._app = app
        self._source = source
        self._actor = actor
        self._view = view

    def perform(self, act: Act, keys: Sequence[ProcessKey]) -> None:
        """`keys` are one or more."""
        if self._view().shown is not None:
            self._say("This is the past: L leads back to now", "warning")
            return
        work = self._signal(keys) if act is Act.SIGNAL else self._renice(act, keys)
        self._app.run_worker(work, group="process acts")

    async def _signal(self, keys: Sequence[ProcessKey]) -> None:
        """The processes are held from before the dialog until the signal is sent."""
        holds = await self._take(keys)
        try:
            for hold in holds:
                if hold.refusal:
                    self._say(f"{named(hold.target)} gets no signal: {hold.refusal}", "warning")
            if free := [hold for hold in holds if not hold.refusal]:
                await self._ask_and_send(free)
        finally:
            for hold in holds:
                hold.close()

    async def _ask_and_send(self, holds: Sequence[Hold]) -> None:
        # Late: few open it.
        from sysmon_tui.ui.screens.signal import SignalScreen

        screen = SignalScreen(holds, self._who(holds), self._view().glyphs)
        wanted = await self._app.push_screen_wait(screen)
        if wanted is None:
            return

        def send(hold: Hold) -> str:
            hold.send(wanted, self._actor)
            return f"{wanted} sent to {named(hold.target)}"

        await self._do(holds, send)

    async def _renice(self, act: Act, keys: Sequence[ProcessKey]) -> None:
        step = 1 if act is Act.LOWER_PRIORITY else -1

        def renice(hold: Hold) -> str:
            before, after = hold.renice(step, self._actor)
            if before == after:
                return f"Nice value of {named(hold.target)} stays {after}: that is the limit"
            return f"Nice value of {named(hold.target)} was {before}, is {after}"

        holds = await self._take(keys)
        try:
            await self._do(holds, renice)
        finally:
            for hold in holds:
                hold.close()

    async def _take(self, keys: Sequence[ProcessKey]) -> list[Hold]:
        """A hold on each that can be had; what speaks against the others is said."""
        holds = []
        for key in keys:
            try:
                holds.append(await asyncio.to_thread(self._source.hold, key))
            except SysmonError as error:
                row = self._row(key)
                self._say(f"{row.name if row else 'Process'} ({key.pid}): {error}", "warning")
        return holds

    async def _do(self, holds: Sequence[Hold], deed: Deed) -> None:
        for hold in holds:
            try:
                self._say(await asyncio.to_thread(deed, hold), "information")
            except SysmonError as error:
                self._say(f"{named(hold.target)}: {error}", "error")
            if hold.unwritten:
                self._say(f"Not in the audit log: {hold.unwritten}", "warning")

    def _say(self, sentence: str, severity: SeverityLevel) -> None:
        self._app.notify(sentence, severity=severity, markup=False)

    # What the dialog says

    def _who(self, holds: Sequence[Hold]) -> str:
        if len(holds) == 1:
            return self._facts(holds[0].target)
        lines = [f"{named(hold.target)} of {hold.target.user}" for hold in holds[:MOST_NAMED]]
        more = len(holds) - MOST_NAMED
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)

    def _facts(self, target: Target) -> str:
        view, row = self._view(), self._row(target.key)
        began = view.host.boot_time + target.key.start_time
        facts = [
            ("User", f"{target.user} ({target.uid})"),
            ("Started", f"{_moment(began)}, {units.ago(view.tick.wall - began)}"),
        ]
        if row is not None:
            facts.append(("Uses", f"{row.cpu * 100.0:.1f}% CPU, {units.size(row.rss)} memory"))
        facts.append(("Command", target.command))
        return "\n".join(f"{title:<9}{value}" for title, value in facts)

    def _row(self, key: ProcessKey) -> ProcessRow | None:
        rows = self._view().tick.processes.rows
        return next((row for row in rows if row.key == key), None)


def named(target: Target) -> str:
    return f"{target.name} ({target.key.pid})"


def _moment(wall: float) -> str:
    try:
        return f"{datetime.fromtimestamp(wall):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ006 - local time
    except (ValueError, OverflowError, OSError):
        return units.MISSING
