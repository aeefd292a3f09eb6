"""What Textual's frames become on the wire: the changed cells, sent without ever waiting.

`driver_class` is what the app is given. A frame is drawn into `ui.cells` and their difference
goes out through `ui.writer`; while the terminal does not read, frames are only drawn.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, ClassVar

from textual.app import App

from sysmon_tui.ui.cells import Cells
from sysmon_tui.ui.sieve import passed, passed_frame
from sysmon_tui.ui.terminal import inspect_terminal, without_colour
from sysmon_tui.ui.terminal_driver import TerminalDriver

SYNC_START = "\x1b[?2026h"
SYNC_END = "\x1b[?2026l"

TITLE_KEPT = "\x1b[22;2t"
TITLE_BACK = "\x1b]2;\x1b\\\x1b[23;2t"
"""XTWINOPS: the terminal keeps its title, and takes it back. Where it does not know that, an
empty title is better than a badge of alerts that nobody counts any longer."""

_FRAME = re.compile(r"\x1b\[\d+;\d+H")
_MODE = re.compile(r"\x1b\[\?[\d;]+(?:[hl]|\$p)|\x1b\[[<>][\d;]*u")
_NOTICE = re.compile(r"\x07|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""The bell, the title, the pointer's shape, the clipboard: they change no cell."""


class DiffDriver(TerminalDriver):
    """Sends what changed."""

    diff: ClassVar[bool] = True
    unicode: ClassVar[bool] = True
    """The user has not asked for ASCII, whatever the output can carry."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        facts = inspect_terminal(os.environ, sys.__stdin__, sys.__stdout__, sys.__stderr__)
        self._encoding = facts.encoding if self.unicode else "ascii"
        self._colour = not app.no_color
        columns, rows = self._get_terminal_size()
        self._cells = Cells(columns, rows, colour=self._colour, unicode=facts.utf8 and self.unicode)
        self._synchronized = False
        """The terminal knows synchronized updates (mode 2026); Textual has asked it."""
        self._lost = False
        """A frame was dropped that Textual has to draw again."""
        self._title: str | None = None
        """What the terminal's title is to be; None is not ours to say."""
        self._titled: str | None = None
        """What it is, as far as we have sent it."""

    def write(self, data: str) -> None:
        """Hold a frame until `flush`; send anything else at once."""
        if data in (SYNC_START, SYNC_END):
            self._synchronized = True
        elif not _FRAME.match(data):
            self._send_control(data)
        elif not self.diff:
            self._send_frame(passed_frame(data))
        elif not self._cells.draw(data):
            self._draw_anew(passed_frame(data))

    def _draw_anew(self, frame: str) -> None:
        """What was not understood, with nothing left in it that acts on a terminal."""
        if not self._cells.draw(frame):
            self._send_frame(frame)
            self._cells.lose()

    def flush(self) -> None:
        """Send what was drawn, unless the terminal has yet to take what was sent before."""
        if self.diff and self._is_ready():
            update = self._cells.update()
            if update:
                self._send_update(update)

    def _is_ready(self) -> bool:
        return self._active and self._writer is not None and not self._writer.busy

    def redraw(self) -> None:
        """Something else has written to the terminal: clear it and send all again."""
        self._cells.forget()
        if self._is_ready():
            self._send_update(f"\x1b[m\x1b[2J{self._cells.update()}")
        self._ask_for_everything()

    def announce(self, sequence: str) -> None:
        """Send what changes no cell, such as a bell, unless nobody reads."""
        if self._is_ready():
            self._send(sequence)

    def set_title(self, title: str) -> None:
        """The terminal's title until we leave it; then it has its own again."""
        self._title = passed(title)
        self._show_title()

    def _show_title(self) -> None:
        if self._title is None or self._title == self._titled or not self._is_ready():
            return
        keep = TITLE_KEPT if self._titled is None else ""
        self._titled = self._title
        self._send(f"{keep}\x1b]2;{self._title}\x1b\\")

    def start_application_mode(self) -> None:
        super().start_application_mode()
        self._show_title()

    def stop_application_mode(self) -> None:
        if self._titled is not None:
            self._titled = None
            self._send(TITLE_BACK)
        super().stop_application_mode()

    def _send_control(self, data: str) -> None:
        """Modes always get through; what is not about the screen waits for nobody."""
        if _MODE.fullmatch(data):
            self._send(data)
        elif self._is_ready():
            if not _NOTICE.fullmatch(data):
                self._cells.lose()
            self._send(data)

    def _send_frame(self, frame: str) -> None:
        """Send a frame as it is, or drop it and have it drawn again when there is room."""
        if self._is_ready():
            self._send_update(frame if self._colour else without_colour(frame))
        else:
            self._lost = True

    def _send_update(self, update: str) -> None:
        self._send(f"{SYNC_START}{update}{SYNC_END}" if self._synchronized else update)

    def _send(self, data: str) -> None:
        if self._writer is not None:
            self._writer.send(data.encode(self._encoding, "replace"))

    def _drained(self) -> None:
        if self._lost:
            self._lost = False
            self._ask_for_everything()
        self.flush()
        self._show_title()

    def _resized(self, columns: int, rows: int) -> None:
        self._cells.resize(columns, rows)


class WholeDriver(DiffDriver):
    """Sends frames as Textual draws them (`--no-diff`), still without waiting."""

    diff = False


def driver_class(diff: bool = True, *, unicode: bool = True) -> type[DiffDriver]:
    """What `App(driver_class=...)` takes; without `unicode` it sends ASCII only."""
    base = DiffDriver if diff else WholeDriver
    return base if unicode else type(f"Ascii{base.__name__}", (base,), {"unicode": False})
