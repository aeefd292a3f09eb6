"""The application: it follows a source of ticks and hands them to the screen on top."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from textual import work
from textual.app import SystemCommand
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import themes
from sysmon_tui.ui.actions import Action, Scope, bindings
from sysmon_tui.ui.alert_acts import AlertActs
from sysmon_tui.ui.commands import commands
from sysmon_tui.ui.crash import ReportingApp
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.greeting import Visit, greeting
from sysmon_tui.ui.incident_acts import Desk, IncidentActs
from sysmon_tui.ui.lock import NO_LOCK, Lock, guarded
from sysmon_tui.ui.look import Edit, Look
from sysmon_tui.ui.messages import AlertOpened, Demanded, HistoryReady, Marked, TickReady
from sysmon_tui.ui.present import Present
from sysmon_tui.ui.process_acts import ProcessActs
from sysmon_tui.ui.screens.alert import AlertScreen
from sysmon_tui.ui.screens.help import HelpScreen
from sysmon_tui.ui.screens.overview import Overview
from sysmon_tui.ui.severity import Judge
from sysmon_tui.ui.sieve import Sieve
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.tally import Tally
from sysmon_tui.ui.telling import Teller
from sysmon_tui.ui.travel import Travel
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Alerts
from sysmon_tui.ui.widgets.footer import Footer
from sysmon_tui.ui.widgets.processes import Processes

EDITS_EVERY = 3
"""Ticks between two looks at the settings file."""


class SysmonApp(ReportingApp):
    TITLE = "sysmon-tui"
    BINDINGS = bindings(Scope.GENERAL)
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    VITAL = frozenset({"ticks"})

    def __init__(
        self,
        source: Source,
        look: Look,
        *,
        rules: Iterable[Rule] = (),
        first: Tick | None = None,
        actor: SafeText,
        rule_tables: Sequence[Mapping[str, Any]] = (),
        edits: Callable[[], Edit | None] = lambda: None,
        visit: Visit | None = None,
        desk: Desk | None = None,
        lock: Lock = NO_LOCK,
        **arguments: object,
    ) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]
        self._source = source
        self._look = look
        self._acts = AlertActs(self, source, actor, lambda: self.overview.view, rule_tables)
        self._process_acts = ProcessActs(self, source, actor, lambda: self.overview.view)
        self._teller = Teller(
            source.host.hostname,
            look.glyphs,
            look.ways,
            toast=self._toast,
            driver=lambda: self._driver,
        )
        self._edits = edits
        self._sieve = Sieve()
        self._incident = IncidentActs(self, desk, actor, look.glyphs) if desk else None
        self._greeting = greeting(self, visit, look.glyphs, unasked=look.brief) if visit else None
        self.lock = lock
        self._paused = False
        self._rules = {rule.name: rule for rule in rules}
        self._judge = Judge(self._rules.values())
        self._present = Present(
            source, first or Tick(number=0, wall=source.host.boot_time, mono=0.0)
        )
        self._travel = Travel(
            source,
            self._present.newest,
            trends=lambda: self._present.trends,
            samples=lambda: self.overview.history.samples,
            show=lambda: self._show(self._present.newest),
            run=partial(self.run_worker, group="past"),
            tell=lambda sentence: self.notify(sentence, severity="warning", markup=False),
        )
        themes.register(self)
        self._paint(look.theme)

    def get_default_screen(self) -> Screen[None]:
        look = self._look
        view = self._view(self._present.newest)
        return Overview(view, self._travel, sort=look.sort, tree=look.tree)

    @property
    def glyphs(self) -> Glyphs:
        return self._look.glyphs

    @property
    def overview(self) -> Overview:
        screen = self.screen_stack[0]
        assert isinstance(screen, Overview)  # noqa: S101 (it is the default screen)  # nosec B101
        return screen

    def get_line_filters(self) -> Sequence[LineFilter]:
        return (*super().get_line_filters(), self._sieve)

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
            if tick.number % EDITS_EVERY == 0:
                await self.look_for_edits()
        self.exit()

    async def look_for_edits(self) -> None:
        # The settings may lie on a file system that hangs: never on the loop.
        if edit := await asyncio.to_thread(self._edits):
            self.take_over(edit)

    def take_over(self, edit: Edit) -> None:
        """Follow an edited settings file as far as a running program can, and say how far."""
        if edit.look is not None:
            self._look = edit.look
            self._teller.ways = edit.look.ways
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
        try:
            trends, events = await asyncio.to_thread(self._present.read)
        except (OSError, StoreError) as error:
            self._present.go_without()
            self.notify(f"No history: {error}", severity="warning", markup=False)
        else:
            self.post_message(HistoryReady(trends, events))

    def on_history_ready(self, message: HistoryReady) -> None:
        self._present.recall(message.trends, message.events)
        self._show(self._present.newest)

    def on_tick_ready(self, message: TickReady) -> None:
        tick = message.tick
        self._present.hear(tick)
        self._teller.hear(tick)
        self._travel.hear(tick)
        if self._greeting is not None:
            self._greeting.hear(tick)
        if self._incident is not None:
            self._incident.hear(tick)
        if not self._paused:
            self._show(tick)

    def _show(self, tick: Tick) -> None:
        with self.batch_update():
            view = self._view(tick)
            self.overview.show(view)
            for screen in self.screen_stack:
                if isinstance(screen, AlertScreen):
                    screen.show(view)

    def _view(self, tick: Tick) -> View:
        view = View(
            tick=tick,
            trends=self._present.trends,
            host=self._source.host,
            glyphs=self._look.glyphs,
            judge=self._judge,
            rules=self._rules,
            chronicle=self._present.chronicle,
            counted=Tally.of(tick.alerts),
            interval=self._source.interval,
            paused=self._paused,
            notices=self._source.notices,
            banner=self._banner(),
            recorder=self._source.recorder,
        )
        return self._travel.over(view)

    def _banner(self) -> str:
        """For the header."""
        return self._incident.banner() if self._incident is not None else ""

    def _toast(self, sentence: str, severity: Severity) -> None:
        if self.screen is self.overview and self.overview.tells_of_alerts:
            # It has just come to the top of the log, which a toast would cover.
            return
        level: SeverityLevel = "error" if severity is Severity.CRITICAL else "warning"
        self.notify(sentence, severity=level, markup=False, timeout=8)

    # What goes out

    def on_demanded(self, message: Demanded) -> None:
        self._source.demand(message.demand)

    @guarded
    def on_alerts_asked(self, message: Alerts.Asked) -> None:
        if self._travel.away:
            # What was is not to be acknowledged: it may have ended, or fire again by now.
            self.notify("That was then: L leads back to now, where you can act", markup=False)
            return
        self._acts.perform(message.act, message.alerts)

    @guarded
    def on_processes_asked(self, message: Processes.Asked) -> None:
        self._process_acts.perform(message.act, message.keys)

    def on_marked(self, message: Marked) -> None:
        if self._incident is not None:
            self._incident.marked(message.at, message.now, message.note)

    def on_alert_opened(self, message: AlertOpened) -> None:
        alert, source = message.alert, self._source
        rule = self._rules.get(alert.rule)
        unit = rule.unit if rule else ""
        self.push_screen(AlertScreen(alert, self.overview.view, source.dossier, unit))

    # What the keys do

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._show(self._present.newest)

    @guarded
    def action_incident(self) -> None:
        if self._incident is not None:
            self._incident.asked()

    def action_brief(self) -> None:
        if self._greeting is not None:
            self._greeting.asked()

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self._look.glyphs))

    @guarded
    def action_settings(self) -> None:
        # Late: few open it, and it brings what writes the file.
        from sysmon_tui.ui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self._look.glyphs, self.look_for_edits))

    def action_next_theme(self) -> None:
        names = tuple(themes.THEMES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def action_redraw(self) -> None:
        redraw = getattr(self._driver, "redraw", None)
        if redraw is not None:
            redraw()
        self.refresh(layout=True)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return commands(self)

    async def perform(self, action: Action) -> None:
        """Run an action where its scope says it lives, whatever has the focus."""
        general = action.scope is Scope.GENERAL
        await self.run_action(action.name, self if general else self.overview.home(action.scope))

    async def on_footer_pressed(self, message: Footer.Pressed) -> None:
        await self.perform(message.action)
