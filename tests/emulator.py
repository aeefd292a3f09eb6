"""A terminal in memory: pyte, with what it lacks to be compared cell by cell.

`tests.pty` feeds it what a program wrote; tests of `ui.cells` feed it frames.
"""

from __future__ import annotations

import re
from typing import Any

import pyte
from pyte.screens import Char
from wcwidth import wcwidth

# What pyte would draw as text or misread: queries, the keyboard protocol, OSC with a BEL.
_FOREIGN = re.compile(r"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[\??[\d;]*\$p|\x1b\](?!8;)[^\x07\x1b]*\x07")
_PARTIAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?\Z")

Cell = tuple[str, str, str, bool, bool, bool, bool, bool]
"""Character, foreground, background, bold, italics, underscore, strikethrough, reverse."""


class _Screen(pyte.Screen):
    """pyte with the right wide characters.

    It leaves the other half of one that is written over, where terminals blank it, and joins
    marks to the right half instead of the left.
    """

    def draw(self, data: str) -> None:
        for character in data:
            width = wcwidth(character)
            if width > 0:
                self._blank_halves(min(self.cursor.x, self.columns - width), width)
            line, x = self.buffer[self.cursor.y], self.cursor.x
            if width == 0 and x > 1 and line[x - 1].data == "":
                line[x - 2] = line[x - 2]._replace(data=line[x - 2].data + character)
            else:
                super().draw(character)

    def _blank_halves(self, x: int, width: int) -> None:
        line = self.buffer[self.cursor.y]
        if x > 0 and line[x].data == "":
            line[x - 1] = line[x - 1]._replace(data=" ")
        if line[x + width].data == "" and x + width < self.columns:
            line[x + width] = line[x + width]._replace(data=" ")


class Emulator:
    """Feed it text; read `lines` or `cells`."""

    def __init__(self, columns: int, rows: int, *, wrap: bool = False) -> None:
        self.screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._rest = ""
        if not wrap:
            self._stream.feed("\x1b[?7l")

    def feed(self, text: str) -> None:
        text = self._rest + text
        partial = _PARTIAL.search(text)
        self._rest = partial[0] if partial else ""
        whole = text[: len(text) - len(self._rest)]
        self._stream.feed(_FOREIGN.sub("", whole))

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column from 0."""
        return self.screen.cursor.y, self.screen.cursor.x

    def row(self, y: int) -> list[Cell]:
        line = self.screen.buffer[y]
        return [_cell(line[x]) for x in range(self.screen.columns)]

    @property
    def cells(self) -> list[list[Cell]]:
        return [self.row(y) for y in range(self.screen.lines)]


def _cell(char: Any) -> Cell:
    assert isinstance(char, Char)
    return (
        char.data,
        char.fg,
        char.bg,
        char.bold,
        char.italics,
        char.underscore,
        char.strikethrough,
        char.reverse,
    )
