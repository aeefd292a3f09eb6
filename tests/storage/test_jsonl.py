"""History as JSON lines: files, days, torn ends, room and memory."""

from __future__ import annotations

import gzip
import json
import stat
import tracemalloc
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDetail, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage import open_past, open_store
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.jsonl import JsonlPast, JsonlStore, files_of, mend
from sysmon_tui.storage.line import DamagedLine, LineCodec, wall_of
from sysmon_tui.storage.sqlite_read import SESSION_GAP
from tests.storage.batches import ALL, MONO, WALL, batch, shown, stream

DAY = 86400.0
FOREVER = (0.0, 1e12)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "lines"


def open_one(
    place: Path, *, zipped: bool = False, quota: int = 64 << 20, retention: float = 1e9
) -> JsonlStore:
    return JsonlStore(place, retention=retention, quota=quota, zipped=zipped)


def record(place: Path, batches: list[Batch], *, zipped: bool = False) -> None:
    store = open_one(place, zipped=zipped)
    store.append(batches)
    store.close()


def everything(place: Path) -> list[Batch]:
    return list(open_past(f"jsonl://{place}", state=place).read(*FOREVER, collectors=ALL))


def test_a_line_is_json_that_others_can_read(place: Path) -> None:
    record(place, [batch(0.0, load=0.25)])
    (file,) = files_of(place)
    assert file.name == "2023-11-14.0001.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {
        "wall": WALL,
        "mono": MONO,
        "session": 1,
        "collector": "cpu",
        "families": {"load": [[{"core": "0"}, 0.25]]},
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_lacks_is_spelled(value: float) -> None:
    line = LineCodec().encode(batch(0.0, x=value), 1)
    json.loads(line, parse_constant=pytest.fail)
    _, found = LineCodec().decode(line)
    assert repr(found.families) == repr(batch(0.0, x=value).families)


def test_an_unknown_rate_of_a_process_comes_back_unknown() -> None:
    detail = ProcessDetail(SafeText("a"), SafeText("b"))
    table = ProcessTable(details={7: detail})
    codec = LineCodec()
    _, found = codec.decode(codec.encode(replace(batch(0.0), processes=table), 1))
    assert found.processes is not None
    assert repr(found.processes.details[7]) == repr(detail)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b'{"wall":1.0,"mo',
        b'{"wall":1.0,"mono":1.0,"session":1,"collector":"c","status":"great"}\n',
        b'{"wall":1.0,"mono":1.0,"session":1,"collector":"c","families":{"x":[[{},"Nan"]]}}\n',
        b'{"wall":1.0,"mono":1.0,"session":1,"collector":"c","families":{"x":[[{"a":1},1]]}}\n',
        b'{"wall":' + b"[" * 9999,
    ],
)
def test_a_damaged_line_is_refused(line: bytes) -> None:
    with pytest.raises(DamagedLine):
        LineCodec().decode(line)


def test_the_time_is_read_without_the_rest() -> None:
    assert wall_of(b'{"wall":1.5e9,"mono') == 1.5e9
    for line in (b'{"mono":1.0}', b'{"wall":1.2.3,'):
        with pytest.raises(DamagedLine):
            wall_of(line)


def test_damaged_lines_are_left_out_and_told_of(place: Path) -> None:
    record(place, stream(3))
    (file,) = files_of(place)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + b"what is this\n" + lines[1][:40] + b"\n" + lines[2])
    store = open_one(place)
    assert [at for at, _ in shown(store.read(*FOREVER, collectors=ALL))] == [0.0, 2.0]
    assert store.notice == "2 damaged lines of history were left out"
    store.close()


