"""What delivers a message, and how it fails. One module for each kind, loaded when it is used."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.message import Message
from sysmon_tui.security.errors import Missing
from sysmon_tui.security.secret import Secret
from sysmon_tui.settings.schema import Receiver

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE = 10.0
"""Seconds a receiver has for a message."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0

Lookup: TypeAlias = Callable[[str], Secret[str]]
"""A secret of the vault by its name. Raises `SecretsError`."""


class DeliveryError(SysmonError):
    """It did not arrive; the text holds no secret."""

    def __init__(self, problem: str, remedy: str = "", *, retry: bool = True) -> None:
        super().__init__(problem, remedy)
        self.retry = retry
        """Whether another try may do better."""


def no_vault(name: str) -> Secret[str]:
    raise Missing(f"there is no vault for the secret {name}", "Name a file instead")


class Deliverer(Protocol):
    async def deliver(self, message: Message) -> None:
        """Raises `DeliveryError`. May be cancelled, and leaves nothing running."""


class DaemonThreads(ThreadPoolExecutor):
    """What the loop resolves names and we write mail on: a thread that hangs is left behind.

    The interpreter waits at its end for the threads of every other executor.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            try:
                outcome = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                future.set_exception(error)
            else:
                future.set_result(outcome)

        future.set_running_or_notify_cancel()
        threading.Thread(target=work, name="notify-work", daemon=True).start()
        return future


async def in_thread(work: Callable[[], T]) -> T:
    """Blocking work on a thread that nobody waits for at the end of the program."""
    return await asyncio.wrap_future(_THREADS.submit(work))


_THREADS = DaemonThreads(max_workers=1)


def backoff(attempts: int, jitter: float) -> float:
    """Seconds until the next try after `attempts` in vain (from 1); `jitter` from 0 to 1.

    Doubles from 5 s to 10 min; up to a third less, so that not everybody comes back at once.
    """
    pause = min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 16), LONGEST_PAUSE)
    return max(FIRST_PAUSE, pause * (1.0 - jitter / 3.0))


def create_deliverer(receiver: Receiver, lookup: Lookup = no_vault) -> Deliverer:
    """By the receiver's kind, each the name of a module with a `create`; `lookup` is its vault."""
    module: Any = import_module(f"sysmon_tui.alerts.notify.{receiver.kind}")
    deliverer: Deliverer = module.create(receiver, lookup)
    return deliverer
