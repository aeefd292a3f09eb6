"""The key that begins and ends an incident, and the banner while one goes on.

The application has one. What it asks of the disk is asked on a thread; incidents that others
begin or end are seen within seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Protocol

from textual.app import App
from textual.notifications import SeverityLevel

from sysmon_tui.model import units
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.incident import Incident
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.text import NO_TEXT, SafeText, clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.ask import Ask

LOOK_EVERY = 2
"""Ticks between two looks whether one goes on."""


class Desk(Protocol):
    """What `monitor.desk` offers to a screen. All of it blocks and raises `SysmonError`."""

    def current(self) -> Incident | None: ...

    def begin(self, by: SafeText, why: str, now: float) -> Incident: ...

    def mark(self, mark: Mark) -> None: ...

    def finish(self, by: SafeText, note: str, now: float) -> tuple[Path, ...]:
        """The report and the file of the one that is over; nothing where somebody was quicker."""


class IncidentActs:
    def __init__(self, app: App[None], desk: Desk, actor: SafeText, glyphs: Glyphs) -> None:
        self._app = app
        self._desk = desk
        self._actor = actor
        self._glyphs = glyphs
        self._incident: Incident | None = None
        self._now = 0.0
        self._looking = False

    def banner(self) -> str:
        """`INCIDENT 12m`; empty where none goes on."""
        if self._incident is None:
            return ""
        return f"INCIDENT {units.duration(self._now - self._incident.began)}"

    def hear(self, tick: Tick) -> None:
        """The newest tick: its clock is that of incidents."""
        self._now = tick.wall
        if tick.number % LOOK_EVERY == 0 and not self._looking:
            self._looking = True
            self._run(self._look())

    def asked(self) -> None:
        """Begin one, or end the one that goes on, after a line about it."""
        incident = self._incident

        def done(line: str | None) -> None:
            if line is not None:
                self._run(self._end(line) if incident is not None else self._begin(line))

        title = "Begin an incident: what is known" if incident is None else "End it: how it went"
        self._app.push_screen(Ask(title, self._glyphs), done)

    def marked(self, at: float, now: float, note: str) -> None:
        """Keep a moment for the report of an incident."""
        mark = Mark(at=at, set_at=now, by=self._actor, note=clean(note))
        self._run(self._mark(mark))

    async def _mark(self, mark: Mark) -> None:
        try:
            await asyncio.to_thread(self._desk.mark, mark)
        except SysmonError as error:
            self._say(str(error), wrong=True)

    async def _look(self) -> None:
        try:
            incident = await asyncio.to_thread(self._desk.current)
            if incident is not None and incident.over(self._now):
                # Nobody ended it in hours: whoever looks first writes it up.
                await self._end("", by=NO_TEXT)
            else:
                self._incident = incident
        except SysmonError:
            # Said when somebody begins one; a banner is not worth a notice every two seconds.
            self._incident = None
        finally:
            self._looking = False

    async def _begin(self, why: str) -> None:
        try:
            self._incident = await asyncio.to_thread(self._desk.begin, self._actor, why, self._now)
        except SysmonError as error:
            self._say(str(error), wrong=True)
        else:
            self._say("An incident goes on: i ends it and writes a report")

    async def _end(self, note: str, by: SafeText | None = None) -> None:
        actor = self._actor if by is None else by
        self._incident = None
        try:
            written = await asyncio.to_thread(self._desk.finish, actor, note, self._now)
        except SysmonError as error:
            self._say(str(error), wrong=True)
            return
        if written:
            self._say(f"The incident is over. Report and file: {', '.join(map(str, written))}")

    def _say(self, text: str, *, wrong: bool = False) -> None:
        severity: SeverityLevel = "error" if wrong else "information"
        self._app.notify(text, title="Incident", severity=severity, markup=False, timeout=15)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._app.run_worker(work, group="incident")
