"""Two pictures of the screen: what was drawn, and what the terminal shows of it.

The driver feeds every frame of Textual to `draw` and sends what `update` returns: the difference
between the pictures. As they are apart, a frame need not be sent when it is drawn: while a
terminal does not read, frames are only drawn, and one update brings it up to date afterwards.

A row is two strings of one character a cell: texts and pens (`ui.sgr`). The right half of a wide
character is `CONTINUATION`; a character with combining marks is a private one that stands for it.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from sysmon_tui.ui.runs import CONTINUATION, Cursor, Pencil, Row
from sysmon_tui.ui.sgr import PLAIN, UNDRAWN, UNKNOWN, FullError, Pens
from sysmon_tui.ui.sieve import DECEIVING

# What Textual 8.2.8 writes: `ESC [ y ; x H`, then strips (`Strip.render_style`), then perhaps a
# newline before the next move (`LayoutUpdate`, `ChopsUpdate`); at last the cursor's own move.
_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_TEXT = rf"[^\x00-\x1f\x7f-\x9f{DECEIVING}]"
_TOKEN = re.compile(
    rf"\x1b\[([\d;]+)m({_TEXT}*)\x1b\[0m|({_TEXT}+)|\x1b\]8;({_TEXT}*)\x1b\\|([\s\S])"
)

# What is one cell wide on every terminal: Latin, Greek, Cyrillic, most punctuation and arrows,
# box drawing, blocks, common shapes, braille (cf. rich.cells._SINGLE_CELL_UNICODE_RANGES).
ONE_CELL = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482"
    "\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*"
)

# Wide on every terminal. Other wide ones are emoji, about which terminals disagree.
_SURELY_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)
_JOINING = re.compile("[\u200d\ufe0f]")

_FIRST_COMPOSED = 0x100000
_LAST_COMPOSED = 0x10FFFD


class Cells:
    """The model of a screen. `colour` False leaves out every colour, not the attributes."""

    def __init__(
        self, width: int, height: int, *, colour: bool = True, unicode: bool = True
    ) -> None:
        self.width = width
        self.height = height
        self._colour = colour
        self._unicode = unicode
        self.lose()

    def lose(self) -> None:
        """Nothing is known any more, neither what was drawn nor what is shown."""
        self._pens = Pens(colour=self._colour)
        self._composed: dict[str, str] = {}
        self._graphemes: dict[str, str] = {}
        self._drawn: list[Row] = []
        self._cursor = (0, 0)
        self.resize(self.width, self.height)

    def forget(self) -> None:
        """The terminal may show anything: the next update sends all that was drawn."""
        unknown = (" " * self.width, UNKNOWN * self.width)
        self._shown = [unknown] * self.height
        self._dirty = set(range(self.height))
        self._at: Cursor | None = None

    def resize(self, width: int, height: int) -> None:
        """The terminal has other dimensions; it may have rearranged all it shows."""
        self.width, self.height = width, height
        blank = (" " * width, UNDRAWN * width)
        rows = [
            (text[:width].ljust(width), pens[:width].ljust(width, UNDRAWN))
            for text, pens in self._drawn[:height]
        ]
        self._drawn = rows + [blank] * (height - len(rows))
        self._cursor = self._inside(*self._cursor)
        self.forget()

    def draw(self, frame: str) -> bool:
        """Take over a frame. False if it has anything in it that is not understood."""
        start, *moves = _MOVE.split(frame)
        if start or not moves:
            return False
        try:
            for y, x, body in zip(moves[::3], moves[1::3], moves[2::3], strict=True):
                if body and not self._draw_body(int(y) - 1, int(x) - 1, body):
                    return False
        except FullError:
            return False
        if not moves[-1]:
            self._cursor = self._inside(int(moves[-3]) - 1, int(moves[-2]) - 1)
        return True

    def _inside(self, y: int, x: int) -> Cursor:
        return max(0, min(y, self.height - 1)), max(0, min(x, self.width - 1))

    def _draw_body(self, y: int, x: int, body: str) -> bool:
        """Strips and the newlines after them. A newline before text would move; that is unknown."""
        text, pens, link = "", "", ""
        pen: str | None
        for parameters, styled, plain, target, unknown in _TOKEN.findall(body.rstrip("\n")):
            if unknown:
                return False
            if target:
                link = "" if target == ";" else target
                continue
            run = styled or plain
            pen = self._pens.pen(parameters, link) if parameters or link else PLAIN
            if pen is None:
                return False
            if not ONE_CELL.fullmatch(run):
                spelt = self._spell(run)
                if spelt is None:
                    return False
                run = spelt
            text += run
            pens += pen * len(run)
        self._put(y, x, text, pens)
        return True

    def _spell(self, text: str) -> str | None:
        """Text as cells; None if the width of the whole is not the sum of its characters'."""
        if _JOINING.search(text):
            return None
        cells: list[str] = []
        for character in text:
            width = cell_len(character)
            if width == 2 and self._unicode:
                cells += self._wide(character), CONTINUATION
            elif width == 2:
                cells += "??"
            elif width == 1 and ord(character) < _FIRST_COMPOSED:
                cells.append(character)
            elif width == 1:
                cells.append(self._compose(character))
            elif cells:
                place = -2 if cells[-1] == CONTINUATION else -1
                base = self._graphemes.get(cells[place], cells[place])
                cells[place] = self._compose(base + character)
        return "".join(cells)

    def _wide(self, character: str) -> str:
        if _SURELY_WIDE.match(character) or ord(character) >= 0x20000:
            return character
        return self._compose(character)

    def _compose(self, grapheme: str) -> str:
        """The one character that stands for several, or for one of uncertain width."""
        alias = self._composed.get(grapheme)
        if alias is None:
            code = _FIRST_COMPOSED + len(self._composed)
            if code > _LAST_COMPOSED:
                raise FullError
            alias = self._composed[grapheme] = chr(code)
            self._graphemes[alias] = grapheme
        return alias

    def _put(self, y: int, x: int, text: str, pens: str) -> None:
        """Draw cells over a row; what does not fit on the terminal is left out."""
        if not text or y >= self.height or x >= self.width:
            return
        old_text, old_pens = self._drawn[y]
        room = self.width - x
        if text[room : room + 1] == CONTINUATION:
            text = text[: room - 1] + " "
        text, pens = text[:room], pens[:room]
        end = x + len(text)
        before, after = old_text[:x], old_text[end:]
        # A half of a wide character cannot stay: terminals blank it, and so do we.
        if old_text[x : x + 1] == CONTINUATION:
            before = before[:-1] + " "
        if after[:1] == CONTINUATION:
            after = " " + after[1:]
        self._drawn[y] = (before + text + after, old_pens[:x] + pens + old_pens[end:])
        self._dirty.add(y)

    def update(self) -> str:
        """What brings the terminal up to date, at once taken for shown; empty if it is."""
        pencil = Pencil(self._pens, self._graphemes, self._at)
        for y in sorted(self._dirty):
            drawn = self._drawn[y]
            if drawn != self._shown[y]:
                pencil.row(y, self._shown[y], drawn)
                self._shown[y] = drawn
        self._dirty.clear()
        pencil.rest(self._cursor)
        self._at = pencil.at
        return "".join(pencil.out)
