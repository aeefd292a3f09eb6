"""Tuning a rule on the screen, against a past that is known."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.settings import current
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.store import Loaded
from sysmon_tui.ui.look import Edit
from sysmon_tui.ui.past import Abandoned, Past
from sysmon_tui.ui.screens import tuning
from sysmon_tui.ui.screens.tuning import TuningScreen
from tests.scene import NOW, Scene, alerts, scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_lock import Door, answer

MEMORY = alerts()[0]
RULE = next(rule for rule in load_rules((), "pack").rules if rule.name == "MemoryAvailable")


class Day(Scene):
    """Twenty minutes in which memory was short twice; somebody took the first."""

    def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        for number in range(240):
            low = 0.04 if 30 <= number < 60 else 0.08 if 120 <= number < 150 else 0.6
            yield replace(
                tick(0),
                wall=NOW - 2_400 + 10 * number,
                mono=10.0 * number,
                families={"sysmon_memory_available_ratio": {(): low}},
            )


def day() -> Day:
    played = Day(scene().ticks)
    began = NOW - 2_400 + 330
    alert = replace(MEMORY, since=began)
    played.events = (
        AlertEvent(began + 300, "resolved", alert),
        AlertEvent(began + 120, "acknowledged", alert, clean("jonas")),
    )
    return played


async def settle(shown: Stage) -> None:
    def busy() -> list[object]:
        groups = ("past", "rerun")
        return [w for w in shown.app.workers if w.group in groups and not w.is_finished]

    while working := busy():
        await shown.app.workers.wait_for_complete(working)  # type: ignore[arg-type]
    await shown.pilot.pause()


def panel(shown: Stage) -> str:
    screen = shown.app.screen
    assert isinstance(screen, TuningScreen)
    return screen.panel.text


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "DEBOUNCE", 0.0)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_figures_of_the_past_stand_beside_those_of_the_rule(
    size: tuple[int, int],
) -> None:
    async with stage(*size, day()) as shown:
        await shown.press("a", "T")
        await settle(shown)
        text = panel(shown)
        assert "would have fired 2 times" in text
        assert "missed       0 of 1" in text
        assert "< 10%" in text
        assert "worst of all series" in text
        lines = text.splitlines()
        assert len(lines) == size[1]
        assert "Esc Leave" in lines[-1]
        assert lines[-2].strip(), "no room is wasted"
        await shown.press("escape")
        assert shown.screen == "Overview"
        assert shown.focus == "alerts"


async def test_the_answer_follows_the_figure() -> None:
    async with stage(120, 40, day()) as shown:
        await shown.press("a", "T", "equals_sign", *"7%", "enter")
        await settle(shown)
        assert "as changed" in panel(shown)
        assert "would have fired once" in panel(shown)
        await shown.press("right", "right", *["up"] * 3, *["right"] * 3, *["up"] * 3)
        await settle(shown)
        assert "would have fired never" in panel(shown)
        assert "missed       0 of 1       1 of 1" in panel(shown)
        assert "missed: the machine, taken by jonas" in panel(shown)
        await shown.press("backspace")
        await settle(shown)
        assert "would have fired 2 times" in panel(shown)


async def test_a_figure_can_be_typed() -> None:
    async with stage(80, 24, day()) as shown:
        await shown.press("a", "T", "equals_sign", *"7%", "enter")
        await settle(shown)
        assert "< 7%" in panel(shown)
        await shown.press("slash")
        shown.app.screen.query_one(Input).value = "1%"
        await shown.press("enter")
        await settle(shown)
        assert "would be reached before" in panel(shown)
        await shown.press("equals_sign", "escape", "left", "right")
        await settle(shown)
        assert "would be reached" not in panel(shown)


async def test_the_table_is_shown_and_copied_only_when_asked() -> None:
    async with stage(80, 24, day()) as shown:
        await shown.press("a", "T", "up", "enter")
        await settle(shown)
        text = str(shown.app.screen.query_one("#table", Static).content)
        assert 'warning = { below = "11%"' in text
        assert shown.app.clipboard == ""
        await shown.press("c")
        assert 'below = "11%"' in shown.app.clipboard
        await shown.press("escape", "q")
        assert shown.screen == "Overview"


class SettingsFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def text(self) -> str:
        return self.path.read_text() if self.path.exists() else ""

    def write(self, text: str) -> None:
        self.path.write_text(text)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SettingsFile]:
    before = current.loaded()
    path = tmp_path / "settings.toml"
    current.install(Loaded(settings=Settings(), path=path))
    yield SettingsFile(path)
    current.install(before)


async def saved(shown: Stage) -> list[str]:
    """What is said once the file is written, or is not."""
    while any(one.group == "save" for one in shown.app.workers):
        await shown.pilot.pause()
    return [one.message for one in shown.app._notifications]


async def test_the_table_is_written_when_asked(file: SettingsFile) -> None:
    file.write("[screen]\ntree = true  # mine\n")

    def edits() -> Edit | None:
        return Edit("rules: in force after a restart") if "below" in file.text else None

    async with stage(80, 24, day(), edits=edits) as shown:
        await shown.press("a", "T", "up", "enter")
        assert "below" not in file.text
        await shown.press("w")
        said = await saved(shown)
        assert said == [
            f"MemoryAvailable is saved in {file.path}",
            "rules: in force after a restart",
        ]
        assert "tree = true  # mine" in file.text
        table = tomllib.loads(file.text)["rules"][0]
        assert table["warning"]["below"] == "11%"
        assert load_rules([table], "").problems == ()
        await shown.press("up", "enter", "w")
        await saved(shown)
        assert len(tomllib.loads(file.text)["rules"]) == 1


async def test_a_file_with_a_mistake_is_left_alone(file: SettingsFile) -> None:
    file.write("[screen\n")
    async with stage(80, 24, day()) as shown:
        await shown.press("a", "T", "up", "enter", "w")
        (said,) = await saved(shown)
        assert "settings.toml:1" in said
        assert "Correct it first" in said
    assert file.text == "[screen\n"


async def test_the_lock_guards_the_file(file: SettingsFile) -> None:
    door = Door()
    async with stage(80, 24, day(), lock=door.lock) as shown:
        await shown.press("a", "T")
        await answer(shown, "open")
        door.clock.advance(301)
        await shown.press("up", "enter", "w")
        assert shown.screen == "Unlock"
        await shown.press("escape")
        assert file.text == ""
        assert shown.screen == "TuningScreen"


async def test_without_a_past_it_says_so() -> None:
    async with stage(80, 24, Scene(scene().ticks)) as shown:
        await shown.press("a", "T")
        await settle(shown)
        assert "Nothing was recorded of sysmon_memory_available_ratio" in panel(shown)


async def test_a_store_that_cannot_be_read_costs_only_the_answer() -> None:
    class Broken(Scene):
        def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
            raise StoreError("the disk is gone")

    async with stage(80, 24, Broken(scene().ticks)) as shown:
        await shown.press("a", "T", "up")
        await settle(shown)
        assert "No history: the disk is gone" in panel(shown)
        assert "< 11%" in panel(shown)


async def test_an_alert_of_another_machines_rule_cannot_be_tuned() -> None:
    source = scene()
    source.ticks = (replace(source.ticks[-1], alerts=(replace(MEMORY, rule="Gone"),)),)
    async with stage(80, 24, source) as shown:
        await shown.press("a", "T")
        assert shown.screen == "Overview"
        assert [note.message for note in shown.app._notifications] == [
            "Gone is no rule of this machine"
        ]


async def test_it_is_all_ascii_where_it_must_be() -> None:
    async with stage(80, 24, day(), glyph_set="ascii") as shown:
        await shown.press("a", "T")
        await settle(shown)
        assert panel(shown).isascii()
        await shown.press("enter")
        assert shown.screen == "TableScreen"


def test_nobody_waits_for_an_answer_that_is_out_of_date() -> None:
    asked: list[bool] = []

    def stale() -> bool:
        asked.append(True)
        return len(asked) > 4

    past = Past.read(day(), RULE, lambda: False)
    with pytest.raises(Abandoned):
        Past.read(day(), RULE, lambda: True)
    past.run(RULE, stale)
    with pytest.raises(Abandoned):
        past.run(RULE, stale)
    assert len(asked) <= 6, "it stops at once"


def test_the_curve_is_the_worst_of_each_part() -> None:
    past = Past.read(day(), RULE, lambda: False)
    curve = past.worst(24, lambda: False)
    assert min(curve) == 0.04
    assert curve[0] == curve[-1] == 0.6
    assert past.seconds == 2_390.0
    more = past.worst(960, lambda: False)
    assert not any(isnan(value) for value in more[:-8]), "few moments are drawn without gaps"
    assert all(isnan(value) for value in Past(RULE, (), ()).worst(5, lambda: False))
