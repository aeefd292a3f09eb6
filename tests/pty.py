"""A real pseudo-terminal around a program: what integration tests drive and look at.

    with Pty([sys.executable, "-m", "sysmon_tui"], columns=120, rows=40) as term:
        term.wait_for("CPU")
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []

It answers the terminal queries a program may wait for, never sleeps blindly, and can do what
terminals do to programs: shrink, stop reading, hang up.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.emulator import Emulator

TIMEOUT = 20.0
"""Seconds until a wait fails; generous, because machines that test are busy."""
SETTLED = 0.3
"""Seconds in which a full terminal takes nothing more."""

_QUERY = re.compile(
    rb"\x1b\[\?(?P<mode>\d+)\$p"
    rb"|\x1b\[\?(?P<modes>[\d;]+)(?P<switch>[hl])"
    rb"|(?P<cursor>\x1b\[6n)"
    rb"|(?P<kitty>\x1b\[\?u)"
    rb"|(?P<attributes>\x1b\[0?c)"
    rb"|\x1b\[>(?P<push>\d+)u"
    rb"|(?P<pop>\x1b\[<\d*u)"
)
_PARTIAL = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_KNOWN_MODES = frozenset({1, 7, 25, 1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026})
_INITIAL_MODES = {7: True, 25: True}

KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "backspace": "\x7f",
}


class Modes:
    """Answers queries and follows which modes a program leaves switched on."""

    def __init__(self, synchronized: bool = True) -> None:
        self.on = dict(_INITIAL_MODES)
        self.keyboard = 0
        """Depth of the kitty keyboard protocol's stack."""
        self._known = _KNOWN_MODES if synchronized else _KNOWN_MODES - {2026}
        self._rest = b""

    def feed(self, output: bytes) -> bytes:
        """What the terminal answers to this output."""
        output = self._rest + output
        partial = _PARTIAL.search(output)
        self._rest = partial[0] if partial else b""
        whole = output[: len(output) - len(self._rest)]
        return b"".join(self._answer(match) for match in _QUERY.finditer(whole))

    def _answer(self, match: re.Match[bytes]) -> bytes:
        if match["modes"]:
            for number in match["modes"].split(b";"):
                self.on[int(number)] = match["switch"] == b"h"
        elif match["push"]:
            self.keyboard += 1
        elif match["pop"]:
            self.keyboard = max(0, self.keyboard - 1)
        elif match["mode"]:
            number = int(match["mode"])
            state = (1 if self.on.get(number) else 2) if number in self._known else 0
            return b"\x1b[?%d;%d$y" % (number, state)
        elif match["cursor"]:
            return b"\x1b[1;1R"
        elif match["kitty"]:
            return b"\x1b[?0u"
        elif match["attributes"]:
            return b"\x1b[?62;22c"
        return b""

    def left_behind(self) -> list[str]:
        """What differs from a fresh terminal."""
        modes = [n for n, on in self.on.items() if on != _INITIAL_MODES.get(n, False)]
        return [f"?{n}" for n in sorted(modes)] + ["keyboard"] * (self.keyboard > 0)


