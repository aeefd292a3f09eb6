"""Textual's driver with three things changed: what is written, how, and how input is awaited.

Frames go through `ui.cells`, so that only changed cells are sent; they go out through a writer
that never waits for the terminal; and the input thread sleeps until there is input. `driver_class`
is what the app is given. All modes and signals of the stock driver (textual 8.2.8, drivers/
linux_driver.py) are kept; tests compare the two on a real terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import termios
import tty
from threading import Thread
from typing import Any, ClassVar

from textual import constants, events
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from sysmon_tui.ui.cells import Cells
from sysmon_tui.ui.keyboard import Wake, listen
from sysmon_tui.ui.terminal import inspect_terminal, output_stream, without_colour
from sysmon_tui.ui.termination import HANGUP, install_signals
from sysmon_tui.ui.tty import RESTORE, attributes, is_foreground, restore, size, stop_again
from sysmon_tui.ui.writer import Writer

SYNC_START = "\x1b[?2026h"
SYNC_END = "\x1b[?2026l"

_FRAME = re.compile(r"\x1b\[\d+;\d+H")
_MODE = re.compile(r"\x1b\[\?[\d;]+(?:[hl]|\$p)|\x1b\[[<>][\d;]*u")
_NOTICE = re.compile(r"\x07|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""The bell, the title, the pointer's shape, the clipboard: they change no cell."""

_KEYBOARD_FLAGS = 0b11001
"""As stock: disambiguate, report all keys, report text (kitty keyboard protocol)."""

FINISH = 0.8
"""Seconds that a terminal has at the end to take what it was sent."""
SETTLE = 0.1
"""Seconds after a resize in which Textual is expected to draw; then we do it without."""


