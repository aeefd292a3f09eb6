"""CSV: a line for each sample, `time,collector,metric,labels,value`.

Times are in seconds since the epoch and labels as Prometheus writes them, so that a file read back
is what was written. A text that a spreadsheet would run as a formula (OWASP, CSV Injection: it
begins with = + - @, a tab or a carriage return) gets a `'` before it, which is taken off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sysmon_tui.model.metric import Labels, SeriesKey
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.exchange.figures import figure, spelled
from sysmon_tui.storage.exchange.labels import NotLabels, read_labels
from sysmon_tui.storage.exchange.sample import Gate, Sample
from sysmon_tui.storage.lately import REMEMBERED, Lately

HEADER = ("time", "collector", "metric", "labels", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def row(cells: Sequence[str | float]) -> str:
    """One line without its end; numbers are exact."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(
        [guarded(cell) if isinstance(cell, str) else spelled(cell) for cell in cells]
    )
    return text.getvalue()


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def lines(batches: Iterable[Batch], *, header: bool = True) -> Iterator[bytes]:
    """Those of a batch at once."""
    if header:
        yield (row(HEADER) + "\n").encode()
    of_labels = lru_cache(REMEMBERED)(_of_labels)
    for batch in batches:
        text = []
        for name, family in batch.families.items():
            head = row((batch.wall, batch.collector, name))
            text += [
                f"{head},{of_labels(labels)},{spelled(value)}\n" for labels, value in family.items()
            ]
        if text:
            yield "".join(text).encode()


def _of_labels(labels: Labels) -> str:
    return row((str(SeriesKey("", labels)),)) if labels else ""


def read(texts: Iterable[str], gate: Gate) -> Iterator[Sample]:
    """Of lines with their ends. Raises `FormatError`."""
    numbered = csv.reader(texts, strict=True)
    labels_of = Lately(_labels)
    try:
        found = tuple(next(numbered, ()))
        if found != HEADER:
            raise gate.error(1, "is not headed as exports are", f"Head it {','.join(HEADER)}")
        for cells in numbered:
            yield _sample(numbered.line_num, cells, labels_of, gate)
    except csv.Error as error:
        raise gate.error(numbered.line_num, f"is no CSV: {error}") from None


def _labels(cell: str) -> Labels:
    return tuple(read_labels(_unguarded(cell)).items())


def _sample(line: int, cells: list[str], labels_of: Lately[str, Labels], gate: Gate) -> Sample:
    if len(cells) != len(HEADER):
        raise gate.error(line, f"has {len(cells)} cells, not {len(HEADER)}")
    wall, collector, name, labels, value = cells
    try:
        carried = labels_of[labels]
    except NotLabels as error:
        raise gate.error(line, f"labels: {error}") from None
    return gate.sample(
        line, figure(wall), _unguarded(collector), _unguarded(name), carried, figure(value)
    )
