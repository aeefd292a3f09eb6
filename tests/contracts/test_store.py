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

from sysmon_tui.model.metric import Labels, SeriesKey, labels
from sysmon_tui.model.moment import HORIZON
from sysmon_tui.model.ports import Store
from sysmon_tui.model.process import (
    NO_PROCESSES,
    ProcessDetail,
    ProcessLife,
    ProcessRow,
    ProcessTable,
)
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage import open_store
from sysmon_tui.storage.registry import BACKENDS
from tests.contracts.urls import url_of
from tests.storage.batches import ALL, MONO, WALL, ailing, batch, kept, shown, stream
from tests.storage.looking_back import HOUR, ZERO, at, doubled, record_minutes

Open: TypeAlias = Callable[..., Store]
FOREVER = (0.0, 1e12)


@pytest.fixture(params=(*BACKENDS, "jsonl?gzip"))
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_one(scheme: str, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def open_one(retention: float = 86400.0, quota: int = 64 << 20) -> Store:
        url = url_of(scheme, tmp_path)
        opened.append(open_store(url, state=tmp_path, retention=retention, quota=quota))
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


def test_only_the_metrics_asked_for_come(open_one: Open) -> None:
    store = open_one()
    store.append(batch(float(n), x=1.0 + n, y=2.0, z=3.0) for n in range(3))
    store.flush()
    found = store.read(*FOREVER, collectors=ALL, metrics=frozenset({"x", "z", "unheard of"}))
    assert [kept(item) for item in found] == [batch(float(n), x=1.0 + n, z=3.0) for n in range(3)]
    bare = store.read(*FOREVER, collectors=ALL, metrics=frozenset())
    assert [dict(item.families) for item in bare] == [{}, {}, {}]


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


def test_a_process_table_and_cost_are_no_part_of_a_batch_read(open_one: Open) -> None:
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
    assert 1500.0 - 900.0 <= found[0][0] <= 1500.0


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
        url = url_of(scheme, Path(state))
        store = open_store(url, state=Path(state), retention=1e9, quota=64 << 20)
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
        (name, key): struct.pack("<d", value if value == value else nan)
        for name, family in kept(item).families.items()
        for key, value in family.items()
    }


EQ = MatchOp.EQUAL


