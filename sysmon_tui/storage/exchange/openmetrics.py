"""OpenMetrics text 1.0: what Prometheus takes in by `promtool tsdb create-blocks-from openmetrics`.

The format (https://prometheus.io/docs/specs/om/open_metrics_spec/) keeps a metric's samples
together and a series' in the order of time, and history has them by time, so they are sorted on
disk. Times are in seconds. A counter is a metric that ends in `_total` and never is negative or
NaN; what else only grows has no type there and is `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from math import inf, isfinite
from pathlib import Path
from typing import TypeAlias

import msgspec

from sysmon_tui.model.metric import Labels, SeriesKey, is_counter
from sysmon_tui.storage.exchange.figures import figure, spelled
from sysmon_tui.storage.exchange.labels import NotLabels, read_labels
from sysmon_tui.storage.exchange.sample import LABEL, NAME, Gate, Sample
from sysmon_tui.storage.exchange.sorter import Sorter

_Record: TypeAlias = tuple[str, Labels, int, float, float]
_decoder: msgspec.msgpack.Decoder[_Record] = msgspec.msgpack.Decoder(_Record)
_SUFFIX = "_total"
_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+) (\S+)", re.ASCII)
_EXEMPLAR = re.compile(r" # \{[^{}]*\} \S+(?: \S+)?$")


def lines(samples: Iterable[Sample], directory: Path | None = None) -> Iterator[bytes]:
    """Every line, `# EOF` too. What has no name there is left out, and time that runs backwards.

    `directory` is where there is room to sort. Raises `StoreError`.
    """
    types = _Types()
    records = (
        (sample.name, _carried(sample.labels), number, sample.wall, types.seen(sample))
        for number, sample in enumerate(samples)
        if _sayable(sample)
    )
    ordered = Sorter(_decoder, directory).sorted(records)
    for name, family in groupby(ordered, key=lambda record: record[0]):
        yield f"# TYPE {types.family(name)} {types.word(name)}\n".encode()
        yield from _family(name, family)
    yield b"# EOF\n"


def _family(name: str, records: Iterable[_Record]) -> Iterator[bytes]:
    for labels, series in groupby(records, key=lambda record: record[1]):
        key = str(SeriesKey(name, labels))
        newest = -inf
        for _, _, _, wall, value in series:
            if wall > newest:
                newest = wall
                yield f"{key} {spelled(value)} {spelled(wall)}\n".encode()


def _carried(labels: Labels) -> Labels:
    """An empty label is none there."""
    return tuple(pair for pair in labels if pair[1])


def _sayable(sample: Sample) -> bool:
    return bool(NAME.fullmatch(sample.name)) and all(
        LABEL.fullmatch(name) for name, _ in sample.labels
    )


class _Types:
    """What type each metric has, learnt from its samples before any of them is written."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._odd: set[str] = set()
        """Counters with a value no counter has."""

    def seen(self, sample: Sample) -> float:
        self._names.add(sample.name)
        if not (isfinite(sample.value) and sample.value >= 0.0):
            self._odd.add(sample.name)
        return sample.value

    def word(self, name: str) -> str:
        if self.family(name) != name:
            return "counter"
        return "unknown" if is_counter(name) else "gauge"

    def family(self, name: str) -> str:
        base = name.removesuffix(_SUFFIX)
        clean = base != name and base and base not in self._names and name not in self._odd
        return base if clean else name


def read(texts: Iterable[str], gate: Gate) -> Iterator[Sample]:
    """Samples of lines with their ends. Raises `FormatError`, also where `# EOF` is missing."""
    number, ended = 0, False
    for number, text in enumerate(texts, 1):
        if ended:
            raise gate.error(number, "goes on after # EOF")
        line = text.rstrip("\n")
        if line.startswith("#"):
            ended = line == "# EOF"
        else:
            yield _sample(number, line, gate)
    if not ended:
        raise gate.error(max(1, number), "ends without # EOF", "Get the whole file")


def _sample(number: int, line: str, gate: Gate) -> Sample:
    match = _LINE.fullmatch(_EXEMPLAR.sub("", line))
    if match is None:
        raise gate.error(
            number, "is no sample with a time", 'Write name{label="value"} VALUE SECONDS'
        )
    try:
        carried = tuple(read_labels(match[2] or "").items())
    except NotLabels as error:
        raise gate.error(number, f"labels: {error}") from None
    return gate.sample(number, figure(match[4]), "", match[1], carried, figure(match[3]))
