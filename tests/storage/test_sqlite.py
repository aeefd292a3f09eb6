"""The history file: sessions, packing, and whatever was flushed."""

from __future__ import annotations

import gc
import stat
import subprocess
import sys
import weakref
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from sysmon_tui.model.metric import labels
from sysmon_tui.storage.sqlite_read import SESSION_GAP
from tests.storage.batches import ALL, MONO, WALL, batch, stream
from tests.storage.history_file import everything, open_one, query, record


def test_files_are_for_nobody_else(path: Path) -> None:
    store = open_one(path)
    store.append(stream(3))
    store.flush()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"history.sqlite", "history.sqlite-wal", "history.sqlite.lock"} <= set(modes)
    store.close()


def test_history_is_there_on_the_second_start(path: Path) -> None:
    record(path, stream(50))
    store = open_one(path)
    assert everything(store) == stream(50)
    store.close()


def test_a_store_that_was_closed_is_gone(path: Path) -> None:
    """A viewer opens one every few seconds to see whether it may record now."""
    recorder = open_one(path)
    viewer = open_one(path)
    assert recorder.recording
    assert not viewer.recording
    gone = weakref.ref(viewer)
    viewer.close()
    gc.disable()
    try:
        del viewer
        assert gone() is None
    finally:
        gc.enable()
        recorder.close()


def test_no_rate_is_derived_across_two_sessions(path: Path) -> None:
    record(path, stream(3))
    # The machine was started anew: its monotonic clock and counters begin again.
    again = [replace(item, mono=item.mono - MONO) for item in stream(3, begin=60.0)]
    record(path, [*again, replace(again[-1], collector="disk")])
    record(path, stream(2, begin=120.0))
    store = open_one(path)
    found = everything(store)
    store.close()
    assert [item.wall - WALL for item in found] == [0, 1, 2, 60, 61, 62, 62, 120, 121]
    steps = [after.mono - before.mono for before, after in pairwise(found)]
    assert steps == [1.0, 1.0, SESSION_GAP, 1.0, 1.0, 0.0, SESSION_GAP, 1.0]


def test_rows_are_packed_after_a_while_one_collector_a_flush(path: Path) -> None:
    store = open_one(path)
    counts = []
    for begin in range(0, 330, 10):
        store.append(stream(10, begin=begin) + stream(10, "memory", begin))
        store.flush()
        counts.append(query(path, "SELECT count(*) FROM chunk")[0][0])
    # 29 flushes of two small chunks; then one collector's become one chunk, then the other's.
    assert counts[28:32] == [58, 1 + 30, 2 + 1, 2 + 3]
    found = everything(store)
    assert [item for item in found if item.collector == "cpu"] == [
        replace(item, wall=item.wall + begin, mono=item.mono + begin)
        for begin in range(0, 330, 10)
        for item in stream(10)
    ]
    assert len(found) == 660
    store.close()
    assert query(path, "SELECT count(*), min(id) FROM chunk") == [(2, 1)]


def test_a_slow_collector_is_packed_by_age(path: Path) -> None:
    store = open_one(path)
    for at in range(0, 960, 60):
        store.append([batch(float(at), "disk", used=at * 1.0)])
        store.flush()
    assert query(path, "SELECT count FROM chunk ORDER BY id") == [(16,)]
    store.close()


def test_packed_rows_take_a_fraction_of_a_double(path: Path) -> None:
    figures = {labels(cpu=str(n)): n * 0.01 for n in range(64)}
    store = open_one(path)
    store.append(
        replace(
            batch(float(n)), families={"ticks": {key: value + n for key, value in figures.items()}}
        )
        for n in range(300)
    )
    store.close()
    ((size,),) = query(path, "SELECT sum(length(body)) FROM chunk")
    assert size < 64 * 300 * 0.1


def test_the_machine_changes_and_layouts_do_not_pile_up(path: Path) -> None:
    store = open_one(path, retention=1000.0)
    for begin in range(0, 40_000, 400):
        name = f"disk{begin}"
        store.append(batch(float(begin + n), "disk", **{name: n * 1.0}) for n in range(400))
        store.flush()
    assert query(path, "SELECT count(*) FROM layout")[0][0] <= 5
    last = next(iter(store.read(WALL + 39_990.0, WALL + 40_000.0, collectors=ALL)))
    assert list(last.families) == ["disk39600"]
    store.close()


def test_a_clock_that_is_wrong_once_does_not_take_the_history(path: Path) -> None:
    store = open_one(path, retention=3600.0)
    for begin in range(0, 2000, 10):
        store.append(stream(10, begin=begin))
        store.flush()
    before = len(everything(store))
    store.append([batch(1e9)])
    store.flush()
    assert before - len(everything(store)) < before
    store.close()


CRASH = """
import sys
from pathlib import Path
from sysmon_tui.storage.sqlite import SqliteStore
from tests.storage.batches import stream

store = SqliteStore(Path(sys.argv[1]), retention=1e6, quota=1 << 24, ours=True)
for begin in range(0, 1_000_000, 10):
    store.append(stream(10, begin=begin))
    store.flush()
    print(begin + 9, flush=True)
"""


def test_killed_while_it_writes(path: Path) -> None:
    """Whatever was flushed is there, the file is whole, and nothing was set aside."""
    for run in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CRASH, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        for _ in range(20 + 13 * run):
            acknowledged = int(child.stdout.readline())
        child.kill()
        later = child.stdout.read().split()
        child.wait()
        child.stdout.close()
        store = open_one(path)
        assert store.recording
        assert store.notice == ""
        last = everything(store)[-1].wall - WALL
        assert last >= max(acknowledged, *map(int, later), 0)
        store.close()
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