def test_each_day_has_its_file_and_a_range_reads_only_its_days(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(place, [batch(DAY * n, x=float(n)) for n in range(5)])
    assert [file.name[:10] for file in files_of(place)] == [f"2023-11-{n}" for n in range(14, 19)]
    for file in files_of(place)[:2]:
        file.write_bytes(b"\xff")
    past = JsonlPast(place, no_derive)
    found = past.read(WALL + 2 * DAY, WALL + 4 * DAY, collectors=ALL)
    assert [at for at, _ in shown(found)] == [2 * DAY, 3 * DAY]


def test_a_clock_set_back_over_midnight_stays_in_its_file(place: Path) -> None:
    store = open_one(place)
    for at in (0.0, DAY, DAY - 40_000.0, DAY + 1.0):
        store.append([batch(at, x=at)])
        store.flush()
    store.close()
    assert len(files_of(place)) == 2
    found = everything(place)
    assert [item.wall - WALL for item in found] == [0.0, DAY, DAY - 40_000.0, DAY + 1.0]


def test_sessions_are_kept_apart(place: Path) -> None:
    record(place, stream(2))
    record(place, [replace(item, mono=5.0) for item in stream(1, begin=60.0)])
    assert [item.mono for item in everything(place)] == [MONO, MONO + 1, MONO + 1 + SESSION_GAP]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("lost", [1, 7, 60])
def test_a_torn_end_is_cut_off_and_written_over(place: Path, zipped: bool, lost: int) -> None:
    store = open_one(place, zipped=zipped)
    for begin in (0.0, 1.0):
        store.append(stream(1, begin=begin))
        store.flush()
    store.close()
    (file,) = files_of(place)
    file.write_bytes(file.read_bytes()[:-lost])
    # What is only without its checksum can still be read.
    assert [item.wall - WALL for item in everything(place)][:1] == [0.0]
    record(place, stream(1, begin=2.0), zipped=zipped)
    assert len(files_of(place)) == 1
    assert [item.wall - WALL for item in everything(place)] == [0.0, 2.0]


def test_a_file_that_is_all_torn(place: Path) -> None:
    place.mkdir()
    for name, body in (
        ("2023-11-14.0001.jsonl", b"x" * 200_000),
        ("2023-11-14.0002.jsonl.gz", b"x"),
    ):
        (place / name).write_bytes(body)
        assert mend(place / name) == 0
    assert everything(place) == []


def test_gzip_is_gzip(place: Path) -> None:
    record(place, stream(20), zipped=True)
    (file,) = files_of(place)
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == 20


def test_what_was_plain_goes_on_in_a_new_file_when_it_is_to_be_gzip(place: Path) -> None:
    record(place, stream(2))
    record(place, stream(2, begin=2.0), zipped=True)
    assert [file.name[11:] for file in files_of(place)] == ["0001.jsonl", "0002.jsonl.gz"]
    assert [at for at, _ in shown(iter(everything(place)))] == [0.0, 1.0, 2.0, 3.0]


def test_the_quota_is_never_exceeded_and_the_newest_stays(place: Path) -> None:
    quota = 200_000
    store = open_one(place, quota=quota)
    largest = 0
    for begin in range(0, 6000, 20):
        store.append(stream(20, begin=begin))
        store.flush()
        largest = max(largest, sum(file.stat().st_size for file in files_of(place)))
    store.close()
    assert quota * 0.8 < largest <= quota
    found = everything(place)
    assert found[-1].wall == WALL + 5999.0
    assert len(found) == found[-1].wall - found[0].wall + 1


def test_what_cannot_fit_is_an_error_and_is_kept(place: Path) -> None:
    store = open_one(place, quota=1000)
    store.append(stream(100))
    with pytest.raises(StoreError, match=r"Raise storage\.quota_mib"):
        store.flush()
    assert store._waiting
    with pytest.raises(StoreError):
        store.close()
    assert not store.recording


def test_old_days_are_unlinked(place: Path) -> None:
    store = open_one(place, retention=2 * DAY)
    for day in range(6):
        store.append([batch(day * DAY, x=1.0)])
        store.flush()
    store.close()
    assert len(files_of(place)) == 3


def test_a_failed_write_is_written_over(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_one(place)
    store.append(stream(1))
    store.flush()
    store.append(stream(1, begin=1.0))

    def fail(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(StoreError, match="No space left"):
            store.flush()
    store.append(stream(1, begin=2.0))
    store.flush()
    store.close()
    assert [at for at, _ in shown(iter(everything(place)))] == [0.0, 1.0, 2.0]


def test_only_one_records(place: Path) -> None:
    first, second = open_one(place), open_one(place)
    second.append(stream(1))
    second.flush()
    assert (first.recording, second.recording) == (True, False)
    first.close()
    second.close()
    assert everything(place) == []


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="make it writable"):
        open_one(tmp_path / "file")


@pytest.mark.parametrize("url", ["jsonl:", "jsonl:///", "jsonl:relative", "jsonl:///a?zip"])
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="Write jsonl:///absolute/directory"):
        open_store(url, state=tmp_path, retention=1.0, quota=1)


def fill(place: Path, size: int) -> None:
    place.mkdir()
    family = {labels(core=str(n)): n / 7 for n in range(40)}
    codec = LineCodec()
    with (place / "2023-11-14.0001.jsonl").open("wb") as file:
        number = 0
        while file.tell() < size:
            item = replace(batch(number / 1000), families={"noise": family})
            line = codec.encode(item, 1)
            file.write(line)
            number += 1


def peak(place: Path) -> int:
    """Bytes that reading everything takes at most."""
    past = open_past(f"jsonl://{place}", state=place)
    tracemalloc.start()
    try:
        deque(past.read(*FOREVER, collectors=ALL), maxlen=0)
        past.series("noise", WALL, WALL + 1e6, 10)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_takes_the_same_memory_however_much_there_is(tmp_path: Path) -> None:
    fill(tmp_path / "little", 200_000)
    fill(tmp_path / "much", 1_500_000)
    peak(tmp_path / "little")
    assert peak(tmp_path / "much") < peak(tmp_path / "little") + 100_000