class Pty:
    """A program in its own session on a terminal of `columns` x `rows`.

    `ignored` are signals that the program inherits as ignored, as under nohup.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        ignored: Sequence[signal.Signals] = (),
        synchronized: bool = True,
        encoding: str = "utf-8",
    ) -> None:
        self.columns, self.rows = columns, rows
        self.encoding = encoding
        self.output = b""
        """Everything the program wrote so far."""
        self.screen = Emulator(max(1, columns), max(1, rows), wrap=True)
        self.modes = Modes(synchronized)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self.master, slave = os.openpty()
        self._set_size()
        self.name = os.ttyname(slave)
        self.attributes_before = self.attributes()
        variables = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **(environ or {}),
        }
        for name in ("NO_COLOR", "COLUMNS", "LINES", "TEXTUAL", "TEXTUAL_DRIVER"):
            if name not in (environ or {}):
                variables.pop(name, None)
        self.process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=variables,
            start_new_session=True,
            preexec_fn=lambda: _become_terminal_owner(slave, ignored),
        )
        os.close(slave)
        os.set_blocking(self.master, False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    # What comes out

    def pump(self, seconds: float = 0.0, count: int = 65536) -> bool:
        """Take what the program wrote, waiting up to `seconds` for it. False if nothing came."""
        if self.master < 0 or not _readable(self.master, seconds):
            return False
        try:
            output = os.read(self.master, count)
        except OSError:
            # EIO: the program has closed its side.
            return False
        self.output += output
        if answer := self.modes.feed(output):
            self.send(answer)
        self.screen.feed(self._decoder.decode(output))
        return True

    def fill(self) -> None:
        """Leave no room for output: all that is not read now blocks whoever writes it.

        The kernel passes what was written on to the reader's side by and by, which makes room
        again: a busy one does it long after the first write was refused.
        """
        slave = os.open(self.name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            taken = time.monotonic()
            while time.monotonic() < taken + SETTLED:
                try:
                    os.write(slave, b"\0")
                    taken = time.monotonic()
                except BlockingIOError:
                    time.sleep(0.01)
        finally:
            os.close(slave)

    def trickle(self, count: int) -> None:
        """Take at most `count` bytes, as a slow line does."""
        self.pump(0.02, count)

    def wait_for(
        self, wanted: str | Callable[[Pty], object], timeout: float = TIMEOUT
    ) -> re.Match[str] | None:
        """Read until the screen matches a regular expression, or until something holds.

        A screen is looked at between frames, as terminals show it: half of one has the new text
        above and the old one below.
        """
        deadline = time.monotonic() + timeout
        while True:
            if self._in_a_frame:
                pass
            elif isinstance(wanted, str):
                if match := re.search(wanted, self.screen.text, re.MULTILINE):
                    return match
            elif wanted(self):
                return None
            if time.monotonic() > deadline:
                raise AssertionError(f"{wanted!r} did not come\n{self.screen.text}")
            self.pump(0.02)

    @property
    def _in_a_frame(self) -> bool:
        """Whether the rest of a synchronized update is still to come."""
        begun = bool(self.modes.on.get(2026))
        return begun and self.process.poll() is None and not self.is_stopped()

    def wait_for_output(self, wanted: bytes, since: int = 0, timeout: float = TIMEOUT) -> None:
        """Read until the program has written these bytes."""
        self.wait_for(lambda term: wanted in term.output[since:], timeout)

    def settle(self, quiet: float = 0.15, timeout: float = TIMEOUT) -> None:
        """Read until nothing came for `quiet` seconds, but for the rest of a frame."""
        deadline = time.monotonic() + timeout
        while self.pump(quiet) or self._in_a_frame:
            if time.monotonic() > deadline:
                raise AssertionError("the program writes on and on")

    # What goes in

    def send(self, keys: str | bytes) -> None:
        """Bytes as typed; `KEYS` has the special ones."""
        with contextlib.suppress(OSError):
            os.write(self.master, keys if isinstance(keys, bytes) else keys.encode(self.encoding))

    def press(self, *names: str) -> None:
        """Keys by name, or as they are."""
        for name in names:
            self.send(KEYS.get(name, name))

    def resize(self, columns: int, rows: int) -> None:
        """TIOCSWINSZ, upon which the kernel sends SIGWINCH. 0 x 0 is a size nobody knows."""
        self.columns, self.rows = columns, rows
        self.screen.resize(max(1, columns), max(1, rows))
        self._set_size()

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self.rows, self.columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the master: the terminal is gone."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    # How it ends

    def exit_status(self, timeout: float = TIMEOUT) -> int:
        """The program's exit status once it ended; negative for a signal that killed it."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"still running\n{self.screen.text}")
            if not self.pump(0.02) and self.master < 0:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.05)
        while self.pump():
            pass
        return self.process.returncode

    def is_stopped(self) -> bool:
        """Whether job control has stopped it."""
        return _status(self.pid)[0] == "T"

    def cpu_seconds(self) -> float:
        """User and system time it has used so far."""
        fields = _status(self.pid)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Bytes it has in memory (statm(5))."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def attributes(self) -> list[Any]:
        """The terminal's attributes as termios(3) has them; the master shares the slave's."""
        return termios.tcgetattr(self.master)

    def left_behind(self) -> list[str]:
        """What a program that ended did not restore: modes, keyboard protocol, attributes."""
        changed = self.attributes() != self.attributes_before
        return self.modes.left_behind() + ["termios"] * changed


def _readable(fd: int, seconds: float) -> bool:
    """Not select(2), which knows no descriptor above 1023."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000.0))


def _status(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _become_terminal_owner(slave: int, ignored: Sequence[signal.Signals]) -> None:
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