class TestLookingBack:
    @pytest.fixture
    def store(self, scheme: str, tmp_path: Path) -> Iterator[Store]:
        store = open_store(
            url_of(scheme, tmp_path), state=tmp_path, retention=1e6, quota=64 << 20, derive=doubled
        )
        yield store
        store.close()

    @pytest.mark.parametrize("buckets", [3, 30, 300])
    def test_a_gauge(self, store: Store, buckets: int) -> None:
        record_minutes(store, 30)
        found = store.series("noise", HOUR, HOUR + 1800.0, buckets)
        (key,) = found
        assert key == SeriesKey("noise", ZERO)
        curve = found[key]
        assert len(curve) == buckets
        assert curve.step == 1800.0 / buckets
        assert sum(curve.weight) == 1800.0
        assert max(curve.maximum) == 500.0
        assert curve.minimum[0] == 0.0
        assert curve.last[-1] == 29.0
        assert sum(curve.sum) == pytest.approx(sum(59.0 * n + 500.0 for n in range(30)), rel=1e-4)
        assert max(curve.mean) >= 29.0

    @pytest.mark.parametrize("buckets", [3, 30, 300])
    def test_a_counter_has_rates_and_an_exact_increase(self, store: Store, buckets: int) -> None:
        record_minutes(store, 30)
        (curve,) = store.series("ticks_total", HOUR, HOUR + 1800.0, buckets).values()
        assert sum(curve.sum) == pytest.approx(2.0 * 1799.0)
        assert list(curve.mean) == pytest.approx([2.0] * buckets, rel=1e-4)
        assert list(curve.minimum) == pytest.approx([2.0] * buckets, rel=1e-4)
        assert curve.last[-1] == 2.0 * 1799.0

    @pytest.mark.parametrize("buckets", [3, 30, 300])
    def test_derived_figures_have_their_peaks(self, store: Store, buckets: int) -> None:
        record_minutes(store, 30)
        (curve,) = store.series("twice", HOUR, HOUR + 1800.0, buckets).values()
        assert max(curve.maximum) == 1000.0
        (rate,) = store.series("rate", HOUR, HOUR + 1800.0, buckets).values()
        assert list(rate.mean) == pytest.approx([2.0] * buckets, rel=1e-4)

    def test_what_was_recorded_just_now_is_in_the_last_bucket(self, store: Store) -> None:
        record_minutes(store, 12)
        store.append([at(720.0, noise=77.0), at(721.0, noise=78.0)])
        store.flush()
        (curve,) = store.series("noise", HOUR, HOUR + 780.0, 13).values()
        assert list(curve.last)[10:] == [10.0, 11.0, 78.0]
        assert curve.weight[12] == 2.0

    def test_gaps_are_gaps(self, store: Store) -> None:
        store.append(at(float(n), noise=1.0) for n in range(120))
        store.append(at(600.0 + n, noise=3.0) for n in range(120))
        store.flush()
        (curve,) = store.series("noise", HOUR, HOUR + 720.0, 12).values()
        weights = [60.0, 60.0, *[0.0] * 8, 60.0, 60.0]
        assert list(curve.weight) == weights
        for column in (curve.mean, curve.minimum, curve.maximum, curve.last, curve.sum):
            assert [value != value for value in column] == [not weight for weight in weights]

    def test_a_counter_does_not_count_over_a_gap_or_backwards(self, store: Store) -> None:
        values = [0.0, 10.0, 20.0, 5.0, 6.0]
        store.append(at(float(n), ticks_total=value) for n, value in enumerate(values))
        store.append([at(4000.0, ticks_total=9000.0), at(4001.0, ticks_total=9001.0)])
        store.flush()
        (curve,) = store.series("ticks_total", HOUR, HOUR + 7200.0, 2).values()
        assert list(curve.sum) == [26.0, 1.0]
        assert list(curve.weight) == [4.0, 1.0]

    def test_matchers_choose(self, store: Store) -> None:
        family = {labels(core=str(n)): float(n) for n in range(20)}
        store.append(
            replace(at(float(n)), families={"noise": family, "other": family}) for n in range(130)
        )
        store.flush()
        matchers = [Matcher("core", MatchOp.LIKE, "1|7|19")]
        found = store.series("noise", HOUR, HOUR + 120.0, 2, matchers=matchers)
        assert [key.labels for key in found] == [labels(core=n) for n in ("1", "19", "7")]
        assert [list(curve.last) for curve in found.values()] == [[1.0] * 2, [19.0] * 2, [7.0] * 2]
        assert store.series("noise", HOUR, HOUR + 9.0, 3, matchers=[Matcher("x", EQ, "y")]) == {}
        assert store.series("nothing", HOUR, HOUR + 9.0, 3) == {}

    def test_several_at_once_are_each_by_itself(self, store: Store) -> None:
        store.append(at(float(n), noise=n % 7.0, ticks_total=2.0 * n) for n in range(130))
        store.flush()
        names = ("noise", "twice", "ticks_total", "nothing")
        span = (HOUR, HOUR + 120.0, 6)
        found = store.several(names, *span)
        assert found == {name: store.series(name, *span) for name in names}
        assert [len(curves) for curves in found.values()] == [1, 1, 1, 0]

    def test_what_is_known(self, store: Store) -> None:
        store.append(at(float(n), noise=1.0) for n in range(70))
        store.append([at(5000.0, "disk", used=1.0)])
        store.flush()
        assert SeriesKey("noise", ZERO) in store.known(HOUR, HOUR + 60.0)
        assert SeriesKey("twice", ZERO) in store.known(HOUR, HOUR + 60.0)
        assert SeriesKey("used", ZERO) not in store.known(HOUR, HOUR + 60.0)
        assert store.known(HOUR + 4500.0, HOUR + 5500.0) == (SeriesKey("used", ZERO),)
        assert store.known(HOUR + 9000.0, HOUR + 9100.0) == ()

    def test_a_moment_has_pairs(self, store: Store) -> None:
        cpu = [at(float(n), noise=float(n)) for n in range(30)]
        disk = [at(12.5, "disk", used=1.0), at(28.0, "disk", used=2.0)]
        ill = replace(at(21.5, "memory"), families={}, status=Status.DENIED, note="Not you")
        well = at(11.0, "memory", used=3.0)
        store.append(sorted([*cpu, *disk, ill, well], key=lambda item: item.wall))
        store.flush()
        moment = store.moment(HOUR + 22.0)
        assert moment.at == HOUR + 22.0
        assert moment.batches == (well, disk[0], cpu[21], ill, cpu[22])
        assert moment.processes is NO_PROCESSES
        assert store.moment(HOUR - 1.0).batches == ()
        assert store.moment(HOUR + 28.0 + 301.0).batches == (cpu[29],)

    def test_process_tables_come_back(self, store: Store) -> None:
        tables = [table_of(n) for n in range(4)]
        for n, table in enumerate(tables):
            store.append([replace(at(5.0 * n, "process", x=1.0), processes=table)])
            store.flush()
        found = list(store.processes(HOUR, HOUR + 100.0))
        assert found == [(HOUR + 5.0 * n, table) for n, table in enumerate(tables)]
        assert [wall for wall, _ in store.processes(HOUR + 5.0, HOUR + 15.0)] == [
            HOUR + 5.0,
            HOUR + 10.0,
        ]
        moment = store.moment(HOUR + 13.0)
        assert moment.processes == tables[2]
        assert moment.processes_at == HOUR + 10.0
        assert all(item.processes is None for item in moment.batches)
        assert store.moment(HOUR + 15.0 + HORIZON + 1.0).processes is NO_PROCESSES

    def test_thinned_tables_keep_every_life(self, store: Store) -> None:
        for n in range(20):
            store.append([replace(at(5.0 * n, "process", x=1.0), processes=table_of(n))])
        store.flush()
        found = list(store.processes(HOUR, HOUR + 100.0, step=30.0))
        assert len(found) in (4, 5)
        lives = [life for _, table in found for life in table.lives]
        upto = found[-1][1]
        assert lives[-1] == upto.lives[-1]
        assert [life.row.pid for life in lives] == list(range(100, 100 + len(lives)))


def table_of(number: int) -> ProcessTable:
    row = ProcessRow(
        7, 12.5, 1, 1000, SafeText("burner"), "R", 0.75, 3.25 + number, 4096 << 10, 3, 5, False
    )
    thread = row._replace(pid=2, name=SafeText("kthread"), kernel=True, cpu=0.0, rss=0)
    born = row._replace(
        pid=100 + number, state="", cpu=0.0, rss=0, threads=0, nice=0, cpu_seconds=0.5
    )
    return ProcessTable(
        rows=(thread, row),
        details={
            7: ProcessDetail(
                SafeText("burner --hot"), SafeText("alice"), 512.0, 1024.0, SafeText("hot.service")
            )
        },
        states={"R": 1, "I": 1},
        threads=4,
        lives=(
            ProcessLife(
                HOUR + number, True, born, SafeText("ls -l"), SafeText("bob"), SafeText("cron")
            ),
        ),
    )
