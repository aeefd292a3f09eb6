"""What the collectors of limits and losses cost: `python -m tests.benchmarks.bench_collectors`.

Control groups are files in memory, as many as asked for; the rest is this machine's.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sysmon_tui.collectors import cgroup, clock, netstat
from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors import registry

PASSES = 200
FILES = {
    "memory.current": "50000000\n",
    "memory.stat": "".join(f"figure_{number} 123456\n" for number in range(50))
    + "inactive_file 10000000\n",
    "memory.max": "100000000\n",
    "memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n",
    "cpu.stat": "usage_usec 1\nuser_usec 1\nsystem_usec 0\nnr_periods 4\nnr_throttled 1\n",
    "pids.current": "3\n",
}


def lay(root: Path, count: int) -> list[Path]:
    mount = root / "fs" / "cgroup"
    mount.mkdir(parents=True)
    (mount / "cgroup.controllers").write_text("cpu memory pids\n")
    groups = [mount / "system.slice" / f"s{number}.service" for number in range(count)]
    for group in groups:
        group.mkdir(parents=True)
        for name, text in FILES.items():
            (group / name).write_text(text)
    return groups


def measure(collector: Collector, between: Callable[[int], None] = lambda _number: None) -> float:
    """The share of a core at the collector's own pace; prints it."""
    processor = registry.create(collector.name)
    spent = []
    for number in range(PASSES):
        between(number)
        began = time.process_time()
        reading = collector.collect()
        processor.feed(
            Batch(
                collector=collector.name,
                wall=0.0,
                mono=number * collector.interval,
                families=reading.families,
            )
        )
        spent.append(time.process_time() - began)
    collector.close()
    share = sum(spent) / PASSES / collector.interval
    median = sorted(spent)[PASSES // 2]
    print(f"{collector.name:<10} median {1e3 * median:.2f} ms, {1e2 * share:.4f} % of a core")  # noqa: T201
    return share


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as place:
        groups = lay(Path(place), count)

        def move(number: int) -> None:
            """A third of the groups use more memory than before."""
            for group in groups[: count // 3]:
                (group / "memory.current").write_text(f"{50_000_000 + number * 4096}\n")

        shares = [measure(cgroup.create(Roots(sys=Path(place))), move)]
        shares += [measure(module.create(Roots())) for module in (netstat, clock)]
    print(f"together {1e2 * sum(shares):.4f} % of a core, {count} groups")  # noqa: T201


if __name__ == "__main__":
    main()
