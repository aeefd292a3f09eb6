"""F2: every setting with its meaning and where it comes from, changed where it stands.

What is changed goes into the settings file, comments and all; the running app takes the edit over
as it would one made with an editor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.settings import current
from sysmon_tui.settings.save import UNSET, save, value_of_text
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import column
from sysmon_tui.ui.screens.ask import Ask
from sysmon_tui.ui.setting_rows import SettingRow, setting_rows
from sysmon_tui.ui.widgets.entry import Entry

NAME_WIDTH, SOURCE_WIDTH = 26, 12
KEYS = "Enter edit   Space next choice   Del default   / filter   Esc close"


class SettingsScreen(Screen[None]):
    DEFAULT_CSS = """
    SettingsScreen { background: $background; }
    SettingsScreen #title, SettingsScreen #keys { height: 1; padding: 0 1; }
    SettingsScreen #title { background: $surface; }
    SettingsScreen #keys { color: $text-muted; }
    SettingsScreen #rows, SettingsScreen #rows:focus {
        height: 1fr; border: none; padding: 0; background: $background;
    }
    SettingsScreen #meaning { height: 5; padding: 0 1; background: $surface; }
    SettingsScreen #wanted, SettingsScreen #wanted:focus {
        height: 1; border: none; padding: 0 1; display: none;
    }
    SettingsScreen.-ascii #rows { scrollbar-size: 0 0; }
    """
    BINDINGS = [
        Binding("escape,q,f2", "leave", "Close", show=False),
        Binding("slash,f4", "filter", "Filter", show=False),
        Binding("space", "next_choice", "Next choice", show=False),
        Binding("delete,backspace", "unset", "Default", show=False),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, glyphs: Glyphs, saved: Callable[[], Awaitable[None]]) -> None:
        """`saved` takes over what was written to the file."""
        super().__init__(classes="-ascii" if glyphs.ascii else None)
        self._glyphs = glyphs
        self._saved = saved
        self._rows: Sequence[SettingRow] = ()

    def compose(self) -> ComposeResult:
        path = self._glyphs.text(f"Settings  {current.loaded().path}")
        yield Static(path, id="title", markup=False)
        yield OptionList(id="rows", markup=False)
        yield Static(id="meaning", markup=False)
        yield Entry(placeholder="words in name, value or meaning", id="wanted")
        yield Static(KEYS, id="keys", markup=False)

    async def on_mount(self) -> None:
        await self.show()
        self.set_focus(self._list)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#rows", OptionList)

    @property
    def row(self) -> SettingRow | None:
        """The one under the cursor."""
        at = self._list.highlighted
        chosen = None if at is None else self._list.get_option_at_index(at).id
        return next((row for row in self._rows if row.path == chosen), None)

    async def show(self) -> None:
        """What is in force now, the cursor where it was."""
        self._rows = await asyncio.to_thread(setting_rows, current.loaded())
        self._fill()

    def _fill(self) -> None:
        kept = self.row.path if self.row is not None else ""
        wanted = self.query_one("#wanted", Input).value
        options: list[Option] = []
        section = ""
        for row in self._rows:
            if not row.matches(wanted):
                continue
            if row.section != section:
                section = row.section
                options.append(Option(Content.styled(section.upper(), "bold"), disabled=True))
            options.append(Option(self._line(row), id=row.path))
        self._list.clear_options()
        self._list.add_options(options)
        ids = [option.id for option in options]
        self._list.highlighted = ids.index(kept) if kept in ids else (1 if options else None)
        self._explain()

    def _line(self, row: SettingRow) -> Content:
        dots = self._glyphs.text("…")
        width = max(8, self.size.width - NAME_WIDTH - SOURCE_WIDTH - 4)
        name = column(f"  {row.path.partition('.')[2] or row.path}", NAME_WIDTH, dots)
        value = column(self._glyphs.text(row.value), width, dots)
        return Content(f"{name} {value} {row.source}")

    def on_resize(self) -> None:
        self._fill()

    @on(OptionList.OptionHighlighted)
    def _explain(self) -> None:
        row = self.row
        text = ""
        if row is not None:
            takes = f"{row.takes[:1].upper()}{row.takes[1:]}. " if row.takes else ""
            text = f"{row.path}\n{row.meaning}\n{takes}{row.remark}"
        self.query_one("#meaning", Static).update(Content(self._glyphs.text(text)))

    @on(OptionList.OptionSelected)
    def _edit(self) -> None:
        row = self.row
        if row is None or not row.editable:
            return

        def done(line: str | None) -> None:
            if line is not None and line != row.value:
                self._save(row, value_of_text(row.path, line))

        ask = Ask(
            row.path,
            self._glyphs,
            line=row.value,
            remark=lambda _line: f"{row.takes[:1].upper()}{row.takes[1:]}. {row.remark}".strip(),
            wrong=row.wrong,
        )
        self.app.push_screen(ask, done)

    def action_next_choice(self) -> None:
        row = self.row
        if row is not None and (word := row.next_choice()):
            self._save(row, value_of_text(row.path, word))

    def action_unset(self) -> None:
        row = self.row
        if row is not None and row.editable:
            self._save(row, UNSET)

    @work(group="save")
    async def _save(self, row: SettingRow, value: Any) -> None:
        """On a thread: the file may lie on a file system that hangs."""
        try:
            await asyncio.to_thread(save, current.loaded().path, {row.path: value})
        except SettingsError as error:
            self.notify(str(error), title="Not saved", severity="error", markup=False)
        else:
            await self._saved()
            await self.show()

    def action_filter(self) -> None:
        wanted = self.query_one("#wanted", Input)
        wanted.display = True
        self.set_focus(wanted)

    @on(Input.Changed, "#wanted")
    def _filtered(self) -> None:
        self._fill()

    @on(Input.Submitted, "#wanted")
    def _filter_kept(self) -> None:
        self.set_focus(self._list)

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_leave(self) -> None:
        """First the filter, then the screen."""
        wanted = self.query_one("#wanted", Input)
        if wanted.display:
            wanted.display = False
            wanted.value = ""
            self.set_focus(self._list)
        else:
            self.dismiss()
