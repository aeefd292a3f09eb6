"""Looking back over 90 days of 300 series: single series, and all the screen asks for a moment.

The history is made through the store itself, with two days of every second; it takes minutes and
is kept in the directory for temporary files for the next time. `bench_past DAYS HOURS` makes less.
Figures are CPU time, of calls after the file was read once. A loop of always the same work is timed
before and after them: where it takes twice as long as elsewhere, so does everything else.
"""

# ruff: noqa: T201 - this is what it is for

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State, fingerprint
from sysmon_tui.model.metric import labels
from sysmon_tui.model.ports import Past
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.sqlite_past import SqlitePast
from sysmon_tui.ui.frames import Frames, Wish
from tests.benchmarks.made_machine import MadeMachine

END = 1_774_483_200.0
"""A whole day, so that a rollup of each tier has just ended."""
HOUR, DAY = 3600.0, 86400.0
SAMPLES = 122
CHARTED = frozenset({"cpu", "memory", "pressure", "disk", "network", "filesystem"})
EVENTS = 2000
BUCKETS = 120
CALLS = 15
SERIES = (
    ("a counter", "node_network_receive_bytes_total", "device", "eth0"),
    ("a gauge", "node_memory_MemAvailable_bytes", "", ""),
    ("derived of 96", "sysmon_cpu_ratio", "mode", "busy"),
    ("derived of 5", "sysmon_network_receive_bytes_per_second", "device", "eth0"),
)
RANGES = (
    ("1 h", HOUR),
    ("2 h", 2 * HOUR),
    ("24 h", DAY),
    ("30 d", 30 * DAY),
    ("90 d", 90 * DAY),
)


def main() -> None:
    days = float(sys.argv[1]) if len(sys.argv) > 1 else 90.0
    hours = float(sys.argv[2]) if len(sys.argv) > 2 else 48.0
    place = Path(tempfile.gettempdir()) / f"sysmon-tui-bench-past-{days:g}-{hours:g}"
    if not (place / "whole").exists():
        make(place, days * DAY, hours * HOUR)
    path = place / "history.sqlite"
    print(f"{path.stat().st_size / (1 << 20):.0f} MiB in {place}")
    path.read_bytes()
    timed("a loop for comparison", lambda _: sum(n & 255 for n in range(200_000)))
    look_back(SqlitePast(path, derive), SqliteLedger(place / "alerts.sqlite"), hours * HOUR)
    timed("a loop for comparison", lambda _: sum(n & 255 for n in range(200_000)))


def look_back(past: Past, ledger: SqliteLedger, kept: float) -> None:
    for title, name, label, value in SERIES:
        one = [Matcher(label, MatchOp.EQUAL, value)] if label else []
        for span, seconds in RANGES:

            def chart(
                n: int, name: str = name, one: list[Matcher] = one, seconds: float = seconds
            ) -> object:
                # As a chart asks: from a whole bucket on, some minutes before the newest.
                to = END - 300.0 - n * seconds / BUCKETS
                return past.series(name, to - seconds, to, BUCKETS, matchers=one)

            timed(f"{title}, {span}", chart)
    back = Lookback(lambda: past, ledger, interval=1.0, charted=CHARTED)
    random = Random(3)
    far = [END - 600.0 - random.random() * (kept - HOUR) for _ in range(CALLS + 1)]
    timed("tick at a far moment", lambda n: back.tick(far[n]))
    for title, level, step in (("2 minutes", 0, 1.0), ("10 minutes", 1, 5.0), ("2 hours", 3, 60.0)):
        frames = Frames(back, 1.0)
        timed(
            f"far jump, chart of {title}",
            lambda n, frames=frames, level=level, step=step: frames.load(  # type: ignore[misc]
                _wish(far[n], level, step), END
            ),
        )
        timed(
            f"steps from there, chart of {title}",
            lambda n, frames=frames, level=level, step=step: frames.load(  # type: ignore[misc]
                _wish(far[-1] - 10.0 * n, level, step, far[-1]), END
            ),
        )


def _wish(at: float, level: int, step: float, end: float | None = None) -> Wish:
    last = int((at if end is None else end) / step) + SAMPLES // 4
    return Wish(float(int(at)), level, last + (last & 1), SAMPLES)


def timed(title: str, call: Callable[[int], object]) -> None:
    """The first call may read from the disk and load modules."""
    call(CALLS)
    costs, waits = [], []
    for number in range(CALLS):
        began, started = time.process_time(), time.perf_counter()
        call(number)
        costs.append(1000.0 * (time.process_time() - began))
        waits.append(1000.0 * (time.perf_counter() - started))
    slow = statistics.quantiles(costs, n=20, method="inclusive")[-1]
    print(
        f"{title:36} median {statistics.median(costs):7.2f} ms CPU, p95 {slow:7.2f},"
        f" wall {statistics.median(waits):7.2f}",
        flush=True,
    )


def make(place: Path, seconds: float, kept: float) -> None:
    """Two moments of every hour, for a day one of every minute, then all."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / "history.sqlite"
    path.unlink(missing_ok=True)
    store = SqliteStore(path, retention=kept, quota=1 << 30, ours=True, derive=derive)
    machine = MadeMachine()
    print(f"{machine.series} series are recorded in {place}", flush=True)
    began, shown = time.process_time(), 0
    for wall, all_due, flush in _moments(seconds, kept):
        number = int(wall - (END - seconds))
        store.append(machine.second(number, wall, all_due=all_due))
        if flush:
            store.flush()
        if number // DAY > shown:
            shown = int(number // DAY)
            print(f"day {shown}, {time.process_time() - began:.0f} s", flush=True)
    store.close()
    ledger = SqliteLedger(place / "alerts.sqlite")
    ledger.record(_events(seconds))
    (place / "whole").touch()


def _moments(seconds: float, kept: float) -> Iterator[tuple[float, bool, bool]]:
    """When, whether slow collectors are due, whether it is written then."""
    begin, minutes, every = END - seconds, END - min(seconds, kept + DAY), END - min(seconds, kept)
    for number in range(int((minutes - begin) / 1800.0)):
        # Near enough for a rate, and both in one rollup.
        yield begin + 3600.0 * (number // 2) + 300.0 * (number % 2), True, True
    for number in range(int((every - minutes) / 60.0)):
        yield minutes + 60.0 * number, True, number % 5 == 4
    for number in range(int(END - every)):
        yield every + number, False, number % 15 == 14


def _events(seconds: float) -> Iterator[AlertEvent]:
    for number in range(EVENTS // 2):
        at = END - seconds + number * seconds / (EVENTS // 2)
        key = labels(number=str(number % 40))
        alert = Alert(
            fingerprint=fingerprint("Busy", key),
            rule="Busy",
            labels=key,
            state=State.FIRING,
            severity=Severity.WARNING,
            value=0.95,
            worst=0.95,
            since=at,
            fired_at=at,
            changed_at=at,
            summary=clean("CPU is busy"),
        )
        over = replace(alert, state=State.RESOLVED, resolved_at=at + 300.0, changed_at=at + 300.0)
        yield AlertEvent(at, "firing", alert)
        yield AlertEvent(at + 300.0, "resolved", over)


if __name__ == "__main__":
    main()
