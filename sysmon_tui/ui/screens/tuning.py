"""Tuning a rule: its figures in the hand, and beside them what they would have done last day.

Opened from the alert log. The past is read and run through on a thread; a figure that moves waits
a moment for the next step, and only the newest answer is shown. Enter shows the table for the
settings file, and only there `w` writes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Static

from sysmon_tui.alerts.written import checked, table_of, written
from sysmon_tui.model.errors import SettingsError, StoreError
from sysmon_tui.model.rule import Rule
from sysmon_tui.settings import current
from sysmon_tui.settings.save import save_rule
from sysmon_tui.ui.actions import Scope, bindings, key_names, of_scope
from sysmon_tui.ui.draft import Draft
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lock import permit
from sysmon_tui.ui.past import Abandoned, Past, Stale
from sysmon_tui.ui.screens.ask import Ask
from sysmon_tui.ui.screens.dialog import Dialog
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.tuning import Tuning, Verdicts, keys_line

if TYPE_CHECKING:
    from sysmon_tui.ui.app import SysmonApp

DEBOUNCE = 0.15
"""Seconds a figure must rest before the past is asked."""

Found = TypeVar("Found")


class TuningScreen(Screen[None]):
    BINDINGS = bindings(Scope.TUNING)
    DEFAULT_CSS = "TuningScreen { background: $background; overflow: hidden; }"

    def __init__(
        self,
        rule: Rule,
        source: Source,
        view: View,
        tables: Sequence[Mapping[str, Any]],
        saved: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """`tables` are the rules of the settings, as they are written there; `saved` is told of
        one that was written."""
        super().__init__()
        self._source = source
        self._view = view
        self._tables = tables
        self._saved = saved
        self._past: Past | None = None
        self._turn = 0
        """Of the newest question to the past; an older one is abandoned."""
        self.panel = Tuning(Draft.of(rule))

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.view = self._view
        self.set_focus(self.panel)
        self.read()

    def on_unmount(self) -> None:
        self._turn += 1

    def on_resize(self) -> None:
        shown = of_scope([Scope.TUNING], footer=True)
        pairs = [(key_names(action)[0], action.title) for action in shown]
        self.panel.keys = keys_line(pairs, self.size.width)
        self.panel.redraw()

    # The past

    @work(group="past", exclusive=True)
    async def read(self) -> None:
        rule = self.panel.draft.origin
        try:
            past = await self._ask(partial(Past.read, self._source, rule))
            before = await self._ask(partial(past.run, rule))
            curve = await self._ask(partial(past.worst, self.panel.samples))
        except Abandoned:
            return
        except (OSError, StoreError) as error:
            self._say(replace(self.panel.verdicts, problem=f"No history: {error}"))
            return
        self._past = past
        known = Verdicts(before, before, tuple(curve), past.seconds)
        self._say(known)
        if self.panel.draft.changed:
            self.run_again()

    @work(group="rerun", exclusive=True)
    async def run_again(self) -> None:
        """What the figures as they are now would have done; the newest wins."""
        past = self._past
        if past is None:
            return
        self._say(replace(self.panel.verdicts, after=None))
        await asyncio.sleep(DEBOUNCE)
        try:
            after = await self._ask(partial(past.run, self.panel.draft.rule))
        except Abandoned:
            return
        self._say(replace(self.panel.verdicts, after=after))

    async def _ask(self, question: Callable[[Stale], Found]) -> Found:
        """Answer on a thread; abandoned there as soon as there is a newer question."""
        self._turn += 1
        mine = self._turn
        return await asyncio.to_thread(question, lambda: mine != self._turn)

    def _say(self, verdicts: Verdicts) -> None:
        self.panel.verdicts = verdicts
        self.panel.redraw()

    # What the keys do

    def _take(self, draft: Draft) -> None:
        changed = draft.rule != self.panel.draft.rule
        self.panel.draft = draft
        self.panel.redraw()
        if changed:
            self.run_again()

    def action_next_figure(self) -> None:
        self._take(self.panel.draft.moved(1))

    def action_previous_figure(self) -> None:
        self._take(self.panel.draft.moved(-1))

    def action_more(self) -> None:
        self._take(self.panel.draft.stepped(1))

    def action_less(self) -> None:
        self._take(self.panel.draft.stepped(-1))

    def action_reset(self) -> None:
        self._take(self.panel.draft.reset())

    def action_type(self) -> None:
        draft = self.panel.draft
        level, field = draft.figures[draft.chosen]

        def done(line: str | None) -> None:
            if line is not None:
                self._take(self.panel.draft.typed(line))

        title = f"{level.severity.word}: {field}"
        self.app.push_screen(Ask(title, self._view.glyphs, wrong=draft.wrong), done)

    def action_table(self) -> None:
        rule = self.panel.draft.rule

        def done(wanted: bool | None) -> None:
            if wanted:
                permit(cast("SysmonApp", self.app), partial(self.save, rule))

        text = written(table_of(rule, self._tables))
        self.app.push_screen(TableScreen(text, self._view.glyphs), done)

    @work(group="save")
    async def save(self, rule: Rule) -> None:
        """Into the settings file, on a thread; when it is in force the app says on reading it."""
        path = current.loaded().path

        def write() -> dict[str, Any]:
            table = checked(rule, self._tables, str(path))
            save_rule(path, table)
            return table

        try:
            table = await asyncio.to_thread(write)
        except SettingsError as error:
            self.notify(str(error), title="Not saved", severity="error", markup=False)
            return
        self._saved(table)
        self.notify(f"{rule.name} is saved in {path}", title="Settings", markup=False)
        await cast("SysmonApp", self.app).look_for_edits()

    def action_leave(self) -> None:
        self.dismiss()


class TableScreen(Dialog[bool]):
    """The table that puts the tuned rule in force; ends with whether to write it."""

    DEFAULT_CSS = "TableScreen #table { width: 96; max-height: 90%; overflow-y: auto; }"
    BINDINGS = [
        Binding("escape,q,enter", "close_table(False)", "Close"),
        Binding("w", "close_table(True)", "Write"),
        Binding("c", "copy", "Copy"),
    ]

    def __init__(self, text: str, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._text = text

    def compose(self) -> ComposeResult:
        box = Static(self._glyphs.text(self._text), markup=False, id="table", classes="dialog--box")
        box.border_title = "For settings.toml"
        box.border_subtitle = "w writes it there, c copies, Esc closes"
        yield box

    def action_close_table(self, write: bool) -> None:
        self.dismiss(write)

    def action_copy(self) -> None:
        """Through the terminal (OSC 52), and only because somebody asked for it."""
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied, if the terminal allows it", markup=False)
