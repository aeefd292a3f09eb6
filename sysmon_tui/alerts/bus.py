"""The Observer: who wants to hear of alerts is told, in order, and keeps nobody else from it.

`monitor` publishes alert events; the screen's bell and toasts and the plain line mode subscribe.
Subscriptions are weak: a screen that is gone hears nothing more and is not kept alive. So a
subscriber keeps its own reference; a bare lambda would be gone at once.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from types import MethodType
from typing import Generic, TypeVar

T = TypeVar("T")


def _log(observer: str, error: Exception) -> None:
    logging.getLogger(__name__).warning(
        "%s failed, further errors of it are not reported: %s: %s",
        observer,
        type(error).__name__,
        error,
    )


class Subscription(Generic[T]):
    """Ends with `cancel`, or with its observer."""

    def __init__(self, bus: Bus[T], observer: Callable[[T], None]) -> None:
        self._bus = bus
        self._observer: weakref.ref[Callable[[T], None]]
        if isinstance(observer, MethodType):
            self._observer = weakref.WeakMethod(observer, self._gone)
        else:
            self._observer = weakref.ref(observer, self._gone)
        self.reported = False
        """Its first error was reported; more of them would only repeat it."""

    @property
    def observer(self) -> Callable[[T], None] | None:
        """None once it is gone."""
        return self._observer()

    def cancel(self) -> None:
        self._bus.drop(self)

    def _gone(self, _reference: object) -> None:
        self._bus.drop(self)


class Bus(Generic[T]):
    """Publishing and subscribing are safe from any thread; observers run on the publisher's."""

    def __init__(self, report: Callable[[str, Exception], None] = _log) -> None:
        """`report` hears of an observer's first error: what it is called, and the error."""
        self._report = report
        self._subscriptions: tuple[Subscription[T], ...] = ()
        # Reentrant: a collection may run `drop` in the middle of `subscribe`.
        self._lock = threading.RLock()

    def subscribe(self, observer: Callable[[T], None]) -> Subscription[T]:
        """Tell `observer` from now on; the same one twice is the same subscription."""
        with self._lock:
            for subscription in self._subscriptions:
                if subscription.observer == observer:
                    return subscription
            subscription = Subscription(self, observer)
            self._subscriptions = (*self._subscriptions, subscription)
            return subscription

    def drop(self, subscription: Subscription[T]) -> None:
        with self._lock:
            self._subscriptions = tuple(
                kept for kept in self._subscriptions if kept is not subscription
            )

    def publish(self, event: T) -> None:
        """Tell every observer, in the order they came."""
        for subscription in self._subscriptions:
            observer = subscription.observer
            if observer is None:
                continue
            try:
                observer(event)
            except Exception as error:  # noqa: BLE001 - an observer's fault is its own
                if not subscription.reported:
                    subscription.reported = True
                    self._report(getattr(observer, "__qualname__", repr(observer)), error)
