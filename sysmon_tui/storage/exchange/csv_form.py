"""CSV: a line for each sample, `time,collector,metric,labels,value`.

Times are in seconds since the epoch and labels as Prometheus writes them, so that a file read back
is what was written. A text that a spreadsheet would run as a formula (OWASP, CSV Injection: it
begins with = + - @, a tab or a carriage return) gets a `'` before it, which is taken off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.storage.exchange.figures import figure, spelled
from sysmon_tui.storage.exchange.labels import NotLabels, read_labels
from sysmon_tui.storage.exchange.sample import Gate, Sample

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


def lines(samples: Iterable[Sample], *, header: bool = True) -> Iterator[bytes]:
    if header:
        yield (row(HEADER) + "\n").encode()
    for wall, collector, name, labels, value in samples:
        cells = (wall, collector, name, str(SeriesKey("", labels)) if labels else "", value)
        yield (row(cells) + "\n").encode()


def read(texts: Iterable[str], gate: Gate) -> Iterator[Sample]:
    """Of lines with their ends. Raises `FormatError`."""
    numbered = csv.reader(texts, strict=True)
    try:
        found = tuple(next(numbered, ()))
        if found != HEADER:
            raise gate.error(1, "is not headed as exports are", f"Head it {','.join(HEADER)}")
        for cells in numbered:
            yield _sample(numbered.line_num, cells, gate)
    except csv.Error as error:
        raise gate.error(numbered.line_num, f"is no CSV: {error}") from None


def _sample(line: int, cells: list[str], gate: Gate) -> Sample:
    if len(cells) != len(HEADER):
        raise gate.error(line, f"has {len(cells)} cells, not {len(HEADER)}")
    wall, collector, name, labels, value = cells
    try:
        carried = read_labels(_unguarded(labels))
    except NotLabels as error:
        raise gate.error(line, f"labels: {error}") from None
    return gate.sample(
        line, figure(wall), _unguarded(collector), _unguarded(name), carried, figure(value)
    )
