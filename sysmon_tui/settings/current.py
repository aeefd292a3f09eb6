"""The Singleton: the one configuration in force, installed by the CLI, renewed by hot reload.

Only those who must follow a change ask here (`settings()`, `subscribe`); everything else is given
its values as arguments. Safe to use from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.settings import store
from sysmon_tui.settings.dirs import FILE_NAME
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.store import Loaded

Subscriber = Callable[[Settings], None]


class _Current:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.loaded = Loaded(settings=Settings(), path=Path(FILE_NAME))
        self.subscribers: list[Subscriber] = []

    def swap(self, loaded: Loaded) -> None:
        """Put `loaded` in force; tell the subscribers in order if the settings are others."""
        with self.lock:
            before, self.loaded = self.loaded.settings, loaded
            told = tuple(self.subscribers) if before != loaded.settings else ()
        failures = []
        for subscriber in told:
            try:
                subscriber(loaded.settings)
            except Exception as error:  # noqa: BLE001 - one that fails must not deafen the rest
                failures.append(error)
        if failures:
            raise ExceptionGroup("subscribers of the settings failed", failures)


_current = _Current()


def install(loaded: Loaded) -> None:
    _current.swap(loaded)


def loaded() -> Loaded:
    """What is in force with where it comes from; the defaults before anything is installed."""
    return _current.loaded


def settings() -> Settings:
    return _current.loaded.settings


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Call `subscriber` with the new settings after each change; the result ends it."""
    with _current.lock:
        _current.subscribers.append(subscriber)

    def unsubscribe() -> None:
        with _current.lock, suppress(ValueError):
            _current.subscribers.remove(subscriber)

    return unsubscribe


def reload() -> tuple[SettingsError, ...]:
    """Take an edited file over; its problems, in which case the old settings stay in force."""
    fresh = store.reload(_current.loaded)
    if fresh.intact:
        _current.swap(fresh)
    return fresh.problems


@contextmanager
def override(**changes: Any) -> Iterator[Settings]:
    """Other sections for the time of a test: `override(screen=Screen(theme="sysmon-light"))`."""
    before = _current.loaded
    changed = msgspec.structs.replace(before.settings, **changes)
    _current.swap(replace(before, settings=changed))
    try:
        yield changed
    finally:
        _current.swap(before)
