"""F2: every setting, what it means, where it is from; changed, validated, saved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.fields import FIELDS, Source, is_tables
from sysmon_tui.settings.save import value_of_text
from sysmon_tui.settings.store import load
from sysmon_tui.ui.look import Edit
from sysmon_tui.ui.screens.settings import SettingsScreen
from sysmon_tui.ui.setting_rows import SettingRow, setting_rows, typed
from tests.ui.stage import Stage, stage

TEXT = """\
# mine
[screen]
sort = "memory" # why

[[notify.to]]
name = "hook"
kind = "webhook"
url = "https://example.org/canary-1f"

[[rules]]
name = "Mine"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(current, "_current", current._Current())
    (tmp_path / "settings.toml").write_text(TEXT)
    install(tmp_path, {})
    return tmp_path / "settings.toml"


def install(place: Path, environ: Mapping[str, str]) -> None:
    current.install(load(Dirs(place, place), environ, {}))


def text_in(path: Path) -> str:
    return path.read_text()


def put(path: Path, text: str) -> None:
    path.write_text(text)


def edit() -> Edit | None:
    current.reload()
    return Edit("reloaded")


@asynccontextmanager
async def opened(
    width: int = 80, height: int = 24, glyph_set: str = "unicode"
) -> AsyncIterator[tuple[Stage, SettingsScreen]]:
    async with stage(width, height, edits=edit, glyph_set=glyph_set) as shown:
        await shown.press("f2")
        screen = shown.app.screen
        assert isinstance(screen, SettingsScreen)
        while screen.row is None:
            await shown.pilot.pause()
        yield shown, screen


async def go_to(shown: Stage, screen: SettingsScreen, path: str) -> SettingRow:
    rows = screen.query_one(OptionList)
    rows.highlighted = [option.id for option in rows.options].index(path)
    await shown.pilot.pause()
    assert screen.row is not None
    return screen.row


async def settled(shown: Stage) -> None:
    """What is being saved is saved and shown."""
    while any(worker.group == "save" for worker in shown.app.workers):
        await shown.pilot.pause()
    await shown.pilot.pause()


def at(screen: SettingsScreen) -> str:
    """The setting under the cursor."""
    return screen.row.path if screen.row is not None else ""


def meaning(screen: SettingsScreen) -> str:
    return str(screen.query_one("#meaning", Static).content)


def test_every_setting_has_a_row_with_its_meaning_and_origin(path: Path) -> None:
    rows = {row.path: row for row in setting_rows(current.loaded())}
    assert set(rows) == {*FIELDS, "rules"}
    assert all(row.meaning for row in rows.values())
    assert rows["screen.sort"].source is Source.FILE
    assert rows["screen.sort"].value == "memory"
    assert rows["rules"].value == "Mine"
    assert rows["collection.interval"].remark == "In force after a restart"
    assert not rows["notify.to"].editable


def test_what_may_be_a_secret_is_not_shown(path: Path) -> None:
    rows = setting_rows(current.loaded())
    assert not any("canary" in f"{row}" for row in rows)
    assert next(row for row in rows if row.path == "notify.to").value == "hook (webhook)"


def test_a_value_is_spelled_as_it_is_read(path: Path) -> None:
    for setting, field in FIELDS.items():
        if not is_tables(field.type) and field.default not in ((), {}):
            assert value_of_text(setting, typed(field.default)) == field.default
    assert value_of_text("screen.keys", typed({"quit": "q", "a": "b"})) == {"quit": "q", "a": "b"}


async def test_the_cursor_tells_what_a_setting_means(path: Path) -> None:
    async with opened() as (shown, screen):
        await go_to(shown, screen, "screen.tree")
        assert "Show the process table as a tree at start." in meaning(screen)
        await go_to(shown, screen, "notify.to")
        assert "Edit the file to change it" in meaning(screen)
        await shown.press("enter", "space", "delete")
        assert shown.screen == "SettingsScreen"
        await shown.press("k", "j")
        assert at(screen) == "notify.to"
        await shown.press("escape")
        assert shown.screen == "Overview"
    assert text_in(path) == TEXT


async def test_what_is_typed_is_judged_while_it_is_typed_and_saved(path: Path) -> None:
    async with opened() as (shown, screen):
        await go_to(shown, screen, "collection.interval")
        await shown.press("enter")
        assert shown.screen == "Ask"
        field = shown.app.screen.query_one(Input)
        remark = shown.app.screen.query_one("#remark", Static)
        assert "after a restart" in str(remark.content)
        field.value = "0"
        await shown.press("enter")
        assert shown.screen == "Ask", "what is wrong is not taken"
        assert str(remark.content) == "expected a number from 0.1 to 3600"
        field.value = "2.5"
        await shown.press("enter")
        await settled(shown)
        assert screen.row == next(
            row for row in setting_rows(current.loaded()) if row.path == "collection.interval"
        )
        assert screen.row.value == "2.5"
        assert screen.row.source is Source.FILE
    assert text_in(path).startswith(TEXT.partition("[[rules]]")[0].rstrip())
    assert current.settings().collection.interval == 2.5


async def test_space_takes_the_next_choice_and_delete_the_default(path: Path) -> None:
    async with opened(120, 40, "ascii") as (shown, screen):
        await go_to(shown, screen, "screen.sort")
        await shown.press("space")
        await settled(shown)
        assert 'sort = "time" # why' in text_in(path)
        await shown.press("delete")
        await settled(shown)
        assert "sort" not in text_in(path)
        await go_to(shown, screen, "screen.theme")
        await shown.press("space")
        assert current.settings().screen.theme == "auto", "there are no words to choose from"
        await shown.press("enter", "enter")
        assert shown.screen == "SettingsScreen"
        await shown.press("enter", "escape")
        assert shown.screen == "SettingsScreen"


async def test_a_filter_leaves_what_matches_and_escape_ends_it_first(path: Path) -> None:
    async with opened() as (shown, screen):
        await shown.press("slash", *"quota")
        rows = screen.query_one(OptionList)
        assert [option.id for option in rows.options] == [None, "storage.quota_mib"]
        await shown.press("enter")
        assert shown.focus == "rows"
        assert at(screen) == "storage.quota_mib"
        await shown.press("slash", *"zzz")
        assert at(screen) == ""
        await shown.press("escape")
        assert len(rows.options) > len(FIELDS)
        await shown.press("escape")
        assert shown.screen == "Overview"


async def test_what_wins_over_the_file_is_said(path: Path, tmp_path: Path) -> None:
    install(tmp_path, {"SYSMON_TUI_SCREEN_TREE": "1"})
    async with opened() as (shown, screen):
        await go_to(shown, screen, "screen.tree")
        assert "The environment wins over what is saved" in meaning(screen)


async def test_a_file_that_cannot_be_changed_is_told(path: Path) -> None:
    async with opened() as (shown, screen):
        await go_to(shown, screen, "screen.sort")
        put(path, "[screen")
        await shown.press("space")
        await settled(shown)
        told = [note.message for note in shown.app._notifications]
        assert any("not valid TOML" in message for message in told)
    assert text_in(path) == "[screen"
