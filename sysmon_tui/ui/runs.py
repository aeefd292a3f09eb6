"""The fewest bytes that turn one row of cells into another, as escape sequences.

`ui.cells` compares its two pictures row by row and calls `Pencil`. Used are CUP, CUF, SGR, OSC 8
and, for a row whose part moved one cell to the left as a sparkline does, DCH and ICH: all of them
in every terminal since the VT102 and in tmux and screen.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import compress
from operator import and_, eq, ne, or_

from sysmon_tui.ui.sgr import PLAIN, UNDRAWN, UNKNOWN, Pens

Row = tuple[str, str]
"""Texts and pens, one character a cell."""
Cursor = tuple[int, int]
"""Row and column from 0."""
Run = tuple[int, int]
"""First column and the one after the last."""

CONTINUATION = "\x00"
"""The right half of a wide character."""
COMPLEX = re.compile("[\x00\U00100000-\U0010fffd]")
"""Cells that are not one character of one column."""
_COMPOSED = re.compile("[\U00100000-\U0010fffd]")
_ALIKE = re.compile(rb"\x01{6,}")

GAP_BYTES = 4
"""So much unchanged text is sent again rather than skipped: `ESC [ n C` is no shorter."""
SHIFT_BYTES = 16
"""A shift costs two moves, DCH and ICH; it is made where it saves more."""


def changed_columns(old: Row, new: Row) -> list[int]:
    """Where two rows differ and the new one is drawn."""
    differ = map(ne, old[0], new[0])
    if old[1] != new[1]:
        differ = map(or_, differ, map(ne, old[1], new[1]))
    columns = list(compress(range(len(new[0])), differ))
    if UNDRAWN in new[1]:
        columns = [x for x in columns if new[1][x] != UNDRAWN]
    return columns


def whole_characters(columns: list[int], row: Row) -> list[int]:
    """Columns with the other halves of wide characters; with all to the right of a composed one.

    Terminals disagree about the width of what is composed: the rest of the row is sent again,
    each part to its own column, so that nothing stays where they put it.
    """
    text, pens = row
    if _COMPOSED.search(text):
        columns = [x for x in range(columns[0], len(text)) if pens[x] != UNDRAWN]
    wide = {x - 1 for x in columns if text[x] == CONTINUATION}
    wide |= {x + 1 for x in columns if text[x + 1 : x + 2] == CONTINUATION}
    return sorted(wide.union(columns))


def shifted(old: Row, new: Row, columns: list[int]) -> list[Run]:
    """Parts [a, b) of which all but the last cell came from one cell further right."""
    texts, pens = map(eq, new[0], old[0][1:]), map(eq, new[1], old[1][1:])
    found = []
    for match in _ALIKE.finditer(bytes(map(and_, texts, pens))):
        a, b = match.start(), match.end() + 1
        moved = columns[bisect_left(columns, a) : bisect_left(columns, b - 1)]
        saved = "".join([new[0][x] for x in moved])
        if len(saved.encode()) > SHIFT_BYTES:
            found.append((a, b))
    return found


def shift(row: Row, parts: Iterable[Run]) -> Row:
    """The row after a cell was deleted at each a and one inserted at each b - 1."""
    text, pens = row
    for a, b in parts:
        text = f"{text[:a]}{text[a + 1 : b]} {text[b:]}"
        pens = f"{pens[:a]}{pens[a + 1 : b]}{UNKNOWN}{pens[b:]}"
    return text, pens


def join(columns: list[int], row: Row) -> list[Run]:
    """Columns as runs, over gaps that are cheaper to send than to skip."""
    text, pens = row
    found: list[Run] = []
    start = end = columns[0]
    for x in columns:
        if x > end and not _is_cheap(text[end:x], pens[end - 1 : x]):
            found.append((start, end))
            start = x
        end = x + 1
    found.append((start, end))
    return found


def _is_cheap(gap: str, pens: str) -> bool:
    """Whether a gap is short and drawn with the pen that is in hand."""
    return len(gap) <= GAP_BYTES >= len(gap.encode()) and pens.count(pens[0]) == len(pens)


class Pencil:
    """Writes an update: knows where the cursor is (`at`, None if unsure) and the pen in hand.

    Between updates the pen is plain, so that whatever else is written is not coloured.
    """

    def __init__(self, pens: Pens, graphemes: Mapping[str, str], at: Cursor | None) -> None:
        self.out: list[str] = []
        self.at = at
        self._pens = pens
        self._graphemes = graphemes
        self._pen = PLAIN

    def row(self, y: int, old: Row, new: Row) -> None:
        """Turn what the terminal shows in row `y` into what was drawn there."""
        columns = changed_columns(old, new)
        if not columns:
            return
        edits: list[tuple[int, str]] = []
        if COMPLEX.search(new[0]) or COMPLEX.search(old[0]):
            columns = whole_characters(columns, new)
        elif len(columns) >= 6 and UNDRAWN not in new[1] and UNKNOWN not in old[1]:
            for a, b in (parts := shifted(old, new, columns)):
                edits += [(a, "\x1b[P"), (b - 1, "\x1b[@")]
            if parts:
                columns = changed_columns(shift(old, parts), new)
        self._write(y, join(columns, new), edits, new)

    def _write(self, y: int, parts: list[Run], edits: list[tuple[int, str]], row: Row) -> None:
        """The runs from left to right, each edit when its column is reached."""
        for start, end in parts:
            # None lies within a run: all that is between a shift's two edits is unchanged.
            while edits and edits[0][0] <= start:
                x, edit = edits.pop(0)
                self._move(y, x)
                self.out.append(edit)
            self._run(y, start, end, row)

    def _run(self, y: int, start: int, end: int, row: Row) -> None:
        text, pens = row
        self._move(y, start)
        while start < end:
            pen = pens[start]
            stop = start + 1
            while stop < end and pens[stop] == pen:
                stop += 1
            if pen != self._pen:
                self.out.append(self._pens.way(self._pen, pen))
                self._pen = pen
            self._text(y, start, text[start:stop])
            start = stop

    def _text(self, y: int, x: int, text: str) -> None:
        """Cells of one pen, from where the cursor is."""
        if not COMPLEX.search(text):
            self.out.append(text)
            self.at = (y, x + len(text))
            return
        for place, cell in enumerate(text, x):
            if cell == CONTINUATION:
                continue
            self._move(y, place)
            self.out.append(self._graphemes.get(cell, cell))
            wide = text[place - x + 1 : place - x + 2] == CONTINUATION
            self.at = None if cell in self._graphemes else (y, place + 1 + wide)

    def _move(self, y: int, x: int) -> None:
        """To a cell: forward within the row, else CUP, whose parameters are 1 when left out.

        After the last column terminals differ in where the cursor is; no cell is forward of that.
        """
        if self.at == (y, x):
            return
        if self.at and self.at[0] == y and x > self.at[1]:
            count = x - self.at[1]
            self.out.append(f"\x1b[{count}C" if count > 1 else "\x1b[C")
        elif x:
            self.out.append(f"\x1b[{y + 1};{x + 1}H")
        else:
            self.out.append(f"\x1b[{y + 1}H" if y else "\x1b[H")
        self.at = (y, x)

    def rest(self, cursor: Cursor) -> None:
        """Put the pen down and the cursor where the input method looks for it."""
        if self._pen != PLAIN:
            self.out.append(self._pens.way(self._pen, PLAIN))
            self._pen = PLAIN
        self._move(*cursor)
