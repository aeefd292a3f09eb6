"""Textual's driver with its input, signals and end made fit for terminals that vanish.

The input thread sleeps until there is input and notices a hangup, signals end the app in order,
resizes and job control are dealt with in the loop, where nothing else is under way. What is
written, and how, is up to `ui.driver.DiffDriver`. All modes are those of the stock driver
(textual 8.2.8, drivers/linux_driver.py); tests compare the two on a real terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import termios
import tty
from threading import Thread
from typing import Any

from textual import constants, events
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from sysmon_tui.ui.keyboard import Wake, listen
from sysmon_tui.ui.terminal import output_stream
from sysmon_tui.ui.termination import HANGUP, install_signals
from sysmon_tui.ui.tty import RESTORE, attributes, is_foreground, restore, size, stop_again
from sysmon_tui.ui.writer import Writer

_KEYBOARD_FLAGS = 0b11001
"""As stock: disambiguate, report all keys, report text (kitty keyboard protocol)."""

FINISH = 0.8
"""Seconds that a terminal has at the end to take what it was sent."""
SETTLE = 0.1
"""Seconds after the last resize in which Textual is expected to draw; then it is made to."""


class TerminalDriver(LinuxDriver):
    """Takes the terminal and gives it back. Lives on the main thread, but for `process_message`
    and what it calls, which is on the input thread."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        stream = output_stream(sys.__stdout__, sys.__stderr__)
        self._output = stream.fileno() if stream else self.fileno
        self._writer: Writer | None = None
        self._listening: tuple[Thread, Wake] | None = None
        self._active = False
        """The terminal is ours."""
        self._dimensions = (0, 0)
        self._settling: asyncio.TimerHandle | None = None
        self._termination = install_signals(self._loop, self._end, self._rescue)

    def _drained(self) -> None:
        """The terminal has taken all that it was sent."""

    def _resized(self, columns: int, rows: int) -> None:
        """The terminal has these dimensions; Textual hears of them next."""

    def _ask_for_everything(self) -> None:
        """Have Textual draw the whole screen."""
        self._app.call_later(self._app.refresh)

    # Start and stop

    def start_application_mode(self) -> None:
        """Take the terminal: the stock driver's modes in the stock driver's order."""
        if not is_foreground(self.fileno):
            return
        self._writer = Writer(self._output, self._loop, self._drained)
        signal.signal(signal.SIGWINCH, self._on_window_change)
        self._announce_size()
        self.write("\x1b[?1049h")
        self._enable_mouse_support()
        self._set_raw()
        self.write("\x1b[?25l")
        self.write("\x1b[?1004h")
        if not constants.DISABLE_KITTY_KEY:
            self.write(f"\x1b[>{_KEYBOARD_FLAGS}u")
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
        for mode in ("\x1b[<u", "\x1b[?1049l", "\x1b[?25h", "\x1b[?1004l"):
            self.write(mode)
        if not self._writer.finish(FINISH):
            self._writer.force(RESTORE)

    def resume_application_mode(self) -> None:
        self.start_application_mode()
        self._ask_for_everything()

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

    # Size

    def _get_terminal_size(self) -> tuple[int, int]:
        """Of the terminal that is written to; stock asks standard output and the environment."""
        return size(self._output) or super()._get_terminal_size()

    def _on_window_change(self, *_: object) -> None:
        """SIGWINCH; the rest is done in the loop, where nothing else is under way."""
        if not self._in_band_window_resize:
            self._loop.call_soon_threadsafe(self._measure)

    def _measure(self) -> None:
        self._announce_size()
        self._settle()

    def _settle(self) -> None:
        """Textual draws anew for another size, but not for one that changed and changed back
        before it looked, though the terminal has cut its rows meanwhile."""
        if self._settling is not None:
            self._settling.cancel()
        self._settling = self._loop.call_later(SETTLE, self._after_resize)

    def _after_resize(self) -> None:
        """Textual lays out when a timer of 8 ms fires. Where the machine leaves us standing for as
        long just while it is set, it never does, and no later resize sets another."""
        self._app.call_later(self._app._check_resize)  # noqa: SLF001 (pinned; nothing else ends that wait)
        self._ask_for_everything()

    def _reported(self, columns: int, rows: int) -> None:
        """An in-band resize, in the loop."""
        self._resized(columns, rows)
        self._settle()

    def _announce_size(self) -> None:
        self._dimensions = self._get_terminal_size()
        self._resized(*self._dimensions)
        size = Size(*self._dimensions)
        self.send_message(events.Resize(size, size))

    # Input

    def process_message(self, message: Message) -> None:
        """As stock; an in-band resize is noted before Textual hears of it.

        Unlike signals these reports do not get lost, but one comes when they are switched on.
        """
        if isinstance(message, events.Resize) and message.size != self._dimensions:
            self._dimensions = (message.size.width, message.size.height)
            self._loop.call_soon_threadsafe(self._reported, *message.size)
        super().process_message(message)

    def _enable_input(self) -> None:
        wake = Wake()
        thread = Thread(target=self._listen, args=(wake,), name="textual-input", daemon=True)
        self._listening = thread, wake
        thread.start()

    def _listen(self, wake: Wake) -> None:
        """The input thread: events until it is woken; a terminal that is gone ends the app."""
        # Python runs handlers on the main thread only. A signal that came here would not wake it.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        parser = XTermParser(self._debug)
        if listen(self.fileno, wake.reading, parser, self.process_message):
            self._loop.call_soon_threadsafe(self._termination.begin, HANGUP)
        with contextlib.suppress(EOFError, ParseError):
            list(parser.feed(""))

    def _disable_mouse_support(self) -> None:
        """As stock, and reports in pixels, which it leaves on."""
        if self._mouse_pixels:
            self._mouse_pixels = False
            self.write("\x1b[?1016l")
        super()._disable_mouse_support()

    def disable_input(self) -> None:
        """End the input thread and throw away what was typed since."""
        if self._listening is None:
            return
        thread, wake = self._listening
        self._listening = None
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        wake.set()
        thread.join()
        wake.close()
        with contextlib.suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

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
        if self._writer is not None:
            restore(self._output, self.fileno, self.attrs_before)
