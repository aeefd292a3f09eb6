"""What a flush costs, what history takes on disk, and how long looking back takes.

Days of it, through the store's own write path with its sealing, rollups, retention and quota, on
a clock that is only told the time.

    --days 7            how much time goes by (1)
    --from FILE         what that history file has, again and again, rather than made-up figures
    --record SECONDS    the same with what this machine does from now on
    --retention HOURS   of raw history (all of the time)
    --quota MIB         of everything on disk (512)
"""

# ruff: noqa: T201 - this is what it is for

from __future__ import annotations

import sqlite3
import tempfile
import time
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.sqlite import SqliteStore
from tests.benchmarks.machine import BEGIN, Hard, Recorded, Source, record

FLUSH = 10
DAY = 86400

SIZES = """
SELECT name, sum(pgsize), sum(pgsize) - sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC
"""
HELD = "SELECT c.name, sum(h.count) FROM chunk h JOIN collector c ON c.id = collector GROUP BY 1"
BLOBS = (
    ("recorded", "SELECT count(*), total(length(body)) FROM chunk"),
    ("1 minute", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 0"),
    ("10 minutes", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 1"),
    ("1 hour", "SELECT count(*), total(length(body)) FROM rollup WHERE tier = 2"),
    ("of it unpacked", "SELECT count(*), total(length(body)) FROM rollup WHERE count = 1"),
    ("process tables", "SELECT count(*), total(length(body)) FROM snapshot"),
)


class Feed:
    """Takes a source's seconds to a store, and what that was."""

    def __init__(self, store: SqliteStore, path: Path, quota: int) -> None:
        self._store = store
        self._path = path
        self._quota = quota
        self.cpu = 0.0
        self.largest = 0
        """Bytes on disk at most."""
        self.rows: dict[str, int] = {}
        self.samples: dict[str, int] = {}

    def run(self, source: Source, seconds: int) -> None:
        for begin in range(0, seconds, FLUSH):
            batches = [batch for n in range(begin, begin + FLUSH) for batch in source.second(n)]
            for batch in batches:
                name, count = batch.collector, sum(map(len, batch.families.values()))
                self.rows[name] = self.rows.get(name, 0) + 1
                self.samples[name] = self.samples.get(name, 0) + count
            started = time.process_time()
            self._store.append(batches)
            self._store.flush()
            self.cpu += time.process_time() - started
            self.largest = max(self.largest, disk_use(self._path))
            if self.largest > self._quota:
                raise SystemExit(f"the quota was exceeded after {begin} s: {self.largest} bytes")

    def held(self) -> float:
        """Samples of which the file has every one."""
        with closing(sqlite3.connect(self._path)) as db:
            rows: dict[str, int] = dict(db.execute(HELD))
        return sum(count * self.samples[name] / self.rows[name] for name, count in rows.items())


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as place:
        source = _source(options, Path(place))
        path = Path(place) / "simulated" / "history.sqlite"
        seconds, quota = int(options.days * DAY), options.quota << 20
        retention = options.retention * 3600 or seconds
        store = SqliteStore(path, retention=retention, quota=quota, ours=True, derive=derive)
        feed = Feed(store, path, quota)
        feed.run(source, seconds)
        store.close()
        _report(feed, path, seconds)
        if isinstance(source, Hard):
            store = SqliteStore(path, retention=retention, quota=quota, ours=True, derive=derive)
            look_back(store, BEGIN + seconds)
            store.close()


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--from", type=Path, dest="recorded")
    parser.add_argument("--record", type=float)
    parser.add_argument("--retention", type=float, default=0.0)
    parser.add_argument("--quota", type=int, default=512)
    return parser.parse_args()


def _source(options: Namespace, place: Path) -> Source:
    if options.record:
        return Recorded(record(place, options.record))
    return Recorded(options.recorded) if options.recorded else Hard()


def _report(feed: Feed, path: Path, seconds: int) -> None:
    samples, held = sum(feed.samples.values()), feed.held()
    size = path.stat().st_size
    print(f"{'time':18} {seconds / DAY:8.3f} days, {samples / seconds:.0f} samples a second")
    print(f"{'writing':18} {1000 * feed.cpu / seconds:8.3f} ms CPU a second")
    largest = f"{feed.largest / 2**20:.2f} at most with its log and its reserve"
    print(f"{'on disk':18} {size / 2**20:8.2f} MiB, {largest}")
    print(f"{'of samples held':18} {size / held:8.3f} bytes each ({held / samples:.1%} are)")
    print(f"{'of all samples':18} {size / samples:8.3f} bytes each")
    with closing(sqlite3.connect(path)) as db:
        print("blobs")
        for title, query in BLOBS:
            rows, taken = db.execute(query).fetchone()
            print(f"  {title:16} {taken / samples:8.3f} bytes a sample in {rows} rows")
        print("pages (of them in use)")
        sizes = db.execute(SIZES).fetchall()
        (free,) = db.execute("PRAGMA freelist_count").fetchone()
        (page,) = db.execute("PRAGMA page_size").fetchone()
        for name, taken, used in (*sizes, ("free pages", free * page, 0)):
            print(
                f"  {name:16} {taken / samples:8.3f} bytes a sample ({used / samples:.3f}), "
                f"{taken * DAY / seconds / 2**20:7.2f} MiB a day"
            )


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
