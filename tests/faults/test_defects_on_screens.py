"""Whatever of us raises on whatever screen: a panel says so in its place, what a key asked for or
a worker was at is lost alone, and all else ends the app with 1, a report and its terminal back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.worker import WorkerFailed

from sysmon_tui.model.brief import Brief
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.desk import Desk
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.store import load
from sysmon_tui.storage.memory import MemoryLedger
from sysmon_tui.ui.actions import ACTIONS, Scope
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.crash import write_report
from sysmon_tui.ui.greeting import Visit
from sysmon_tui.ui.lock import NO_LOCK, Lock
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.screens import tuning
from sysmon_tui.ui.screens.alert import AlertScreen
from sysmon_tui.ui.screens.tuning import TuningScreen
from sysmon_tui.ui.widgets.line_panel import LinePanel
from tests.faults.defective import DEFECT, Defect, raising
from tests.hold import FakeHold, ourselves, target
from tests.integration.live import FIRST_DATA, environ
from tests.model.briefs import bad_night
from tests.pty import Pty
from tests.scene import HOST, Scene, scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_lock import Door

Break = Callable[[pytest.MonkeyPatch, Stage], None]


class Told:
    """Somebody was here before."""

    def news(self, tick: Tick) -> Brief | None:
        return None

    def brief(self, tick: Tick) -> Brief:
        return bad_night()


@dataclass(frozen=True)
class Way:
    """How one comes to a screen."""

    keys: tuple[str, ...] = ()
    lock: Lock = NO_LOCK
    visit: Visit | None = field(default_factory=Told)


WAYS = {
    "HelpScreen": Way(("question_mark",)),
    "SettingsScreen": Way(("f2",)),
    "SignalScreen": Way(("f9",)),
    "Ask": Way(("a", "n")),
    "BriefScreen": Way(("B",)),
    "CompareScreen": Way(("d",)),
    "AlertScreen": Way(("a", "enter")),
    "TuningScreen": Way(("a", "T")),
    "TableScreen": Way(("a", "T", "enter")),
    "Unlock": Way(("a", "a"), lock=Door().lock),
}
"""Every screen over the overview."""


@pytest.fixture(autouse=True)
def _settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(current, "_current", current._Current())
    monkeypatch.setattr(tuning, "DEBOUNCE", 0.0)
    (tmp_path / "settings.toml").write_text("")
    current.install(load(Dirs(tmp_path, tmp_path), {}, {}))
    yield
    monkeypatch.undo()


@asynccontextmanager
async def overview(place: Path, way: Way = Way()) -> AsyncIterator[Stage]:
    desk = Desk(Incidents(place), MemoryLedger(), None, HOST, flush=lambda: True)
    source = scene()
    source.holds = {4113: FakeHold(target(), ourselves())}
    async with stage(120, 40, source, visit=way.visit, desk=desk, lock=way.lock) as shown:
        shown.app.report = partial(write_report, place / "state", lambda: 0.0)
        yield shown


async def come(shown: Stage, way: Way, name: str) -> Screen[Any]:
    for key in way.keys:
        await shown.press(key)
    await until(shown, lambda: shown.screen == name)
    return shown.app.screen


async def back(shown: Stage) -> None:
    for _ in range(4):
        if shown.screen != "Overview":
            await shown.press("escape")
    assert shown.screen == "Overview"
    shown.app.overview.travel.live()
    shown.app.overview.set_focus(shown.app.overview.processes)
    await shown.press("home")


async def until(shown: Stage, holds: Callable[[], object]) -> None:
    for _ in range(500):
        if holds():
            return
        await shown.pilot.pause()
    raise AssertionError(f"it did not come: {toasts(shown)} on {shown.screen}")


def toasts(shown: Stage) -> list[str]:
    return [f"{one.title}: {one.message}" for one in shown.app._notifications]


async def told(shown: Stage) -> None:
    """A defect was told, without a value and with a report; the app lives."""
    await until(shown, lambda: any("That failed: Defect at" in one for one in toasts(shown)))
    assert all(DEFECT not in one for one in toasts(shown))
    assert shown.app.is_running
    assert shown.app.return_code in (None, 0)
    shown.app.clear_notifications()


# Panels


@pytest.mark.parametrize("name", ["AlertScreen", "TuningScreen"])
async def test_a_panel_of_another_screen_says_so_in_its_place(name: str, tmp_path: Path) -> None:
    async with overview(tmp_path) as shown:
        screen = await come(shown, WAYS[name], name)
        panels = list(screen.query(LinePanel))
        assert panels
        for panel in panels:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(panel, "draw", raising)
                panel.redraw()
                assert "Defect" in panel.text
                assert "\x1b" not in panel.text
                assert not any("Defect" in other.text for other in panels if other is not panel)
            panel.redraw()
            assert "Defect" not in panel.text
        await shown.press("escape")
        assert shown.screen == "Overview"


def test_every_panel_of_every_screen_is_one_that_says_so() -> None:
    """Those of the overview are in test_defects; these two screens have the others."""
    named = {found.__name__ for found in _below(LinePanel) if found.__module__.startswith("sysm")}
    elsewhere = {"DossierPanel", "Keys", "Tuning"}
    bases = {"ListPanel", "TablePanel"}
    assert elsewhere <= named
    assert len(named - elsewhere - bases) == 16
    assert {AlertScreen.__name__, TuningScreen.__name__} <= set(WAYS)


def _below(kind: type[LinePanel]) -> Iterator[type[LinePanel]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


# Keys


async def test_what_a_key_asks_for_is_lost_alone(tmp_path: Path) -> None:
    """Each action of the overview and of the app."""
    elsewhere = (Scope.DOSSIER, Scope.TUNING)
    asked = [one for one in ACTIONS if one.scope not in elsewhere and one.name != "quit"]
    assert len(asked) > 50
    async with overview(tmp_path) as shown:
        targets = {
            Scope.ALERTS: shown.app.overview.panels["alerts"],
            Scope.PROCESSES: shown.app.overview.processes,
            Scope.LIST: shown.app.overview.processes,
            Scope.CHART: shown.app.overview.history,
            Scope.GENERAL: shown.app,
        }
        for action in asked:
            owner = type(targets.get(action.scope, shown.app.overview))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(owner, f"action_{action.name.partition('(')[0]}", raising)
                patch.setattr(owner, "check_action", lambda *_: True)
                await shown.app.perform(action)
                await told(shown)
        assert shown.screen == "Overview"
        reports = list((tmp_path / "state").iterdir())
        assert [one.name for one in reports] == ["crash-19700101T000000.000000Z.txt"]
        assert "Defect" in reports[0].read_text()
        before = shown.app.overview.processes.as_tree
        await shown.press("t")
        assert shown.app.overview.processes.as_tree is not before, "the next key works"


async def test_so_it_is_on_every_screen(tmp_path: Path) -> None:
    async with overview(tmp_path) as shown:
        for name, way in WAYS.items():
            if way.lock is NO_LOCK:
                await every_action_fails(shown, name, way)
                await back(shown)


async def test_so_it_is_where_a_password_is_asked_for(tmp_path: Path) -> None:
    way = WAYS["Unlock"]
    async with overview(tmp_path, way) as shown:
        await every_action_fails(shown, "Unlock", way)


async def every_action_fails(shown: Stage, name: str, way: Way) -> None:
    screen = await come(shown, way, name)
    ours = [one for one in type(screen).__mro__ if one.__module__.startswith("sysmon_tui")]
    actions = {act for one in ours for act in vars(one) if act.startswith("action_")}
    for act in sorted(actions):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(screen), act, raising)
            await shown.app.run_action(f"{act[7:]}{ARGUMENTS.get(act, '')}", screen)
            await told(shown)
        assert shown.app.screen is screen


ARGUMENTS = {
    "action_scroll": "(1)",
    "action_move": "(1)",
    "action_scroll_who": "(1)",
    "action_close_table": "(False)",
}


async def test_leaving_is_an_end_even_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Defect):  # noqa: PT012 - it comes out of the app
        async with overview(tmp_path) as shown:
            monkeypatch.setattr(SysmonApp, "action_quit", raising)
            await shown.press("q")
    assert shown.app.return_code == 1
    assert "Defect at defective.py" in shown.app.last_words


# Workers


def _fails(path: str) -> Break:
    def do(patch: pytest.MonkeyPatch, shown: Stage) -> None:
        owner: Any = shown
        *way, name = path.split(".")
        for step in way:
            owner = getattr(owner, step)
        patch.setattr(owner, name, raising)

    return do


def _module_fails(path: str) -> Break:
    return lambda patch, _shown: patch.setattr(path, raising)


WORKERS: dict[str, tuple[Break, tuple[str, ...]]] = {
    "evidence": (_fails("source.dossier"), ("a", "enter")),
    "comparison": (_fails("source.lookback.tick"), ("d",)),
    "the past of a rule": (_fails("source.recorded"), ("a", "T")),
    "a rerun": (_module_fails("sysmon_tui.ui.past.Past.run"), ("a", "T", "up")),
    "a rule to save": (
        _module_fails("sysmon_tui.ui.screens.tuning.save_rule"),
        ("a", "T", "up", "enter", "w"),
    ),
    "a setting to save": (
        _module_fails("sysmon_tui.ui.screens.settings.save"),
        ("f2", "down", "space"),
    ),
    "a signal": (_fails("source.hold"), ("f9",)),
    "a brief": (_module_fails(f"{__name__}.Told.brief"), ("B",)),
    "an incident": (_module_fails("sysmon_tui.monitor.desk.Desk.begin"), ("i", "x", "enter")),
    "a moment of the past": (_fails("source.lookback.tick"), ("left_square_bracket",)),
}


def is_at(shown: Stage, number: int) -> bool:
    return shown.app._present.newest.number == number


async def test_what_a_worker_is_at_is_lost_alone(tmp_path: Path) -> None:
    async with overview(tmp_path) as shown:
        for number, (break_it, keys) in enumerate(WORKERS.values(), 601):
            with pytest.MonkeyPatch.context() as patch:
                break_it(patch, shown)
                for key in keys:
                    await shown.press(key)
                await told(shown)
            await back(shown)
            shown.app.post_message(TickReady(tick(number)))
            await until(shown, partial(is_at, shown, number))


async def test_a_password_that_cannot_be_checked_opens_nothing(tmp_path: Path) -> None:
    lock = Lock("mira", 300.0, raising, lambda: 0.0)
    way = Way(("a", "a"), lock=lock)
    async with overview(tmp_path, way) as shown:
        await come(shown, way, "Unlock")
        await shown.press("x", "enter")
        await told(shown)
        assert shown.screen == "Unlock"
        assert shown.source.taken == []


async def test_a_past_that_cannot_be_read_costs_the_charts_only(tmp_path: Path) -> None:
    class Broken(Scene):
        def history(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
            raise Defect(DEFECT)

    async with stage(120, 40, Broken(scene().ticks), history=False) as shown:
        await told(shown)
        assert "Only 3.0% of memory" in shown.text


async def test_without_ticks_there_is_nothing_to_show() -> None:
    broken = asyncio.Event()

    class Broken(Scene):
        async def stream(self) -> AsyncIterator[Tick]:
            yield self.ticks[0]
            await broken.wait()
            raise Defect(DEFECT)

    with pytest.raises(WorkerFailed):  # noqa: PT012 - it comes out of the app
        async with stage(120, 40, Broken(scene().ticks)) as shown:
            broken.set()
            await shown.pilot.pause()
    assert shown.app.return_code == 1
    assert shown.app.last_words


# Everything else


def _press(key: str) -> Callable[[Stage], Awaitable[None]]:
    return lambda shown: shown.press(key)


async def _resized(shown: Stage) -> None:
    await shown.pilot.resize_terminal(90, 30)


async def _clicked(shown: Stage) -> None:
    await shown.pilot.click("#processes", offset=(5, 5))


async def _ticked(shown: Stage) -> None:
    shown.app.post_message(TickReady(tick(601)))
    await shown.pilot.pause()


async def _answered(shown: Stage) -> None:
    await shown.press("b", *"03:00", "enter")


UI = "sysmon_tui.ui"
ENDS: dict[str, tuple[str, Callable[[Stage], Awaitable[None]]]] = {
    "a screen's parts": (f"{UI}.screens.help.HelpScreen.compose", _press("question_mark")),
    "a screen's start": (f"{UI}.screens.ask.Ask.on_mount", _press("b")),
    "a resize": (f"{UI}.screens.overview.Overview.on_resize", _resized),
    "a click": (f"{UI}.widgets.list_panel.ListPanel.on_click", _clicked),
    "the focus": (f"{UI}.widgets.line_panel.LinePanel.on_focus", _press("tab")),
    "a watcher": (f"{UI}.widgets.footer.Footer.watch_scopes", _press("tab")),
    "a message": (f"{UI}.screens.overview.Overview._ask", _press("down")),
    "a strip": (f"{UI}.widgets.line_panel.LinePanel._strip", _ticked),
    "a tick": (f"{UI}.app.SysmonApp._show", _ticked),
    "a dialog's answer": (f"{UI}.travel.Travel.go", _answered),
}


@pytest.mark.parametrize("name", ENDS)
async def test_all_else_ends_with_a_report(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, act = ENDS[name]
    with pytest.raises(Defect):  # noqa: PT012 - it comes out of the app
        async with overview(tmp_path) as shown:
            monkeypatch.setattr(path, raising)
            await act(shown)
            await shown.pilot.pause()
    assert shown.app.return_code == 1
    assert shown.app.last_words.startswith("sysmon-tui: it failed: Defect at defective.py")
    assert DEFECT not in shown.app.last_words
    assert len(list((tmp_path / "state").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_the_terminal_is_given_back(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.faults.defective", f"{UI}.screens.help.help_text"]
    with Pty(argv, columns=120, rows=40, environ=environ(tmp_path)) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for("q Quit")
        term.send("?")
        assert term.exit_status() == 1
        assert term.left_behind() == []
        assert "it failed: Defect" in term.screen.text
        assert DEFECT not in term.screen.text
        (report,) = (tmp_path / "state").glob("crash-*.txt")
        assert "Defect" in report.read_text()
