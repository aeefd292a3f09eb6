"""What the history benchmark feeds a store with, one second at a time: made-up or recorded.

Both repeat themselves, because making or decoding a sample takes longer than storing it. Counters
go on growing when what was recorded begins again, so a repetition is no reboot.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from math import floor, inf
from pathlib import Path
from random import Random
from typing import Protocol, TypeAlias

from sysmon_tui.model.metric import Families, SeriesKey, is_counter, labels
from sysmon_tui.model.process import ProcessLife, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.database import open_for_reading
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.sqlite_past import SqlitePast
from tests.integration.live import COMMAND, environ

BEGIN = 1_700_006_400.0


class Source(Protocol):
    def second(self, number: int) -> Iterator[Batch]:
        """What came in within the second that begins `number` seconds after `BEGIN`."""


class Hard:
    """Worse than a real machine: hardly a figure stays as it was.

    A third each of wandering gauges in pages, of bursty counters and of noisy shares.
    """

    COLLECTORS = tuple(f"hard{n}" for n in range(6))

    def __init__(self, series: int = 300, repeated: int = 2400) -> None:
        """`repeated` are seconds."""
        self._random = Random(1)
        self._walk = [self._random.randrange(1 << 22) * 4096 for _ in range(series)]
        self._keys = [labels(number=str(n)) for n in range(series)]
        self._seconds = [list(self._second(n)) for n in range(repeated)]

    def second(self, number: int) -> Iterator[Batch]:
        for batch in self._seconds[number % len(self._seconds)]:
            yield replace(batch, wall=BEGIN + number, mono=1000.0 + number)

    def _second(self, number: int) -> Iterator[Batch]:
        gauss, random = self._random.gauss, self._random.random
        for n in range(0, len(self._walk), 3):
            self._walk[n] += int(gauss(0, 50)) * 4096
            self._walk[n + 1] += int(random() * 20000) if random() < 0.3 else 0
            self._walk[n + 2] = max(0, min(10000, int(gauss(2500, 900))))
        at = BEGIN + number
        each = len(self._walk) // len(self.COLLECTORS)
        for index, collector in enumerate(self.COLLECTORS):
            mine = range(index * each, (index + 1) * each)
            families = {
                "memory_bytes": {self._keys[n]: float(self._walk[n]) for n in mine if n % 3 == 0},
                "sent_bytes_total": {
                    self._keys[n]: float(self._walk[n]) for n in mine if n % 3 == 1
                },
                "busy_ratio": {self._keys[n]: self._walk[n] / 10000 for n in mine if n % 3 == 2},
            }
            yield Batch(collector=collector, wall=at, mono=1000.0 + number, families=families)


class Recorded:
    """What some machine recorded, over and over: figures and process tables."""

    LONGEST = 3600
    """Seconds, so that it fits into memory."""

    def __init__(self, path: Path) -> None:
        batches = _recorded(path)
        self._begin = floor(batches[0].wall)
        self._mono = batches[0].mono
        self._span = min(floor(batches[-1].wall) + 1 - self._begin, self.LONGEST)
        self._seconds: list[list[Batch]] = [[] for _ in range(self._span)]
        for batch in batches:
            if batch.wall < self._begin + self._span:
                self._seconds[floor(batch.wall) - self._begin].append(batch)
        self._growth = _growth(batch for second in self._seconds for batch in second)

    def second(self, number: int) -> Iterator[Batch]:
        again, second = divmod(number, self._span)
        later = BEGIN - self._begin + again * self._span
        for batch in self._seconds[second]:
            yield replace(
                batch,
                wall=round(batch.wall + later, 4),
                mono=round(batch.mono - self._mono + 1000.0 + again * self._span, 4),
                families=self._grown(batch.families, again) if again else batch.families,
                processes=batch.processes and self._moved(batch.processes, later, again),
            )

    def _grown(self, families: Families, times: int) -> Families:
        return {
            name: {
                key: self._growth[SeriesKey(name, key)](value, times)
                for key, value in family.items()
            }
            if is_counter(name)
            else family
            for name, family in families.items()
        }

    def _moved(self, table: ProcessTable, later: float, again: int) -> ProcessTable:
        """Processes that began while they were recorded begin anew; the others live on."""

        def moved(row: ProcessRow) -> ProcessRow:
            began = row.start_time > self._mono
            return row._replace(start_time=row.start_time + again * self._span) if began else row

        return replace(
            table,
            rows=tuple(map(moved, table.rows)),
            lives=tuple(
                ProcessLife(life.at + later, life.began, moved(life.row), life.command, life.user)
                for life in table.lives
            ),
        )


def record(home: Path, seconds: float) -> Path:
    """The history of this machine as `sysmon-tui record` keeps it over some time from now on."""
    recorder = subprocess.Popen([*COMMAND, "record"], env=environ(home))
    try:
        recorder.wait(seconds)
    except subprocess.TimeoutExpired:
        recorder.terminate()
        recorder.wait()
    return home / "state" / "history.sqlite"


def _recorded(path: Path) -> list[Batch]:
    past = SqlitePast(path, no_derive)
    tables = dict(past.processes(0.0, inf))
    batches = list(past.read(0.0, inf, collectors=_collectors(path)))
    return [
        replace(batch, processes=tables.get(batch.wall)) if batch.collector == "process" else batch
        for batch in batches
    ]


def _collectors(path: Path) -> frozenset[str]:
    with closing(open_for_reading(path)) as db:
        return frozenset(name for (name,) in db.execute("SELECT name FROM collector"))


Grown: TypeAlias = Callable[[float, int], float]
"""A counter's sample, so many repetitions later."""


def _growth(batches: Iterator[Batch]) -> Mapping[SeriesKey, Grown]:
    samples: dict[SeriesKey, list[float]] = defaultdict(list)
    for batch in batches:
        for name, family in batch.families.items():
            if is_counter(name):
                for key, value in family.items():
                    samples[SeriesKey(name, key)].append(value)
    return {key: _grown(values) for key, values in samples.items()}


def _grown(values: list[float]) -> Grown:
    """In the form the source has its figures, which is what a codec lives on: a hundred and one
    ticks are 101 * 0.01 here, and 1.01 there."""
    growth = max(0.0, values[-1] - values[0])
    for unit in (0.01, 0.001, 1e-6):
        if all(round(value / unit) * unit == value for value in values):
            return lambda value, times: round((value + times * growth) / unit) * unit
    return lambda value, times: round(value + times * growth, 9)
