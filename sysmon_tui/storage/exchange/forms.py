"""The formats by name, and one way to write and to read all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TypeAlias

import msgspec

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.exchange import csv_form, jsonl, openmetrics, parquet, sysstat
from sysmon_tui.storage.exchange.errors import FormatError
from sysmon_tui.storage.exchange.figures import figure
from sysmon_tui.storage.exchange.lines import byte_lines, text_lines, unpacked
from sysmon_tui.storage.exchange.sample import Gate, Sample, batches_of, samples_of
from sysmon_tui.storage.exchange.sorter import Sorter
from sysmon_tui.storage.line import DamagedLine, wall_of


class Form(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    OPENMETRICS = "openmetrics"
    PARQUET = "parquet"
    SYSSTAT = "sysstat"
    """Read only."""


RESUMABLE = frozenset((Form.CSV, Form.JSONL))
"""Those in which every line stands for itself."""
_SUFFIXES = {
    ".csv": Form.CSV,
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
    ".om": Form.OPENMETRICS,
    ".prom": Form.OPENMETRICS,
    ".txt": Form.OPENMETRICS,
    ".parquet": Form.PARQUET,
    ".json": Form.SYSSTAT,
}

_Record: TypeAlias = tuple[float, str, str, Labels, int, float]
_decoder: msgspec.msgpack.Decoder[_Record] = msgspec.msgpack.Decoder(_Record)


def form_of(name: str) -> Form | None:
    """By the end of a file's name, .gz left out."""
    return _SUFFIXES.get(Path(name.removesuffix(".gz")).suffix.lower())


def text_of(
    form: Form, batches: Iterable[Batch], *, header: bool = True, directory: Path | None = None
) -> Iterator[bytes]:
    """Whole lines. `directory` is where there is room to sort. Raises `StoreError`."""
    if form is Form.JSONL:
        return jsonl.lines(batches)
    if form is Form.CSV:
        return csv_form.lines(batches, header=header)
    return openmetrics.lines(samples_of(batches), directory)


def write_parquet(batches: Iterable[Batch], sink: IO[bytes]) -> None:
    """Raises `StoreError` where pyarrow is missing, `OSError`."""
    parquet.write(samples_of(batches), sink)


def batches_in(
    file: IO[bytes],
    form: Form,
    name: str,
    collector_of: Callable[[str], str],
    directory: Path | None = None,
) -> Iterator[Batch]:
    """What a buffered file has, in the order of time; JSON lines in their own.

    `collector_of` tells whose figure a metric is where the file does not; `directory` is where
    there is room to sort. Raises `FormatError`.
    """
    gate = Gate(name, collector_of)
    if form is Form.PARQUET:
        return _in_order(parquet.read(file, gate, name), directory)
    plain = unpacked(file)
    if form is Form.JSONL:
        return jsonl.read(byte_lines(plain, name), gate)
    texts = text_lines(plain, name)
    if form is Form.SYSSTAT:
        return sysstat.read(texts, name)
    read = csv_form.read if form is Form.CSV else openmetrics.read
    return _in_order(read(texts, gate), directory)


def _in_order(samples: Iterable[Sample], directory: Path | None) -> Iterator[Batch]:
    records: Iterator[_Record] = (
        (*sample[:4], number, sample.value) for number, sample in enumerate(samples)
    )
    ordered = Sorter(_decoder, directory).sorted(records)
    return batches_of(Sample(*record[:4], record[5]) for record in ordered)


def resume_point(file: IO[bytes], form: Form, name: str) -> tuple[int, float | None]:
    """How many bytes of an interrupted export to keep, and the time to go on from.

    The last moment is written anew: it may not be all there. None where nothing is. Raises
    `FormatError` where the file is no such export.
    """
    at = keep = number = 0
    newest: float | None = None
    for number, line in enumerate(byte_lines(file, name), 1):
        if not line.endswith(b"\n"):
            break
        if form is not Form.CSV or number > 1:
            wall = _time_of(line, form)
            if wall is None:
                raise FormatError(f"{name}:{number}", f"is no line of a {form} export")
            if wall != newest:
                newest, keep = wall, at
        elif line.rstrip(b"\r\n") != ",".join(csv_form.HEADER).encode():
            raise FormatError(f"{name}:1", f"is no head of a {form} export")
        at += len(line)
    return keep, newest


def _time_of(line: bytes, form: Form) -> float | None:
    if form is Form.CSV:
        return figure(line.partition(b",")[0].decode("ascii", "replace"))
    try:
        return wall_of(line)
    except DamagedLine:
        return None
