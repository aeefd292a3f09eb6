"""The application: it follows a source of ticks and hands them to the screen on top."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from textual import work
from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.notifications import SeverityLevel
from textual.screen import Screen

from sysmon_tui.alerts.figures import duration
from sysmon_tui.model.alert import Rule, Severity
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import SafeText, clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import acts, themes
from sysmon_tui.ui.actions import ACTIONS, Action, Scope, bindings
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.greeting import Visit, greeting
from sysmon_tui.ui.messages import Demanded, HistoryReady, TickReady
from sysmon_tui.ui.process_order import Sort
from sysmon_tui.ui.screens.ask import Ask
from sysmon_tui.ui.screens.help import HelpScreen
from sysmon_tui.ui.screens.overview import Overview
from sysmon_tui.ui.severity import Judge
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.trends import CAPACITY, Trends
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Alerts
from sysmon_tui.ui.widgets.footer import Footer

NOTE_LIMIT = 500
"""Characters of a note that are kept."""
EDITS_EVERY = 3
"""Ticks between two looks at the settings file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the screen starts; decided before it does, from settings and the terminal."""

    theme: str
    glyphs: Glyphs
    sort: Sort = Sort.CPU
    tree: bool = False
    keys: tuple[tuple[str, str], ...] = ()
    """(action id, keys) pairs that replace the keys of the table."""
    brief: bool = True
    """Say at start what changed since the user last looked."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The settings file was changed while we run."""

    message: str
    look: Look | None = None
    """What it says now; None where it cannot be used and the old look stays."""


