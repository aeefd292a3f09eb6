"""The real app over the seeded scene, and its screen as plain text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache

from textual.pilot import Pilot

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import clean
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.greeting import Visit
from sysmon_tui.ui.incident_acts import Desk
from sysmon_tui.ui.lock import NO_LOCK, Lock
from sysmon_tui.ui.look import Edit, Look
from sysmon_tui.ui.messages import HistoryReady, TickReady
from tests.scene import Scene, scene

ACTOR = clean("mira")


class Stage:
    """An app under test with what it was fed and what it answered."""

    def __init__(self, app: SysmonApp, source: Scene, pilot: Pilot[None]) -> None:
        self.app = app
        self.source = source
        self.pilot = pilot

    @property
    def text(self) -> str:
        """The panels of the overview, each where it stands."""
        width, height = self.app.overview.size
        rows = [[" "] * width for _ in range(height)]
        for panel in self.app.overview.panels.values():
            if panel.shown:
                region = panel.region
                for y, strip in enumerate(panel.render_lines(panel.size.region)):
                    _place(rows[region.y + y], region.x, strip.text)
        return "\n".join("".join(row).rstrip() for row in rows) + "\n"

    @property
    def focus(self) -> str:
        """The id of the widget that has the focus."""
        focused = self.app.focused
        return (focused.id or "") if focused is not None else ""

    @property
    def screen(self) -> str:
        """The class of the screen on top."""
        return type(self.app.screen).__name__

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


def _place(row: list[str], x: int, text: str) -> None:
    for offset, char in enumerate(text):
        row[x + offset] = char


@cache
def _pack() -> tuple[Rule, ...]:
    return load_rules((), "pack").rules


@asynccontextmanager
async def stage(
    width: int,
    height: int,
    source: Scene | None = None,
    *,
    glyph_set: str = "unicode",
    theme: str = "sysmon-dark",
    keys: tuple[tuple[str, str], ...] = (),
    history: bool = True,
    edits: Callable[[], Edit | None] = lambda: None,
    visit: Visit | None = None,
    desk: Desk | None = None,
    lock: Lock = NO_LOCK,
) -> AsyncIterator[Stage]:
    source = source or scene()
    look = Look(theme=theme, glyphs=glyphs(glyph_set), keys=keys)
    seen = {"history": not history, "tick": not source.ticks}

    class Watched(SysmonApp):
        # Textual calls the handlers of every class in the order of inheritance, this one first.

        def on_history_ready(self, _: HistoryReady) -> None:
            seen["history"] = True

        def on_tick_ready(self, _: TickReady) -> None:
            seen["tick"] = True

    app = Watched(
        source, look, rules=_pack(), actor=ACTOR, edits=edits, lock=lock, visit=visit, desk=desk
    )
    async with app.run_test(size=(width, height)) as pilot:
        while not all(seen.values()):
            await pilot.pause()
        await pilot.pause()
        yield Stage(app, source, pilot)
