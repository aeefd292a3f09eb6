"""One sample with all that is known of it, and the way from batches to samples and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.storage.exchange.errors import FormatError
from sysmon_tui.storage.lately import LONG, REMEMBERED

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", re.ASCII)
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}", re.ASCII)
COLLECTOR = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
LABELS = 40
SERIES = 100_000
"""Different series that a file may have: a store keeps each one's name in memory."""
AT_ONCE = 50_000
"""Samples that a collector may have at one moment."""
EARLIEST, LATEST = 0.0, 2.5e11


class Sample(NamedTuple):
    wall: float
    """Seconds since the epoch."""
    collector: str
    name: str
    labels: Labels
    value: float


def samples_of(batches: Iterable[Batch]) -> Iterator[Sample]:
    for batch in batches:
        for name, family in batch.families.items():
            for labels, value in family.items():
                yield Sample(batch.wall, batch.collector, name, labels, value)


def batches_of(samples: Iterable[Sample]) -> Iterator[Batch]:
    """Of samples sorted by time and collector; one that comes twice counts once, the last.

    The monotonic time of a batch is its wall time, which does not step where it is sorted.
    """
    for (wall, collector), together in groupby(samples, key=lambda sample: sample[:2]):
        families: dict[str, dict[Labels, float]] = {}
        for count, sample in enumerate(together):
            if count >= AT_ONCE:
                raise FormatError(collector, f"more than {AT_ONCE} samples at one moment")
            families.setdefault(sample.name, {})[sample.labels] = sample.value
        yield Batch(collector=collector, wall=wall, mono=wall, families=families)


class Gate:
    """Lets samples from a file in that are what a collector could have yielded."""

    def __init__(self, file: str, collector_of: Callable[[str], str]) -> None:
        """`collector_of` tells who yields a metric, where the file does not say."""
        self._file = file
        self._collector_of = collector_of
        self._series: set[int] = set()
        self._let_in: dict[tuple[str, str, Labels], tuple[str, Labels]] = {}
        """Series seen lately, as they came and as they are."""

    def sample(
        self,
        line: int,
        wall: float | None,
        collector: str,
        name: str,
        labels: Labels,
        value: float | None,
    ) -> Sample:
        """Raises `FormatError`; `line` counts from 1 and `labels` may be in any order."""
        if wall is None:
            raise self.error(line, "time: is no number of seconds since the epoch")
        self.check_time(line, wall)
        if value is None:
            raise self.error(line, "value: is no number")
        owner, carried = self.series(line, collector, name, labels)
        return Sample(wall, owner, name, carried, value)

    def series(self, line: int, collector: str, name: str, labels: Labels) -> tuple[str, Labels]:
        """A series' collector and its labels. Raises `FormatError`."""
        asked = (collector, name, labels)
        if (known := self._let_in.get(asked)) is not None:
            return known
        if not NAME.fullmatch(name):
            raise self.error(line, "metric: is no name of a metric")
        collector = collector or self._collector_of(name)
        self.check_collector(line, collector)
        carried = self._labels(line, labels)
        self._count(line, name, carried)
        if len(self._let_in) >= REMEMBERED:
            self._let_in.clear()
        found = (collector, carried)
        if sum(len(text) for pair in labels for text in pair) <= LONG:
            self._let_in[asked] = found
        return found

    def check_time(self, line: int, wall: float) -> None:
        if not EARLIEST <= wall < LATEST:
            raise self.error(line, "time: is no number of seconds since the epoch")

    def check_collector(self, line: int, collector: str) -> None:
        if not COLLECTOR.fullmatch(collector):
            raise self.error(line, "collector: is no name of a collector")

    def error(self, line: int, problem: str, remedy: str = "") -> FormatError:
        return FormatError(f"{self._file}:{line}", problem, remedy)

    def _labels(self, line: int, labels: Labels) -> Labels:
        if len(labels) > LABELS:
            raise self.error(line, f"labels: more than {LABELS}")
        for name, _ in labels:
            if not LABEL.fullmatch(name) or name == "__name__":
                raise self.error(line, "labels: a name is no name of a label")
        return tuple(sorted((name, clean(value)) for name, value in labels))

    def _count(self, line: int, name: str, labels: Labels) -> None:
        self._series.add(hash((name, labels)))
        if len(self._series) > SERIES:
            raise self.error(line, f"more than {SERIES} series", "Split the file by metric")
