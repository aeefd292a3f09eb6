"""What the input thread does with a terminal's bytes, its silence and its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from sysmon_tui.ui.keyboard import Wake, listen


class Listening:
    """`listen` on a thread, with what it delivered."""

    def __init__(self, fd: int) -> None:
        self.wake = Wake()
        self.delivered: list[Message] = []
        self.arrived = threading.Condition()
        self.hung_up: bool | None = None
        self.thread = threading.Thread(target=self._run, args=(fd,))
        self.thread.start()

    def _run(self, fd: int) -> None:
        self.hung_up = listen(fd, self.wake.reading, XTermParser(), self._deliver)

    def _deliver(self, message: Message) -> None:
        with self.arrived:
            self.delivered.append(message)
            self.arrived.notify_all()

    def expect(self, count: int) -> list[Message]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.delivered) >= count, timeout=10)
        return self.delivered

    def end(self) -> bool | None:
        self.wake.set()
        return self.result()

    def result(self) -> bool | None:
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.wake.close()
        return self.hung_up


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def keys(messages: Iterable[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def test_a_lone_escape_is_delivered_after_its_delay(pipe: tuple[int, int]) -> None:
    listening = Listening(pipe[0])
    os.write(pipe[1], b"\x1b")
    assert keys(listening.expect(1)) == ["escape"]
    os.write(pipe[1], b"\x1b")
    os.write(pipe[1], b"[A")
    assert keys(listening.expect(2)) == ["escape", "up"]
    assert listening.end() is False
    os.close(pipe[1])


def test_a_character_in_two_parts_and_one_that_is_none(pipe: tuple[int, int]) -> None:
    listening = Listening(pipe[0])
    os.write(pipe[1], "é".encode()[:1])
    os.write(pipe[1], "é".encode()[1:])
    first = listening.expect(1)[0]
    assert isinstance(first, events.Key)
    assert first.character == "é"
    os.write(pipe[1], b"\xffa")
    last = listening.expect(3)[2]
    assert isinstance(last, events.Key)
    assert last.character == "a"
    assert listening.end() is False
    os.close(pipe[1])


def test_the_end_of_input_is_a_hangup_after_the_last_key(pipe: tuple[int, int]) -> None:
    listening = Listening(pipe[0])
    os.write(pipe[1], b"q")
    os.close(pipe[1])
    assert listening.result() is True
    assert keys(listening.delivered) == ["q"]


def test_a_terminal_that_is_gone_is_a_hangup() -> None:
    master, slave = os.openpty()
    listening = Listening(slave)
    os.close(master)
    assert listening.result() is True
    os.close(slave)


def test_an_error_is_a_hangup_but_nothing_to_read_is_not(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[OSError | bytes] = [BlockingIOError(), b"q", OSError(5, "gone")]

    real = os.read

    def read(fd: int, count: int) -> bytes:
        if fd != pipe[0]:
            return real(fd, count)
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    os.write(pipe[1], b"q")
    monkeypatch.setattr("os.read", read)
    listening = Listening(pipe[0])
    assert keys(listening.expect(1)) == ["q"]
    assert listening.result() is True
    os.close(pipe[1])
