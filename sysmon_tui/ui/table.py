"""Small tables: columns with titles, the one that gives way, and rows that carry a role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import column
from sysmon_tui.ui.palette import Line, Span

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int
    """Columns it takes; 0 for the one that takes what is left."""
    right: bool = True
    drop: int = 0
    """Order in which columns go when the table is too narrow: highest first; 0 stays."""


def fitting(columns: Sequence[Column], width: int, least: int = 12) -> list[int]:
    """Indexes of the columns that fit beside a stretching one of at least `least`."""
    kept = list(range(len(columns)))
    while True:
        need = sum((columns[i].width or least) + 1 for i in kept) - 1
        victims = [i for i in kept if columns[i].drop]
        if need <= width or not victims:
            return kept
        kept.remove(max(victims, key=lambda i: columns[i].drop))


def widths(columns: Sequence[Column], kept: Sequence[int], width: int) -> list[int]:
    """How wide each of the kept ones is: the stretching one takes what the others leave."""
    taken = sum(columns[i].width for i in kept) + len(kept) - 1
    return [columns[i].width or max(1, width - taken) for i in kept]


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], width: int, glyphs: Glyphs
) -> list[Line]:
    """A line of titles and a line a row; every row has a cell (text, role) for each column."""
    kept = fitting(columns, width)
    shown = [columns[i] for i in kept]
    room = widths(columns, kept, width)
    titles = [(columns[i].title, "dim") for i in range(len(columns))]
    return [_line(shown, room, [cells[i] for i in kept], glyphs) for cells in (titles, *rows)]


def _line(
    columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell], glyphs: Glyphs
) -> Line:
    spans: list[Span] = []
    for spec, width, (text, role) in zip(columns, widths, cells, strict=True):
        if spans:
            spans[-1] = (spans[-1][0] + " ", spans[-1][1])
        padded = column(text, width, glyphs.ellipsis, right=spec.right)
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + padded, role)
        else:
            spans.append((padded, role))
    return tuple(spans)
