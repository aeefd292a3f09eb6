"""What was recorded, shown again, is to the letter what the screen showed at the time.

Real collectors on a hand-set clock are recorded through the thinning and a store; the ticks made
of that go through the same panels as those that were live.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.thin import BUSIEST, Thinner
from sysmon_tui.ui.signals import METRICS
from tests.clock import ManualClock
from tests.scene import Scene
from tests.ui.stage import Stage, stage
from tests.ui.test_travel import settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="records from /proc")

BEATS = 26
SHOWN = 15
"""The beat that is compared: one whose process table was kept."""
CHARTED = frozenset({"cpu", "memory", "pressure", "disk", "network", "filesystem"})
STEADY = Rule(
    name="Steady",
    metric="node_memory_MemTotal_bytes",
    levels=(Level(Severity.WARNING, 1.0, 1.0),),
    summary="There is memory",
    resource="memory",
)


class Recording:
    def __init__(self, place: Path) -> None:
        clock = ManualClock()
        store = SqliteStore(
            place / "history", retention=1e6, quota=1 << 26, ours=True, derive=derive
        )
        ledger = SqliteLedger(place / "alerts")
        thinner = Thinner()
        self.store = store
        # All of them on the beat: what a thread of its own reads is shown a beat later live.
        lanes = [Lane(each, 1.0) for each in create_collectors(Roots(), frozenset())]
        engine = Engine(
            lanes,
            AlertEngine((STEADY,), ledger),
            clock,
            keep=lambda batches: store.append([thinner.thin(batch) for batch in batches]),
        )
        self.lived: list[Tick] = []
        for _ in range(BEATS):
            self.lived.append(engine.beat())
            clock.advance(1.0)
        store.flush()
        engine.close()
        self.back = Lookback(lambda: store, ledger, interval=1.0, charted=CHARTED)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    made = Recording(tmp_path_factory.mktemp("recording"))
    yield made
    made.store.close()


def texts(shown: Stage) -> dict[str, str]:
    """By panel; of the table as many rows as are kept of each order."""
    found = {name: panel.text for name, panel in shown.app.overview.panels.items() if panel.shown}
    if "processes" in found:
        found["processes"] = "\n".join(found["processes"].splitlines()[:BUSIEST])
    return found


PAGES = ("1", "2", "3", "4", "5", "6", "7")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_replay_equals_live(recording: Recording, width: int, height: int) -> None:
    was = recording.lived[SHOWN]
    start = recording.lived[0].wall
    then = recording.back.tick(was.wall)
    ticks = list(recording.back.ticks(start, was.wall, 1.0, METRICS))
    assert then.processes.rows
    async with stage(width, height, Scene([was], recording.lived[:SHOWN])) as shown:
        live = []
        for page in PAGES:
            await shown.press(page)
            live.append(texts(shown))
    async with stage(width, height, Scene([then], ticks)) as shown:
        for page, wanted in zip(PAGES, live, strict=True):
            await shown.press(page)
            found = texts(shown)
            assert found.keys() == wanted.keys()
            for name, text in wanted.items():
                assert found[name] == text, name


async def test_looking_back_shows_what_was_live(recording: Recording) -> None:
    """But for the first line, which says that it is the past, the chart, which goes on, and
    that nobody can act on it."""
    was, now = recording.lived[SHOWN], recording.lived[-1]
    async with stage(120, 40, Scene([was], recording.lived[:SHOWN])) as shown:
        live = texts(shown)
    now = replace(now, wall=was.wall + 20.0)
    source = Scene([now], recording.lived[:-1], recording.back)  # type: ignore[arg-type]
    async with stage(120, 40, source) as shown:
        shown.app.overview.travel.go(was.wall)
        await settle(shown)
        found = texts(shown)
        for name in live.keys() - {"header", "history", "footer"}:
            assert _at_that_time(found[name]) == _at_that_time(live[name]), name


def _at_that_time(text: str) -> str:
    """Without the key that takes an alert, and in the same tense."""
    return " ".join(text.replace("a a take", "").replace("had it", "has it").split())
