"""The end of the app: asked for in the loop, enforced by a thread."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from sysmon_tui.ui.termination import HANGUP, SIGNALS, Termination, install_signals


class Exited(BaseException):
    """In place of the end of the process."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    statuses: list[int] = []

    def leave(status: int) -> None:
        statuses.append(status)
        raise Exited

    monkeypatch.setattr("os._exit", leave)
    return statuses


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Statuses for which a watchdog was started; none runs."""
    started: list[int] = []
    monkeypatch.setattr(
        "_thread.start_new_thread", lambda watch, arguments: started.extend(arguments)
    )
    return started


async def test_each_signal_asks_once_for_the_end(threads: list[int]) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
        ended: list[int] = []
        termination = install_signals(asyncio.get_running_loop(), ended.append, lambda: None)
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        await asyncio.sleep(0)
        assert ended == [128 + number]
        termination.close()
        assert signal.getsignal(number) is signal.SIG_IGN
    assert threads == [128 + number for number in SIGNALS]


async def test_a_hangup_ends_as_the_signal_does(threads: list[int]) -> None:
    ended: list[int] = []
    termination = Termination(asyncio.get_running_loop(), ended.append, lambda: None)
    termination.begin(HANGUP)
    await asyncio.sleep(0)
    assert ended == threads == [129]


def test_a_loop_that_is_closed_is_not_asked(threads: list[int]) -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Termination(loop, lambda status: pytest.fail("asked"), lambda: None).begin(143)
    assert threads == [143]


async def test_a_handler_that_python_did_not_set_becomes_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    termination = install_signals(asyncio.get_running_loop(), lambda _: None, lambda: None)
    termination._previous[signal.SIGQUIT] = None
    termination.close()
    assert signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL


def watched(patience: float, rescue: threading.Event, *, given_back: bool) -> None:
    loop = asyncio.new_event_loop()
    termination = Termination(loop, lambda _: None, rescue.set, patience=patience, grace=0.0)
    if given_back:
        termination.close()
    with pytest.raises(Exited):
        termination._watch(143)
    loop.close()


def test_a_terminal_that_is_not_given_back_is_rescued(exits: list[int]) -> None:
    rescue = threading.Event()
    watched(0.0, rescue, given_back=False)
    assert rescue.is_set()
    assert exits == [143]


def test_a_terminal_that_was_given_back_is_left_alone(exits: list[int]) -> None:
    rescue = threading.Event()
    watched(60.0, rescue, given_back=True)
    assert not rescue.is_set()
    assert exits == [143]


def test_a_rescue_that_fails_does_not_keep_the_process(exits: list[int]) -> None:
    def fail() -> None:
        raise OSError

    loop = asyncio.new_event_loop()
    with pytest.raises(Exited):
        Termination(loop, lambda _: None, fail, patience=0.0)._watch(129)
    loop.close()
    assert exits == [129]
