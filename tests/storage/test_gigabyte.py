"""A gigabyte goes through in the memory that ten megabytes take: generators, end to end.

Peaks are counted by tracemalloc, which makes everything some times as slow: minutes.
"""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.logfile import logs_of
from sysmon_tui.storage import open_past
from sysmon_tui.storage.exchange.forms import Form, batches_in, text_of
from sysmon_tui.storage.line import LineCodec
from tests.storage.batches import WALL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

LITTLE, MUCH = 10 << 20, 1 << 30
ALIKE = 100_000
"""Bytes by which two peaks may differ: garbage that is not yet collected."""
MODES = ("user", "system", "idle", "iowait", "irq", "softirq", "steal", "nice")
BEAT = 0.1
"""Seconds between two lines: all of them are of a day."""
LOG = (
    b"2026-03-26T03:03:00Z db-7 orders[4113]: level=info path=/orders status=200 stored\n" * 9
    + b"2026-03-26T03:03:01Z db-7 orders[4113]: level=error path=/orders took 0.734s\n"
) * 70
"""A piece of a log of which every tenth line matters."""
PATTERN = r"level=(?P<level>error|warning) .* took (?P<took_seconds>[\d.]+)s"


def write_history(place: Path, size: int) -> Path:
    """One day's file of so many bytes; times grow from line to line."""
    family = {
        labels(cpu=str(cpu), mode=mode): 1000.0 * cpu + number / 7
        for cpu in range(8)
        for number, mode in enumerate(MODES)
    }
    batch = Batch(collector="cpu", wall=0.0, mono=0.0, families={"node_cpu_seconds_total": family})
    rest = LineCodec().encode(batch, 1).removeprefix(b'{"wall":0.0,"mono":0.0')
    assert rest.startswith(b",")
    place.mkdir()
    path = place / "2023-11-14.0001.jsonl"
    with path.open("wb", buffering=1 << 20) as file:
        for number in range(size // (len(rest) + 40)):
            at = BEAT * number
            file.write(b'{"wall":%.1f,"mono":%.1f' % (WALL + at, at) + rest)
    assert path.stat().st_size > 0.95 * size
    return path


def peak(work: Callable[[], None]) -> int:
    """Bytes of Python objects at their most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def alike(little: Callable[[], None], much: Callable[[], None]) -> None:
    little()
    peaks = (peak(little), peak(much))
    print("peaks", peaks)  # noqa: T201 - the figures are the point
    assert abs(peaks[1] - peaks[0]) <= ALIKE, peaks


def test_looking_back_into_lines(tmp_path: Path) -> None:
    def look(size: int) -> Callable[[], None]:
        place = write_history(tmp_path / str(size), size).parent
        past = open_past(f"jsonl://{place}", state=tmp_path)

        def work() -> None:
            found = past.series("node_cpu_seconds_total", WALL, WALL + 86_400.0, 100)
            assert len(found) == 64

        return work

    alike(look(LITTLE), look(MUCH))


def test_lines_taken_in_and_given_out_as_csv(tmp_path: Path) -> None:
    def convert(size: int) -> Callable[[], None]:
        path = write_history(tmp_path / str(size), size)

        def work() -> None:
            with path.open("rb") as file:
                batches = batches_in(file, Form.JSONL, path.name, lambda _name: "cpu", tmp_path)
                assert sum(map(len, text_of(Form.CSV, batches))) > size

        return work

    alike(convert(LITTLE), convert(MUCH))


def test_a_log(tmp_path: Path) -> None:
    def follow(size: int) -> Callable[[], None]:
        def work() -> None:
            log = logs_of({"app": "/x"}, {"app.late": PATTERN}, "settings.toml")["app"]
            deque((log.take(LOG, lambda: True) for _ in range(size // len(LOG))), maxlen=0)
            families: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
            log.tell(families)
            (matches,) = families["sysmon_logfile_matches_total"].values()
            assert matches == 70 * (size // len(LOG))

        return work

    alike(follow(LITTLE), follow(MUCH))