class DiffDriver(LinuxDriver):
    """Sends what changed. On the main thread, but for `process_message` (the input thread)."""

    diff: ClassVar[bool] = True

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
        stream = output_stream(sys.__stdout__, sys.__stderr__)
        self._output = stream.fileno() if stream else self.fileno
        self._encoding = facts.encoding
        self._colour = not app.no_color
        self._cells = Cells(*self._get_terminal_size(), colour=self._colour, unicode=facts.utf8)
        self._writer: Writer | None = None
        self._wake: Wake | None = None
        self._active = False
        self._synchronized = False
        self._lost = False
        """A frame was dropped that Textual has to draw again."""
        self._termination = install_signals(self._loop, self._end, self._rescue)

    # Output

    def write(self, data: str) -> None:
        """Hold a frame until `flush`; send anything else at once."""
        if data in (SYNC_START, SYNC_END):
            self._synchronized = True
        elif not _FRAME.match(data):
            self._send_control(data)
        elif not self.diff:
            self._send_frame(data)
        elif not self._cells.draw(data):
            self._send_frame(data)
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

    def _ask_for_everything(self) -> None:
        """Have Textual draw the whole screen; what is shown already costs no byte."""
        self._app.call_later(self._app.refresh)

    def _send_control(self, data: str) -> None:
        if self._writer is None:
            return
        if not _MODE.fullmatch(data):
            if self._writer.busy:
                return
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
        assert self._writer is not None  # noqa: S101 - callers have looked
        self._writer.send(data.encode(self._encoding, "replace"))

    def _drained(self) -> None:
        if self._lost:
            self._lost = False
            self._ask_for_everything()
        self.flush()

    # Size

    def _get_terminal_size(self) -> tuple[int, int]:
        """Of the terminal that is written to; stock asks standard output and the environment."""
        return size(self._output) or super()._get_terminal_size()

    def _on_window_change(self, *_: object) -> None:
        """SIGWINCH; the rest is done in the loop, where nothing else is under way."""
        if not self._in_band_window_resize:
            self._loop.call_soon_threadsafe(self._measure)

    def _measure(self) -> None:
        columns, rows = self._get_terminal_size()
        self._resize(columns, rows)
        self.send_message(events.Resize(Size(columns, rows), Size(columns, rows)))

    def _resize(self, columns: int, rows: int) -> None:
        """The terminal has cut or rearranged its rows. Textual draws them again, but not when it
        finds the size that it knew; then we send what it drew before."""
        self._cells.resize(columns, rows)
        self._loop.call_later(SETTLE, self.flush if self.diff else self._ask_for_everything)

    # Input

    def process_message(self, message: Message) -> None:
        """As stock; an in-band resize is noted before Textual hears of it."""
        if isinstance(message, events.Resize):
            self._loop.call_soon_threadsafe(self._resize, *message.size)
        super().process_message(message)

    def run_input_thread(self) -> None:
        """Deliver events until `disable_input`; a terminal that is gone ends the app."""
        wake = self._wake
        if wake is None:
            return
        parser = XTermParser(self._debug)
        if listen(self.fileno, wake.reading, parser, self.process_message):
            self._loop.call_soon_threadsafe(self._termination.begin, HANGUP)
        with contextlib.suppress(EOFError, ParseError):
            list(parser.feed(""))

    def _enable_input(self) -> None:
        self._wake = Wake()
        self._key_thread = Thread(target=self._run_input_thread, name="textual-input", daemon=True)
        self._key_thread.start()

    def disable_input(self) -> None:
        """End the input thread and throw away what was typed since."""
        wake, self._wake = self._wake, None
        if wake is None:
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        wake.set()
        if self._key_thread is not None:
            self._key_thread.join()
        wake.close()
        with contextlib.suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

    # Start and stop

    def start_application_mode(self) -> None:
        """Take the terminal: the stock driver's modes in the stock driver's order."""
        if not is_foreground(self.fileno):
            return
        self._writer = Writer(self._output, self._loop, self._drained)
        signal.signal(signal.SIGWINCH, self._on_window_change)
        self._measure()
        self._send("\x1b[?1049h")
        self._enable_mouse_support()
        self._set_raw()
        self._send("\x1b[?25l\x1b[?1004h")
        if not constants.DISABLE_KITTY_KEY:
            self._send(f"\x1b[>{_KEYBOARD_FLAGS}u")
        self._enable_input()
        self._request_terminal_sync_mode_support()
        self._query_in_band_window_resize()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        # Stock: iTerm 3.5.0 needs to be told twice.
        self._enable_mouse_support()
        self._active = True
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def _set_raw(self) -> None:
        self.attrs_before = attributes(self.fileno)
        raw = attributes(self.fileno)
        if raw is not None:
            raw[tty.LFLAG] = self._patch_lflag(raw[tty.LFLAG])
            raw[tty.IFLAG] = self._patch_iflag(raw[tty.IFLAG])
            raw[tty.CC][termios.VMIN] = 1
            self._set_attributes(raw)

    def _set_attributes(self, wanted: list[Any]) -> None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, wanted)

    def stop_application_mode(self) -> None:
        """Give the terminal back, by force if it has not read the rest in time."""
        self._active = False
        if self._writer is None:
            return
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self._disable_in_band_window_resize()
        self.disable_input()
        if self.attrs_before is not None:
            self._set_attributes(self.attrs_before)
        self._send("\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l")
        if not self._writer.finish(FINISH):
            self._writer.force(RESTORE)

    def suspend_application_mode(self) -> None:
        self.stop_application_mode()
        self._close_writer()

    def close(self) -> None:
        """The app is done with the terminal, and signals with the app."""
        self._close_writer()
        self._termination.close()

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # Signals

    def _sigtstp_application(self, *_: object) -> None:
        """Ctrl+Z. While another program has the terminal (App.suspend), stop at once with it."""
        if self._auto_restart:
            self._loop.call_soon_threadsafe(super()._sigtstp_application)
        else:
            stop_again()

    def _sigcont_application(self, *_: object) -> None:
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._continue)

    def _continue(self) -> None:
        """The terminal may have been used by others, after SIGSTOP without our knowing."""
        if self._active:
            self.suspend_application_mode()
        self.resume_application_mode()

    def _end(self, status: int) -> None:
        self._app.exit(return_code=status)

    def _rescue(self) -> None:
        if self._active:
            restore(self._output, self.fileno, self.attrs_before)


class WholeDriver(DiffDriver):
    """Sends frames as Textual draws them (`--no-diff`), still without waiting."""

    diff = False


def driver_class(diff: bool = True) -> type[DiffDriver]:
    """What `App(driver_class=...)` takes."""
    return DiffDriver if diff else WholeDriver
