"""Derived figures are kept chunk by chunk, and not for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isnan, nan
from pathlib import Path

import pytest

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.ports import ByColumns, Columns
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import derived as module
from sysmon_tui.storage.builder import Builder
from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.derived import Derived, DerivedCache, derived, derived_at_once
from sysmon_tui.storage.memory import MemoryStore
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_past import SqlitePast
from tests.benchmarks.made_machine import MadeMachine
from tests.storage.batches import ailing, batch
from tests.storage.history_file import query
from tests.storage.looking_back import HOUR, ZERO, at, doubled

ROW = labels(core="0")


class Counting:
    """`doubled`, and how often it was fed."""

    def __init__(self) -> None:
        self.fed = 0

    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        feed = doubled(collector)

        def counted(item: Batch) -> Families:
            self.fed += 1
            return feed(item)

        return counted

    def sources(self, metric: str) -> frozenset[str]:
        return doubled.sources(metric)

    def columns(self, metric: str) -> ByColumns | None:
        return None


def record(path: Path, seconds: int) -> None:
    store = SqliteStore(path, retention=1e6, quota=64 << 20, ours=True, derive=doubled)
    for begin in range(0, seconds, 60):
        store.append(
            at(float(n), ticks_total=2.0 * n, noise=n % 7.0) for n in range(begin, begin + 60)
        )
        store.flush()
    store.close()


def test_the_next_chart_derives_only_what_is_new(path: Path) -> None:
    record(path, 3600)
    counting = Counting()
    past = SqlitePast(path, counting)
    (first,) = past.series("rate", HOUR, HOUR + 1800.0, 90).values()
    # Every row of the chunks it lies in, each with the row before the chunk.
    everything = counting.fed
    assert 1800 <= everything <= 3000
    assert list(first.weight) == [19.0, *[20.0] * 89]
    (again,) = past.series("rate", HOUR, HOUR + 1800.0, 90).values()
    assert again == first
    assert counting.fed == everything
    past.series("rate", HOUR + 20.0, HOUR + 1820.0, 90)
    assert counting.fed - everything <= 1200


def test_kept_figures_are_those_of_a_store_without_rollups(path: Path) -> None:
    record(path, 1200)
    memory = MemoryStore(1e6, 1 << 30, doubled)
    memory.append(at(float(n), ticks_total=2.0 * n, noise=n % 7.0) for n in range(1200))
    past = SqlitePast(path, doubled)
    for name in ("rate", "twice"):
        span = (name, HOUR, HOUR + 900.0, 100)
        assert past.series(*span) == memory.series(*span)


def test_a_damaged_chunk_is_a_gap_and_tried_again(path: Path) -> None:
    record(path, 1200)
    (first,) = query(path, "SELECT id FROM chunk ORDER BY m1 LIMIT 1")
    query(path, f"UPDATE chunk SET crc = crc + 1 WHERE id = {first[0]}")
    told: list[bool] = []
    past = SqlitePast(path, doubled, told.append)
    for _ in range(2):
        (curve,) = past.series("rate", HOUR, HOUR + 1200.0, 60).values()
        assert isnan(curve.last[0])
        assert curve.last[-1] == 2.0
    assert told


def test_rows_without_the_figure_are_nan_and_ailing_ones_are_left_out() -> None:
    batches = [batch(0.0, noise=1.0), batch(1.0), ailing(2.0, Status.ERROR, ""), batch(3.0)]
    found = derived([*batches, batch(4.0, noise=3.0), batch(5.0)], doubled("disk"), "twice", None)
    assert len(found.walls) == len(found.monos) == 5
    ((key, column),) = found.columns
    assert key == ZERO == ROW
    assert [value for value in column if value == value] == [2.0, 6.0]
    assert len(column) == 5
    assert isnan(column[-1])


def test_the_batch_before_makes_the_first_rate() -> None:
    batches = [batch(1.0, ticks_total=5.0), batch(2.0, ticks_total=6.0)]
    alone = derived(batches, doubled("cpu"), "rate", None)
    assert [value == value for value in alone.columns[0][1]] == [False, True]
    paired = derived(batches, doubled("cpu"), "rate", batch(0.0, ticks_total=2.0))
    assert list(paired.columns[0][1]) == [3.0, 1.0]


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 10)
    cache = DerivedCache()
    four = derived([batch(0.0, noise=1.0), batch(1.0, noise=nan)], doubled("cpu"), "twice", None)
    assert len(four) == 6
    made: list[int] = []

    def make(number: int) -> Callable[[], Derived]:
        def one() -> Derived:
            made.append(number)
            return four

        return one

    for number in (1, 2, 2, 1):
        assert cache.get((number, 0, "twice"), make(number)) is four
    assert made == [1, 2, 1]
    assert len(cache) == 6
    assert cache.get((3, 0, "twice"), lambda: None) is None
    assert len(cache) == 6


def chunk_of(batches: Sequence[Batch]) -> Chunk:
    builder = Builder()
    for item in batches:
        builder.add(item)
    encoded = builder.encode()
    return Chunk("cpu", encoded.layout, encoded.count, encoded.body)


def rates(monos: Sequence[float], families: Mapping[str, Columns]) -> Columns:
    """`doubled`'s rate by columns."""
    return {
        key: [
            (value - old) / (after - before)
            for (old, value), (before, after) in zip(pairwise(column), pairwise(monos), strict=True)
        ]
        for key, column in families["ticks_total"].items()
    }


