"""Tells somebody who comes back what changed meanwhile: once at start, and when asked.

At start only where there is something to say, and never in the way: while something critical
fires, or where another screen is open by then, one sentence names the key instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.app import App
from textual.widgets import Input

from sysmon_tui.model.alert import Severity, State
from sysmon_tui.model.brief import Brief
from sysmon_tui.model.brief_text import headline
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.brief import BriefScreen

ENOUGH = 3
"""Ticks after which slow collectors have answered, or will not soon."""
SLOW = ("filesystem", "unit")


class Visit(Protocol):
    """What `monitor.visit` offers to a screen. Both block."""

    def news(self, tick: Tick) -> Brief | None: ...

    def brief(self, tick: Tick) -> Brief: ...


class Greeting:
    def __init__(
        self,
        visit: Visit,
        *,
        unasked: bool,
        run: Callable[[Awaitable[None]], object],
        show: Callable[[Brief], object],
        tell: Callable[[str], object],
        busy: Callable[[], bool],
    ) -> None:
        """`run` keeps a coroutine going, `show` opens the screen, `tell` says a sentence; `busy`
        says whether the user does something already."""
        self._visit = visit
        self._greeted = not unasked
        self._run = run
        self._show = show
        self._tell = tell
        self._busy = busy
        self._newest: Tick | None = None

    def hear(self, tick: Tick) -> None:
        """The newest tick."""
        self._newest = tick
        if not self._greeted and (tick.number >= ENOUGH or _answered(tick)):
            self._greeted = True
            self._run(self._greet(tick))

    def asked(self) -> None:
        """The user wants to know, news or none."""
        if self._newest is not None:
            self._run(self._answer(self._newest))

    async def _greet(self, tick: Tick) -> None:
        brief = await asyncio.to_thread(self._visit.news, tick)
        if brief is None:
            return
        if brief.urgent or _critical(tick) or self._busy():
            self._tell(headline(brief))
        else:
            self._show(brief)

    async def _answer(self, tick: Tick) -> None:
        self._show(await asyncio.to_thread(self._visit.brief, tick))


def greeting(app: App[None], visit: Visit, glyphs: Glyphs, *, unasked: bool) -> Greeting:
    """The greeting of an application: on a screen of its own, or in a notice."""

    def show(brief: Brief) -> None:
        app.push_screen(BriefScreen(brief, glyphs))

    def tell(sentence: str) -> None:
        app.notify(f"{sentence}. B tells more", markup=False, timeout=15)

    return Greeting(
        visit,
        unasked=unasked,
        run=lambda work: app.run_worker(work, group="brief"),
        show=show,
        tell=tell,
        busy=lambda: len(app.screen_stack) > 1 or isinstance(app.focused, Input),
    )


def _answered(tick: Tick) -> bool:
    """Whether the collectors have their first figures of which a visit asks."""
    slow = [state for state in tick.collectors if state.name in SLOW]
    return bool(slow) and all(state.age < float("inf") for state in slow)


def _critical(tick: Tick) -> bool:
    return any(
        alert.state is State.FIRING and alert.severity is Severity.CRITICAL and not alert.muted
        for alert in tick.alerts
    )
