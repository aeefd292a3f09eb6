"""What every store promises, whatever it keeps batches in."""

from __future__ import annotations

import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.ports import Store
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.storage import open_store
from sysmon_tui.storage.registry import BACKENDS
from tests.storage.batches import ALL, MONO, WALL, ailing, batch, kept, shown, stream

Open: TypeAlias = Callable[..., Store]
FOREVER = (0.0, 1e12)


@pytest.fixture(params=BACKENDS)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_one(scheme: str, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def open_one(retention: float = 86400.0, quota: int = 64 << 20) -> Store:
        opened.append(open_store(f"{scheme}:", state=tmp_path, retention=retention, quota=quota))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def test_a_new_store_records_and_is_empty(open_one: Open) -> None:
    store = open_one()
    assert store.recording
    assert store.notice == ""
    assert list(store.read(*FOREVER, collectors=ALL)) == []


def test_what_was_flushed_is_read_back_in_order(open_one: Open) -> None:
    store = open_one()
    batches = [
        item for pair in zip(stream(50), stream(50, "memory", 0.25), strict=True) for item in pair
    ]
    for item in batches:
        store.append([item])
        store.flush()
    assert list(store.read(*FOREVER, collectors=ALL)) == batches


def test_rows_flushed_together_and_one_by_one_read_the_same(open_one: Open) -> None:
    store = open_one()
    batches = stream(700)
    for begin in range(0, 700, 70):
        store.append(batches[begin : begin + 70])
        store.flush()
    assert list(store.read(*FOREVER, collectors=ALL)) == batches


def test_the_range_is_half_open(open_one: Open) -> None:
    store = open_one()
    store.append(stream(20))
    store.flush()
    found = store.read(WALL + 5.0, WALL + 8.0, collectors=ALL)
    assert shown(found) == [(5.0, "cpu"), (6.0, "cpu"), (7.0, "cpu")]


def test_only_the_collectors_asked_for_come(open_one: Open) -> None:
    store = open_one()
    store.append([batch(0.0, "cpu", x=1.0), batch(1.0, "memory", x=1.0), batch(2.0, "disk", x=1.0)])
    store.flush()
    found = store.read(*FOREVER, collectors=frozenset({"cpu", "disk", "unheard of"}))
    assert shown(found) == [(0.0, "cpu"), (2.0, "disk")]
    assert list(store.read(*FOREVER, collectors=frozenset())) == []


def test_step_takes_one_batch_of_each_collector_a_bucket(open_one: Open) -> None:
    store = open_one()
    for begin in range(0, 120, 10):
        store.append(stream(10, begin=begin) + stream(10, "memory", begin + 0.5))
        store.flush()
    found = list(store.read(WALL, WALL + 120.0, collectors=ALL, step=30.0))
    buckets = [(item.collector, item.wall // 30.0) for item in found]
    assert len(buckets) == len(set(buckets)) == 2 * len({bucket for _, bucket in buckets})
    assert found[0].wall == WALL
    assert found == sorted(found, key=lambda item: item.wall)
    # Counters lose nothing: the increase over the thinned range is the whole one.
    cpu = [item.families["ticks"] for item in found if item.collector == "cpu"]
    assert len(cpu) in (4, 5)


def test_status_and_note_come_back(open_one: Open) -> None:
    store = open_one()
    batches = [
        batch(0.0, x=1.0),
        ailing(1.0, Status.DENIED, "Run as root"),
        ailing(2.0, Status.DENIED, "Run as root"),
        ailing(3.0, Status.ERROR, ""),
        replace(batch(4.0, x=2.0), note="Two disks hide"),
        batch(5.0, x=3.0),
    ]
    for pair in (batches[:2], batches[2:3], batches[3:]):
        store.append(pair)
        store.flush()
    assert list(store.read(*FOREVER, collectors=ALL)) == batches


def test_an_absent_series_comes_back_absent_and_nan_as_nan(open_one: Open) -> None:
    store = open_one()
    batches = [
        batch(0.0, a=1.0),
        batch(1.0, a=2.0, b=nan),
        batch(2.0, b=5.0),
        batch(3.0, c=0.5),
        batch(4.0, a=3.0, b=6.0, c=0.25),
    ]
    store.append(batches)
    store.flush()
    found = [
        {name: family[labels(core="0")] for name, family in item.families.items()}
        for item in store.read(*FOREVER, collectors=ALL)
    ]
    assert [sorted(figures) for figures in found] == [
        ["a"], ["a", "b"], ["b"], ["c"], ["a", "b", "c"]
    ]  # fmt: skip
    assert found[1]["b"] != found[1]["b"]
    assert found[4] == {"a": 3.0, "b": 6.0, "c": 0.25}


def test_process_tables_and_cost_are_not_kept(open_one: Open) -> None:
    store = open_one()
    store.append([replace(batch(0.0, x=1.0), processes=ProcessTable(threads=3), cost=0.5)])
    store.flush()
    (found,) = store.read(*FOREVER, collectors=ALL)
    assert found.processes is None
    assert found.cost == 0.0


def test_what_is_older_than_the_retention_goes(open_one: Open) -> None:
    store = open_one(retention=1200.0)
    for begin in range(0, 2700, 60):
        store.append(stream(60, begin=begin))
        store.flush()
    found = shown(store.read(*FOREVER, collectors=ALL))
    assert found[-1] == (2699.0, "cpu")
    # A store may keep what it packed together with the rest, but no more than that.
    assert 1500.0 - 300.0 <= found[0][0] <= 1500.0


def test_a_reader_on_another_thread(open_one: Open) -> None:
    store = open_one()
    batches = stream(30)
    store.append(batches)
    store.flush()
    found: list[Batch] = []
    thread = threading.Thread(target=lambda: found.extend(store.read(*FOREVER, collectors=ALL)))
    thread.start()
    store.append(stream(30, begin=30.0))
    store.flush()
    thread.join()
    assert found[:30] == batches


def test_reading_may_be_abandoned(open_one: Open) -> None:
    store = open_one()
    store.append(stream(30))
    store.flush()
    reading = store.read(*FOREVER, collectors=ALL)
    assert next(reading) == stream(1)[0]
    del reading
    store.append(stream(1, begin=30.0))
    store.flush()
    assert len(list(store.read(*FOREVER, collectors=ALL))) == 31


def test_a_wall_clock_set_back_keeps_the_order_recorded(open_one: Open) -> None:
    store = open_one()
    before = stream(10)
    after = [replace(item, wall=item.wall - 3600.0) for item in stream(10, begin=10.0)]
    store.append(before)
    store.flush()
    store.append(after)
    store.flush()
    assert list(store.read(*FOREVER, collectors=ALL)) == before + after
    monos = [item.mono for item in store.read(*FOREVER, collectors=ALL)]
    assert monos == [MONO + n for n in range(20)]


doubles = st.floats(width=64)
decimals = st.integers(-(10**12), 10**12).map(lambda n: n * 0.01)
whole = st.integers(-(2**53), 2**53).map(float)
values = st.one_of(doubles, decimals, whole)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
keys = st.dictionaries(text, text, max_size=3).map(lambda pairs: labels(**pairs))
families = st.dictionaries(text, st.dictionaries(keys, values, min_size=1, max_size=4), max_size=4)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(st.lists(st.tuples(families, st.booleans()), min_size=1, max_size=12))
def test_figures_come_back_bit_for_bit(
    scheme: str, rows: list[tuple[dict[str, dict[Labels, float]], bool]]
) -> None:
    with tempfile.TemporaryDirectory() as state:
        store = open_store(f"{scheme}:", state=Path(state), retention=1e9, quota=64 << 20)
        for number, (figures, flush) in enumerate(rows):
            store.append([replace(batch(float(number)), families=figures)])
            if flush:
                store.flush()
        store.flush()
        found = [_bits(item) for item in store.read(*FOREVER, collectors=ALL)]
        store.close()
    assert found == [_bits(replace(batch(0.0), families=figures)) for figures, _ in rows]


def _bits(item: Batch) -> dict[tuple[str, Labels], bytes]:
    return {
        (name, key): struct.pack("<d", value)
        for name, family in kept(item).families.items()
        for key, value in family.items()
    }