class SysmonApp(App[None]):
    TITLE = "sysmon-tui"
    BINDINGS = bindings(Scope.GENERAL)
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        source: Source,
        look: Look,
        *,
        rules: Iterable[Rule] = (),
        first: Tick | None = None,
        actor: SafeText,
        edits: Callable[[], Edit | None] = lambda: None,
        visit: Visit | None = None,
        **arguments: object,
    ) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]
        self._source = source
        self._look = look
        self._actor = actor
        self._edits = edits
        self._greeting = greeting(self, visit, look.glyphs, unasked=look.brief) if visit else None
        self._paused = False
        self._trends = Trends(source.interval)
        self._live: list[Tick] = []
        self._backfilled = False
        self._judge = Judge(rules)
        self._first = first or Tick(number=0, wall=source.host.boot_time, mono=0.0)
        themes.register(self)
        self._paint(look.theme)

    def get_default_screen(self) -> Screen[None]:
        return Overview(self._view(self._first), sort=self._look.sort, tree=self._look.tree)

    @property
    def overview(self) -> Overview:
        screen = self.screen_stack[0]
        assert isinstance(screen, Overview)  # noqa: S101 - it is the default screen
        return screen

    def on_mount(self) -> None:
        self.set_keymap(dict(self._look.keys))
        self.follow()
        self.backfill()

    # What comes in

    @work(group="ticks")
    async def follow(self) -> None:
        """Turn the source's stream into messages until it ends; then there is nothing to show."""
        async for tick in self._source.stream():
            self.post_message(TickReady(tick))
            # The settings may lie on a file system that hangs: never on the loop.
            if tick.number % EDITS_EVERY == 0 and (edit := await asyncio.to_thread(self._edits)):
                self.take_over(edit)
        self.exit()

    def take_over(self, edit: Edit) -> None:
        """Follow an edited settings file as far as a running program can, and say how far."""
        if edit.look is not None:
            self._look = edit.look
            self.set_keymap(dict(edit.look.keys))
            self._paint(edit.look.theme)
        severity: SeverityLevel = "warning" if edit.look is None else "information"
        self.notify(edit.message, title="Settings", severity=severity, markup=False)

    def _paint(self, theme: str) -> None:
        known = theme in self.available_themes
        self.theme = theme if known else "sysmon-dark"
        if not known:
            names = ", ".join(themes.THEMES)
            self.notify(f"No theme {theme!r}. There are {names}", severity="warning", markup=False)

    @work(group="history")
    async def backfill(self) -> None:
        """Fill the charts from the store, on a thread, once."""
        interval = self._source.interval
        past = partial(self._source.history, CAPACITY * interval, interval)
        try:
            trends = await asyncio.to_thread(lambda: Trends.replay(interval, past()))
        except (OSError, StoreError) as error:
            self.notify(f"No history: {error}", severity="warning", markup=False)
        else:
            self.post_message(HistoryReady(trends))

    def on_history_ready(self, message: HistoryReady) -> None:
        for tick in self._live:
            message.trends.add(tick)
        self._trends = message.trends
        self._backfilled = True
        self._live.clear()
        self._show(self.overview.view.tick)

    def on_tick_ready(self, message: TickReady) -> None:
        tick = message.tick
        self._trends.add(tick)
        if not self._backfilled:
            self._live.append(tick)
        self._tell(tick)
        if self._greeting is not None:
            self._greeting.hear(tick)
        if not self._paused:
            self._show(tick)

    def _show(self, tick: Tick) -> None:
        with self.batch_update():
            self.overview.show(self._view(tick))

    def _view(self, tick: Tick) -> View:
        return View(
            tick=tick,
            trends=self._trends,
            host=self._source.host,
            glyphs=self._look.glyphs,
            judge=self._judge,
            interval=self._source.interval,
            paused=self._paused,
            notices=self._source.notices,
            recorder=self._source.recorder,
        )

    def _tell(self, tick: Tick) -> None:
        """One toast for all that began to fire on this tick: a storm is one message."""
        began = [event.alert for event in tick.events if event.notifies]
        if not began:
            return
        worst = max(began, key=lambda alert: alert.severity)
        more = f" and {len(began) - 1} more" if len(began) > 1 else ""
        self.notify(
            f"{worst.summary}{more}",
            severity="error" if worst.severity is Severity.CRITICAL else "warning",
            markup=False,
            timeout=8,
        )

    # What goes out

    def on_demanded(self, message: Demanded) -> None:
        self._source.demand(message.demand)

    def on_alerts_acknowledge(self, message: Alerts.Acknowledge) -> None:
        if message.taken:
            self._source.acknowledge(message.fingerprints, self._actor)
        else:
            self._source.unacknowledge(message.fingerprints, self._actor)

    def on_alerts_annotate(self, message: Alerts.Annotate) -> None:
        alert = message.alert

        def done(line: str | None) -> None:
            if line is not None:
                self._source.annotate([alert.fingerprint], self._actor, clean(line, NOTE_LIMIT))

        note = alert.ack.note if alert.ack is not None else ""
        self.push_screen(Ask(f"Note on {alert.rule}", self._look.glyphs, line=note), done)

    def on_alerts_shelve(self, message: Alerts.Shelve) -> None:
        alert = message.alert
        if alert.shelf is not None:
            self._source.unshelve([alert.fingerprint], self._actor)
            return

        def done(line: str | None) -> None:
            if line is not None:
                until = self._now + (duration(line) or 0.0)
                self._source.shelve([alert.fingerprint], self._actor, until)

        title = f"Shelve {alert.rule} for"
        wrong = acts.wrong_time
        self.push_screen(Ask(title, self._look.glyphs, line=acts.AN_HOUR, wrong=wrong), done)

    def on_alerts_silence(self, message: Alerts.Silence) -> None:
        def done(line: str | None) -> None:
            if line is not None:
                self._source.silence(acts.silence(line, self._actor, self._now))

        alerts = self.overview.view.tick.alerts
        ask = Ask(
            "Silence: for how long, then what",
            self._look.glyphs,
            line=acts.like(message.alert),
            remark=acts.covered(alerts, self._actor, self._now),
            wrong=acts.wrong_silence,
        )
        self.push_screen(ask, done)

    @property
    def _now(self) -> float:
        """The source's clock: that of the machine looked at."""
        return self.overview.view.tick.wall

    # What the keys do

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._show(self.overview.view.tick)

    def action_brief(self) -> None:
        if self._greeting is not None:
            self._greeting.asked()

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self._look.glyphs))

    def action_next_theme(self) -> None:
        names = tuple(themes.THEMES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def action_redraw(self) -> None:
        redraw = getattr(self._driver, "redraw", None)
        if redraw is not None:
            redraw()
        self.refresh(layout=True)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the table, and every theme."""
        for action in ACTIONS:
            if action.scope is not Scope.LIST and action.name != "command_palette":
                yield SystemCommand(action.title, action.tip, partial(self.perform, action))
        for name in self.available_themes:
            paint = partial(setattr, self, "theme", name)
            yield SystemCommand(f"Theme: {name}", "Change the colours", paint)

    async def perform(self, action: Action) -> None:
        """Run an action where its scope says it lives, whatever has the focus."""
        overview = self.overview
        targets: dict[Scope, DOMNode] = {
            Scope.ALERTS: overview.panels["alerts"],
            Scope.PROCESSES: overview.processes,
            Scope.LIST: overview.focused or overview.processes,
            Scope.VIEW: overview,
            Scope.GENERAL: self,
        }
        await self.run_action(action.name, targets[action.scope])

    async def on_footer_pressed(self, message: Footer.Pressed) -> None:
        await self.perform(message.action)
