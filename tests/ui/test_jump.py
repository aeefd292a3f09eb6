"""What a jump to a far moment may read, whatever the machine: the screen waits for it.

Ten minutes of 300 series; every figure is a bound on rows made and chunks unpacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.model.sample import Batch
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.monitor.replay import KEEP
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.columns import Columns
from sysmon_tui.storage.memory import MemoryLedger
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_past import SqlitePast
from sysmon_tui.ui.frames import SPARK, Frames, Wish
from sysmon_tui.ui.reel import BLOCK
from tests.benchmarks.made_machine import MadeMachine

BEGIN = 1_774_490_400.0
SECONDS = 600
SAMPLES = 122
CHARTED = frozenset({"cpu", "memory", "pressure", "disk", "network", "filesystem"})
COLLECTORS = 10


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jump") / "history.sqlite"
    store = SqliteStore(path, retention=1e6, quota=64 << 20, ours=True, derive=derive)
    machine = MadeMachine()
    for second in range(SECONDS):
        store.append(machine.second(second, BEGIN + second))
        if second % 10 == 9:
            store.flush()
    store.close()
    return path


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Chunks opened, batches made, columns decoded whole, and figures of all others."""
    done: Counter[str] = Counter()
    opened, made, decoded = Chunk.__init__, Chunk.batch, Columns._decode

    def open_it(self: Chunk, *args: Any) -> None:
        done["chunks"] += 1
        opened(self, *args)

    def make_it(self: Chunk, *args: Any) -> Batch:
        done["batches"] += 1
        return made(self, *args)

    def decode(self: Columns, column: int, rows: Sequence[int]) -> Sequence[float]:
        whole = len(rows) == self._count
        done["columns" if whole else "figures"] += 1 if whole else len(rows)
        return decoded(self, column, rows)

    monkeypatch.setattr(Chunk, "__init__", open_it)
    monkeypatch.setattr(Chunk, "batch", make_it)
    monkeypatch.setattr(Columns, "_decode", decode)
    return done


def frames(path: Path) -> Frames:
    past = SqlitePast(path, derive)
    return Frames(Lookback(lambda: past, MemoryLedger(), interval=1.0, charted=CHARTED), 1.0)


def wish(second: int, level: int = 0, step: float = 1.0) -> Wish:
    end = int((BEGIN + 400.0) / step) + SAMPLES // 4
    return Wish(BEGIN + second, level, end + (end & 1), SAMPLES)


def test_a_moment_alone_decodes_its_figures(path: Path, work: Counter[str]) -> None:
    past = SqlitePast(path, derive)
    moment = past.moment(BEGIN + 400.0)
    found = sum(len(family) for batch in moment.batches for family in batch.families.values())
    assert found > 500
    # The newest pair of each collector, from one chunk or, at its beginning, two.
    assert work["batches"] <= 2 * COLLECTORS
    assert work["chunks"] <= 2 * COLLECTORS
    # When each row was read, and nothing besides what it has.
    assert work["columns"] <= 2 * work["chunks"]
    assert work["figures"] == found


def test_a_far_jump_makes_the_rows_it_shows(path: Path, work: Counter[str]) -> None:
    shown = frames(path).load(wish(400), BEGIN + SECONDS)
    assert shown.tick is not None
    assert shown.tick.processes.rows
    assert sum(value == value for value in shown.window.columns["cpu"].mean) > 100
    most = SAMPLES + SPARK + 2 * BLOCK + KEEP
    assert work["batches"] <= most * len(CHARTED)
    assert work["chunks"] <= 3 * COLLECTORS
    assert work["columns"] <= 2 * work["chunks"]
    # Of 297 series what the screen has a signal of.
    assert work["figures"] <= 160 * most


def test_a_step_from_there_reads_two_rows_of_each_collector(path: Path, work: Counter[str]) -> None:
    near = frames(path)
    near.load(wish(400), BEGIN + SECONDS)
    work.clear()
    near.load(wish(390), BEGIN + SECONDS)
    assert work["batches"] <= 2 * COLLECTORS
    assert work["chunks"] == work["columns"] == 0
    assert work["figures"] <= 600


def test_a_chart_of_rollups_reads_rows_for_sparklines_only(path: Path, work: Counter[str]) -> None:
    frames(path).load(wish(400, 3, 60.0), BEGIN + SECONDS)
    # What rollups lack at the end is a minute of each signal's collector.
    assert work["batches"] <= (SPARK + 2 * BLOCK + KEEP) * len(CHARTED) + 12 * (60 + KEEP)
