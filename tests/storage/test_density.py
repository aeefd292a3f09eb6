"""How few bytes history takes: budgets on seeded figures, so that whatever makes it grow is seen.

What days of it take, made up or recorded, is `tests.benchmarks.bench_history`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from tests.benchmarks.machine import Hard
from tests.storage.batches import MONO, WALL
from tests.storage.history_file import open_one, query

PAGES = "SELECT sum(pgsize), sum(pgsize) - sum(unused) FROM dbstat WHERE name = '{}'"


def sizes(path: Path, table: str) -> tuple[int, int]:
    """Bytes of a table's pages, and how many of those are in use."""
    ((taken, used),) = query(path, PAGES.format(table))
    return taken, used


def flushed(path: Path, seconds: Iterator[list[Batch]], every: int = 10) -> None:
    """As a recorder does it, but for the last few rows, which its end packs."""
    store = open_one(path)
    for number, batches in enumerate(seconds):
        store.append(batches)
        if number % every == every - 1:
            store.flush()
    store.close()


def test_noise_takes_hardly_more_than_it_tells(path: Path) -> None:
    """Its entropy is 1.03 bytes a sample: 7.7, 5.2 and 11.9 bits of the three kinds."""
    hard = Hard(series=180, repeated=900)
    flushed(path, (list(hard.second(n)) for n in range(3600)))
    taken, used = sizes(path, "chunk")
    assert taken / (3600 * 180) < 1.33
    assert taken / used < 1.04, "pages are full"


def machine(seconds: int) -> Iterator[list[Batch]]:
    """Ticks of a quiet machine, memory that wanders, counters that rest; beats are a little late,
    but wall time as much as monotonic time."""
    random = Random(1)
    ticks, pages = [0] * 24, [random.randrange(1 << 20) for _ in range(24)]
    for n in range(seconds):
        late = round(abs(random.gauss(0, 0.001)), 4)
        for index in range(len(ticks)):
            ticks[index] += random.randrange(4) if index < 8 else 0
            pages[index] += int(random.gauss(0, 12)) if random.random() < 0.5 else 0
        yield [
            Batch(
                collector="cpu",
                wall=round(WALL + n + late, 4),
                mono=round(MONO + n + late, 4),
                families={
                    "ticks_total": {labels(n=str(i)): k * 0.01 for i, k in enumerate(ticks)},
                    "memory_bytes": {labels(n=str(i)): k * 4096.0 for i, k in enumerate(pages)},
                },
            )
        ]


def test_a_machine_takes_less_than_half_a_byte(path: Path) -> None:
    flushed(path, machine(3600))
    taken, used = sizes(path, "chunk")
    assert used / (3600 * 48) < 0.39
    assert taken / used < 1.12


def processes(seconds: int) -> Iterator[list[Batch]]:
    """The busiest of a hundred processes every five seconds, ten at work, and a job a minute."""
    random = Random(1)
    spent = [random.random() * 100 for _ in range(100)]
    resident = [random.randrange(1 << 17) for _ in range(100)]
    for n in range(0, seconds, 5):
        rows, details = [], {}
        for index in (*range(40), 100 + n // 60):
            at = index % 100
            cpu = random.random() * 0.2 if index < 10 else 0.0
            spent[at] += cpu * 5
            resident[at] += random.randrange(-8, 9) if index < 10 else 0
            pid = 1000 + index
            rows.append(
                ProcessRow(
                    pid=pid,
                    start_time=float(index),
                    ppid=1,
                    uid=0,
                    name=SafeText(f"worker{at}"),
                    state="S",
                    cpu=cpu,
                    cpu_seconds=round(spent[at], 2),
                    rss=resident[at] * 4096,
                    threads=4,
                    nice=0,
                    kernel=False,
                )
            )
            details[pid] = ProcessDetail(
                SafeText(f"/usr/lib/program/worker --number {index} --configuration /etc/program"),
                SafeText("root"),
                0.0,
                float(random.randrange(1 << 16)) if index < 10 else 0.0,
            )
        table = ProcessTable(rows=tuple(rows), details=details, states={"S": 100}, threads=400)
        yield [Batch(collector="process", wall=WALL + n, mono=MONO + n, processes=table)]


def test_processes_of_a_day_take_few_megabytes(path: Path) -> None:
    flushed(path, processes(2 * 3600), every=2)
    taken = sum(sizes(path, table)[0] for table in ("snapshot", "fact", "process"))
    assert taken * 12 < 2.7e6
    assert query(path, "SELECT count(*) FROM process") == [(0,)], "all facts are packed"
