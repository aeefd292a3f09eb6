"""Bytes to a terminal that reads when it likes."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import termios
import tty
from collections.abc import Iterator

import pytest

from sysmon_tui.ui import tty as terminal
from sysmon_tui.ui.writer import Writer

Pair = tuple[int, int]


@pytest.fixture
def pair() -> Iterator[Pair]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    yield master, slave
    os.close(master)
    os.close(slave)


def read(master: int) -> bytes:
    taken = b""
    while True:
        try:
            taken += os.read(master, 65536)
        except BlockingIOError:
            return taken


async def read_until(master: int, count: int) -> bytes:
    taken = b""
    while len(taken) < count:
        taken += read(master)
        await asyncio.sleep(0)
    return taken


async def test_what_is_not_taken_at_once_goes_out_later_in_order(pair: Pair) -> None:
    master, slave = pair
    drained = asyncio.Event()
    writer = Writer(slave, asyncio.get_running_loop(), drained.set)
    assert fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK == 0
    writer.send(b"first ")
    backlog = [writer.busy]
    data = bytes(range(32, 127)) * 4000
    writer.send(data)
    writer.send(b"last")
    backlog.append(writer.busy)
    await asyncio.sleep(0)
    assert not drained.is_set()
    expected = b"first " + data + b"last"
    assert await read_until(master, len(expected)) == expected
    await drained.wait()
    backlog.append(writer.busy)
    assert backlog == [False, True, False]
    writer.close()
    writer.close()


async def test_finishing_waits_for_a_terminal_that_reads(pair: Pair) -> None:
    master, slave = pair
    writer = Writer(slave, asyncio.get_running_loop(), lambda: None)
    writer.send(b"x" * 300_000)
    reading = asyncio.create_task(asyncio.to_thread(slow_reader, master, 300_000))
    assert await asyncio.to_thread(writer.finish, 20.0)
    assert await reading == 300_000
    writer.close()


def slow_reader(master: int, count: int) -> int:
    os.set_blocking(master, True)
    taken = 0
    while taken < count:
        taken += len(os.read(master, 4096))
    return taken


async def test_finishing_gives_up_and_force_gets_through(pair: Pair) -> None:
    master, slave = pair
    writer = Writer(slave, asyncio.get_running_loop(), lambda: None)
    writer.send(b"x" * 300_000)
    assert not writer.finish(0.01)
    writer.force(b"\x1b[?1049l")
    assert not writer.busy
    assert read(master).endswith(b"\x1b[?1049l")
    writer.close()


async def test_a_terminal_that_is_gone_swallows_everything() -> None:
    master, slave = os.openpty()
    writer = Writer(slave, asyncio.get_running_loop(), lambda: None)
    os.close(master)
    writer.send(b"x" * 300_000)
    assert not writer.busy
    assert writer.finish(1.0)
    writer.force(b"x")
    writer.close()
    os.close(slave)


async def test_closing_with_a_backlog_loses_it_and_no_more(pair: Pair) -> None:
    _, slave = pair
    writer = Writer(slave, asyncio.get_running_loop(), lambda: pytest.fail("drained"))
    writer.send(b"x" * 300_000)
    writer.close()
    await asyncio.sleep(0)
    assert not writer.busy


async def test_a_terminal_that_cannot_be_opened_anew_is_shared_and_put_back(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(errno.EACCES, "another user's")

    master, slave = pair
    monkeypatch.setattr("os.open", denied)
    writer = Writer(slave, asyncio.get_running_loop(), lambda: None)
    assert not os.get_blocking(slave)
    writer.send(b"shared")
    assert read(master) == b"shared"
    writer.close()
    assert os.get_blocking(slave)


def test_a_name_that_is_another_terminal_is_not_used(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, slave = pair
    monkeypatch.setattr("os.ttyname", lambda fd: "/dev/null")
    assert terminal.open_terminal(slave) == slave


def test_restoring_sets_modes_and_attributes(pair: Pair) -> None:
    master, slave = pair
    before = terminal.attributes(slave)
    assert before is not None
    changed = termios.tcgetattr(slave)
    changed[3] |= termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, changed)
    terminal.restore(slave, slave, before)
    assert termios.tcgetattr(slave) == before
    assert read(master) == terminal.RESTORE
    terminal.restore(slave, slave, None)
    assert read(master) == terminal.RESTORE


def test_what_is_no_terminal_has_no_attributes_and_no_size() -> None:
    reading, writing = os.pipe()
    assert terminal.attributes(writing) is None
    assert terminal.size(writing) is None
    assert terminal.is_foreground(reading)
    terminal.restore(writing, reading, [0] * 7)
    assert os.read(reading, 4096) == terminal.RESTORE
    os.close(reading)
    os.close(writing)
    terminal.force(writing, b"closed")


def test_a_terminal_without_dimensions_has_no_size(pair: Pair) -> None:
    _, slave = pair
    termios.tcsetwinsize(slave, (0, 0))
    assert terminal.size(slave) is None
    termios.tcsetwinsize(slave, (24, 80))
    assert terminal.size(slave) == (80, 24)
