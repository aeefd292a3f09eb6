"""What a jump to a far moment may read, whatever the machine: the screen waits for it.

Ten minutes of 300 series; every figure is a bound on rows made and chunks unpacked.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.monitor.replay import KEEP
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import chunk, codec
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
    """How often a chunk is unpacked, a column is decoded and a batch is made."""
    done: Counter[str] = Counter()
    for kind, name in (
        (chunk.Chunk, "__init__"),
        (chunk.Chunk, "batch"),
        (chunk.Chunk, "single"),
        (codec.Columns, "_decode"),
    ):
        monkeypatch.setattr(kind, name, _counted(done, name, getattr(kind, name)))
    return done


def _counted(done: Counter[str], name: str, method):  # type: ignore[no-untyped-def]
    def counted(*args, **kwargs):  # type: ignore[no-untyped-def]
        done[name] += 1
        return method(*args, **kwargs)

    return counted


def frames(path: Path) -> Frames:
    past = SqlitePast(path, derive)
    return Frames(Lookback(lambda: past, MemoryLedger(), interval=1.0, charted=CHARTED), 1.0)


def wish(second: int, level: int = 0, step: float = 1.0) -> Wish:
    end = int((BEGIN + 400.0) / step) + SAMPLES // 4
    return Wish(BEGIN + second, level, end + (end & 1), SAMPLES)


def test_a_moment_alone_decodes_single_figures(path: Path, work: Counter[str]) -> None:
    past = SqlitePast(path, derive)
    moment = past.moment(BEGIN + 400.0)
    assert sum(len(f) for b in moment.batches for f in b.families.values()) > 500
    # The newest pair of each collector, from one chunk or, at its beginning, two.
    assert work["single"] <= 2 * COLLECTORS
    assert work["__init__"] <= 2 * COLLECTORS
    # When each row was read.
    assert work["_decode"] <= 2 * work["__init__"]
    assert work["batch"] == 0


def test_a_far_jump_makes_the_rows_it_shows(path: Path, work: Counter[str]) -> None:
    shown = frames(path).load(wish(400), BEGIN + SECONDS)
    assert shown.tick is not None
    assert shown.tick.processes.rows
    assert sum(value == value for value in shown.window.columns["cpu"].mean) > 100
    most = SAMPLES + SPARK + 2 * BLOCK + KEEP
    assert work["batch"] <= most * len(CHARTED)
    assert work["__init__"] <= 3 * COLLECTORS
    # Of 297 series what the screen has a signal of, and times; not a column twice.
    assert work["_decode"] <= 3 * 160


def test_a_step_from_there_reads_two_rows_of_each_collector(path: Path, work: Counter[str]) -> None:
    near = frames(path)
    near.load(wish(400), BEGIN + SECONDS)
    work.clear()
    near.load(wish(390), BEGIN + SECONDS)
    assert work["single"] <= 2 * COLLECTORS
    assert work["__init__"] == work["batch"] == work["_decode"] == 0


def test_a_chart_of_rollups_reads_rows_for_sparklines_only(path: Path, work: Counter[str]) -> None:
    frames(path).load(wish(400, 3, 60.0), BEGIN + SECONDS)
    # What rollups lack at the end is a minute of each signal's collector.
    assert work["batch"] <= (SPARK + 2 * BLOCK + KEEP) * len(CHARTED) + 12 * (60 + KEEP)
