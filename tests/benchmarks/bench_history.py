"""What a flush costs, what history takes on disk, and how long looking back takes.

Hard data: 300 series of noisy shares, bursty rates and wandering gauges, over days through the
store itself. `bench_history HOURS` chooses how many (24).
"""

# ruff: noqa: T201 - this is what it is for

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.sqlite import SqliteStore

SERIES = 300
FLUSH = 10
REPEATED = 2400
"""Seconds of data made; more are those again, because making them takes longer than storing."""
BEGIN = 1_700_006_400.0
COLLECTORS = tuple(f"hard{n}" for n in range(6))


class Hard:
    """Worse than a real machine: hardly a figure stays as it was."""

    def __init__(self) -> None:
        self._random = Random(1)
        self._walk = [self._random.randrange(1 << 22) * 4096 for _ in range(SERIES)]
        self._keys = [labels(number=str(n)) for n in range(SERIES)]
        self._seconds = [list(self._second(n)) for n in range(REPEATED)]

    def second(self, number: int) -> Iterator[Batch]:
        for batch in self._seconds[number % REPEATED]:
            yield replace(batch, wall=BEGIN + number, mono=1000.0 + number)

    def _second(self, number: int) -> Iterator[Batch]:
        gauss, random = self._random.gauss, self._random.random
        for n in range(0, SERIES, 3):
            self._walk[n] += int(gauss(0, 50)) * 4096
            self._walk[n + 1] += int(random() * 20000) if random() < 0.3 else 0
            self._walk[n + 2] = max(0, min(10000, int(gauss(2500, 900))))
        at = BEGIN + number
        each = SERIES // len(COLLECTORS)
        for index, collector in enumerate(COLLECTORS):
            mine = range(index * each, (index + 1) * each)
            families = {
                "memory_bytes": {self._keys[n]: float(self._walk[n]) for n in mine if n % 3 == 0},
                "sent_bytes_total": {
                    self._keys[n]: float(self._walk[n]) for n in mine if n % 3 == 1
                },
                "busy_ratio": {self._keys[n]: self._walk[n] / 10000 for n in mine if n % 3 == 2},
            }
            yield Batch(collector=collector, wall=at, mono=1000.0 + number, families=families)


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 24.0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "history.sqlite"
        store = SqliteStore(path, retention=48 * 3600.0, quota=256 << 20, ours=True, derive=derive)
        spent = write(store, int(hours * 3600))
        samples = hours * 3600 * SERIES
        print(f"writing           {1000 * spent / (hours * 3600):8.3f} ms CPU a second")
        print(f"on disk           {disk_use(path) / samples:8.3f} bytes a sample")
        breakdown(path, samples)
        look_back(store, BEGIN + hours * 3600)
        store.close()


def write(store: SqliteStore, seconds: int) -> float:
    hard = Hard()
    spent = 0.0
    for begin in range(0, seconds, FLUSH):
        batches = [batch for n in range(begin, begin + FLUSH) for batch in hard.second(n)]
        started = time.process_time()
        store.append(batches)
        store.flush()
        spent += time.process_time() - started
    return spent


def look_back(store: SqliteStore, end: float) -> None:
    for title, span in (
        ("5 minutes", 300.0),
        ("1 hour", 3600.0),
        ("24 hours", 86400.0),
        ("90 days", 90 * 86400.0),
    ):
        start = end - span
        for name in ("busy_ratio", "sent_bytes_total"):
            one = [Matcher("number", MatchOp.EQUAL, "2" if name == "busy_ratio" else "1")]
            timed(
                f"one {name} of {title}",
                lambda s=start, n=name, m=one: store.series(n, s, end, 120, matchers=m),
            )
    timed("a hundred of 24 hours", lambda: store.series("busy_ratio", end - 86400.0, end, 120))
    timed("known", lambda: store.known(end - 86400.0, end))
    timed("moment", lambda: store.moment(end - 7200.0))


def breakdown(path: Path, samples: float) -> None:
    db = sqlite3.connect(path)
    for title, query in (
        ("recorded", "SELECT count(*), total(length(body)) FROM chunk"),
        ("1 minute", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 0"),
        ("10 minutes", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 1"),
        ("1 hour", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 2"),
        ("of it unpacked", "SELECT count(*), total(length(body)) FROM rollup WHERE count = 1"),
    ):
        rows, size = db.execute(query).fetchone()
        print(f"{title:17} {size / samples:8.3f} bytes a sample in {rows} rows")
    db.close()


def timed(title: str, call: object) -> None:
    best = min(_once(call) for _ in range(5))
    print(f"{title:30} {1000 * best:8.2f} ms")


def _once(call: object) -> float:
    started = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - started


def disk_use(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


if __name__ == "__main__":
    main()
