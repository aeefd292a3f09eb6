"""The input thread: sleeps until a key, and knows when the terminal is gone.

Textual's own polls ten times a second and takes the end of input for silence, which it then reads
as fast as it can. The driver runs `listen` in its place.
"""

from __future__ import annotations

import os
import selectors
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from typing import Protocol

from textual.constants import ESCAPE_DELAY
from textual.message import Message

# PollSelector takes any descriptor, above 1023 too; on macOS poll(2) does not work on terminals.
_Selector = selectors.SelectSelector if sys.platform == "darwin" else selectors.PollSelector

CHUNK = 4096


class Parser(Protocol):
    """What is used of Textual's XTermParser."""

    def feed(self, data: str) -> Iterable[Message]:
        """Events that are complete with this text."""

    def tick(self) -> Iterable[Message]:
        """Events that are complete because time has passed: a lone ESC."""


class Wake:
    """A pipe that ends `listen` from another thread."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()

    def set(self) -> None:
        os.write(self._writing, b"\0")

    def close(self) -> None:
        os.close(self.reading)
        os.close(self._writing)


def listen(fd: int, wake: int, parser: Parser, deliver: Callable[[Message], None]) -> bool:
    """Deliver the events of a terminal until `wake` has something to read.

    True if the terminal has hung up. A sequence that has begun is waited for no longer than
    Textual's ESCAPE_DELAY; otherwise the thread sleeps.
    """
    decode = getincrementaldecoder("utf-8")("replace").decode
    timeout: float | None = None
    with _Selector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select(timeout)}
            if wake in ready:
                return False
            # One quiet period after the last input is enough: the parser waits no longer.
            timeout = None
            if fd in ready:
                data = _read(fd)
                if data == b"":
                    return True
                for message in parser.feed(text) if (text := decode(data or b"")) else ():
                    deliver(message)
                timeout = ESCAPE_DELAY * 1.05
            for message in parser.tick():
                deliver(message)


def _read(fd: int) -> bytes | None:
    """What was typed, None for nothing; empty at the end of input, for a lost terminal EIO."""
    try:
        return os.read(fd, CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""
