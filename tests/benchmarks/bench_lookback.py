"""How long a step back takes, on a history of an hour: the tick alone, and all that is shown.

The collectors are real, the clock is set by hand.
"""

# ruff: noqa: T201 - this is what it is for

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.memory import MemoryLedger
from sysmon_tui.storage.sqlite import SqliteStore
from sysmon_tui.storage.thin import Thinner
from sysmon_tui.ui.frames import Frames, Wish

BEGIN = 1_774_490_400.0
SECONDS = 3600
SAMPLES = 122
CHARTED = frozenset({"cpu", "memory", "pressure", "disk", "network", "filesystem"})


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        store = SqliteStore(
            Path(place) / "history", retention=1e6, quota=1 << 28, ours=True, derive=derive
        )
        record(store)
        back = Lookback(lambda: store, MemoryLedger(), interval=1.0, charted=CHARTED)
        end = BEGIN + SECONDS - 600.0
        frames = Frames(back, 1.0)
        timed("tick", lambda n: back.tick(end - 10.0 * n))
        for title, level in (("2 minutes", 0), ("10 minutes", 1), ("2 hours", 3)):
            step = {0: 1.0, 1: 5.0, 3: 60.0}[level]
            timed(
                f"step, chart of {title}",
                lambda n, level=level, step=step: frames.load(  # type: ignore[misc]
                    Wish(end - 10.0 * n, level, int(end / step) + 2, SAMPLES), end + 60.0
                ),
            )
        store.close()


def record(store: SqliteStore) -> None:
    thinner = Thinner()
    lanes = [Lane(each) for each in create_collectors(Roots(), frozenset())]
    for second in range(SECONDS):
        at = BEGIN + second
        batches = [batch for lane in lanes if (batch := lane.poll(at, 1000.0 + second))]
        store.append([thinner.thin(batch) for batch in batches])
        if second % 10 == 9:
            store.flush()
    for lane in lanes:
        lane.close()


def timed(title: str, call: Callable[[int], object]) -> None:
    """The first call reads what those after it mostly find."""
    costs = []
    for number in range(12):
        started = time.perf_counter()
        call(number)
        costs.append(1000.0 * (time.perf_counter() - started))
    rest = costs[1:]
    print(
        f"{title:28} first {costs[0]:7.1f} ms, then {statistics.median(rest):6.1f} ms,"
        f" worst {max(rest):6.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
