"""Whatever of us raises, the rest goes on: a panel, a collector, a processor, the judge, a beat."""

from __future__ import annotations

import threading

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.sample import Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.processors.cpu import Cpu
from sysmon_tui.storage.memory import MemoryStore
from tests.clock import ManualClock
from tests.monitor.fakes import FakeCpu, FakeLedger, alert_engine
from tests.scene import HOST, Scene, tick
from tests.ui.stage import Stage, stage

ERRORS = [KeyError("gone"), ValueError("\x1b[2Jodd"), IndexError(), ZeroDivisionError(), OSError(5)]
PANELS = (
    *("header", "verdict", "gauges", "cores", "disks", "filesystems", "network", "sensors"),
    *("history", "alerts", "processes", "footer", "detail", "internals", "timeline"),
)
PAGES = {"sensors": "5", "history": "1", "internals": "8", "timeline": "3"}
"""The page on which a panel is shown; others are on the overview."""


async def test_a_panel_that_cannot_be_drawn_says_so_and_the_app_lives() -> None:
    async with stage(200, 60, Scene([tick(600, inspect=True)])) as shown:
        panels = shown.app.overview.panels
        assert set(panels) == {*PANELS, "small"}
        for name in PANELS:
            if name == "detail":
                await shown.press("1", "enter")
            elif name in PAGES:
                await shown.press(PAGES[name])
            await breaks_down_alone(shown, name)
        shown.app.exit()


async def test_so_does_the_one_of_a_tiny_terminal() -> None:
    async with stage(15, 4, Scene([tick(600)])) as shown:
        await breaks_down_alone(shown, "small")


async def breaks_down_alone(shown: Stage, name: str) -> None:
    panels = shown.app.overview.panels
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panels[name], "draw", fail)
        panels[name].redraw()
        await shown.pilot.pause()
        text = panels[name].text
        assert "Defect" in text or "cannot be" in text
        assert "\x1b" not in text
        others = [other for key, other in panels.items() if other.shown and key != name]
        assert all("Defect" not in other.text for other in others)
    panels[name].redraw()
    assert "Defect" not in panels[name].text
    assert shown.app.is_running


def fail(*_: object) -> list[object]:
    raise RuntimeError("a figure nobody\x1b[2J thought of")


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cpu = FakeCpu()
        self.writer = Writer(lambda: MemoryStore(retention=60.0, quota=1 << 20), FakeLedger(),
                             clock=self.clock)  # fmt: skip
        self.alerts = alert_engine()
        self.engine = Engine([Lane(self.cpu)], self.alerts, self.clock, keep=self.writer.put)
        self.monitor = Monitor(self.engine, self.writer, self.clock, HOST, interval=1.0)

    def beat(self) -> Tick:
        self.clock.advance(1.0)
        return self.monitor.beat()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_collector_that_raises_is_an_error_of_its_own(error: Exception) -> None:
    rig = Rig()
    rig.cpu.fails = error
    (state,) = rig.beat().collectors
    assert state.status is Status.ERROR
    assert "\x1b" not in state.note
    rig.cpu.fails = None
    for _ in range(3):
        moment = rig.beat()
    assert moment.collectors[0].status is Status.OK


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_processor_that_raises_costs_its_own_figures(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig()
    monkeypatch.setattr(Cpu, "feed", lambda *_: (_ for _ in ()).throw(error))
    moment = rig.beat()
    assert moment.family("node_cpu_seconds_total")
    assert not moment.family("sysmon_cpu_ratio")
    assert rig.monitor.notices[0].startswith("Figures of cpu: ")
    assert "\x1b" not in rig.monitor.notices[0]
    monkeypatch.undo()
    rig.beat()
    assert rig.beat().family("sysmon_cpu_ratio")
    assert not rig.monitor.notices


def test_a_judge_that_raises_leaves_the_alerts_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    rig.cpu.busy = 0.95
    for _ in range(4):
        before = rig.beat().alerts
    assert before
    monkeypatch.setattr(rig.alerts, "judge", lambda *_: (_ for _ in ()).throw(KeyError("x")))
    moment = rig.beat()
    assert moment.alerts == before
    assert moment.family("sysmon_cpu_ratio")
    assert rig.monitor.notices == ("Alerts are not judged: KeyError 'x'",)
    monkeypatch.undo()
    rig.beat()
    assert not rig.monitor.notices


def test_a_beat_that_fails_is_not_the_last_one() -> None:
    """Through the engine's own thread: what nobody foresaw, and an act that fails."""
    rig = Rig()
    beats = threading.Semaphore(0)
    failing = [True]

    def keep(_batches: object) -> None:
        beats.release()
        if failing[0]:
            raise StoreError("no room")

    engine = Engine([Lane(FakeCpu())], alert_engine(), SystemClock(), keep=keep)
    monitor = Monitor(engine, rig.writer, SystemClock(), HOST, interval=0.02)
    monitor.start()
    try:
        for _ in range(3):
            assert beats.acquire(timeout=10)
        assert any("A beat failed: StoreError" in notice for notice in monitor.notices)
        monitor._wish(lambda *_: (_ for _ in ()).throw(ValueError("an act")))
        failing[0] = False
        for _ in range(4):
            assert beats.acquire(timeout=10)
        assert monitor.notices == ()
    finally:
        monitor.stop()