SOURCES = frozenset({"ticks_total"})


@pytest.mark.parametrize("before", [None, batch(-1.0, ticks_total=-3.0, noise=0.0)])
def test_columns_tell_what_rows_do(before: Batch | None) -> None:
    batches = [batch(float(n), ticks_total=2.0 * n, noise=1.0) for n in range(20)]
    at_once = derived_at_once(chunk_of(batches), SOURCES, rates, before)
    one_by_one = derived(batches, doubled("cpu"), "rate", before)
    assert at_once is not None
    assert repr(at_once) == repr(one_by_one)


def test_columns_tell_nothing_where_rows_lack_something() -> None:
    row = batch(0.0, ticks_total=1.0)
    for lacking in (batch(1.0), ailing(1.0, Status.ERROR, ""), batch(1.0, noise=1.0)):
        assert derived_at_once(chunk_of([row, lacking]), SOURCES, rates, None) is None
    whole = chunk_of([row, batch(1.0, ticks_total=2.0)])
    other = replace(row, families={"ticks_total": {labels(core="1"): 0.0}})
    assert derived_at_once(whole, SOURCES, rates, other) is None
    assert derived_at_once(whole, frozenset({"noise"}), rates, None) is None


@pytest.mark.parametrize(
    "name", ["sysmon_cpu_ratio", "sysmon_disk_queue", "sysmon_network_receive_bytes_per_second"]
)
def test_a_chart_by_columns_is_that_of_a_store_without(path: Path, name: str) -> None:
    machine = MadeMachine()
    batches = [b for n in range(1000) for b in machine.second(n, HOUR + n)]
    store = SqliteStore(path, retention=1e6, quota=64 << 20, ours=True, derive=derive)
    for begin in range(0, len(batches), 1000):
        store.append(batches[begin : begin + 1000])
        store.flush()
    store.close()
    memory = MemoryStore(1e6, 1 << 30, derive)
    memory.append(batches)
    span = (name, HOUR + 100.0, HOUR + 900.0, 40)
    found, expected = SqlitePast(path, derive).series(*span), memory.series(*span)
    assert found.keys() == expected.keys()
    for key, curve in found.items():
        # The first sample of the range has none before it in the other store.
        assert list(curve.mean)[1:] == pytest.approx(list(expected[key].mean)[1:], rel=1e-12)
        assert list(curve.last) == list(expected[key].last)
