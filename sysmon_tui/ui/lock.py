"""An optional password before acts: acknowledging, silencing, settings, signals.

Looking is free. As with sudo, a password given holds for a while after the last act. `guarded`
marks what asks first; the app has the one `Lock`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sysmon_tui.security.secret import Secret

if TYPE_CHECKING:
    from sysmon_tui.ui.app import SysmonApp

P = ParamSpec("P")
A = TypeVar("A", bound="SysmonApp")

Check = Callable[[Secret[str]], bool]
"""Whether it is the password; takes its time. Raises `SysmonError` with what is wrong."""


class Lock:
    """Open from a right password until `holds` seconds after the last act."""

    def __init__(self, user: str, holds: float, check: Check, mono: Callable[[], float]) -> None:
        """Without a `user` it never asks."""
        self.user = user
        self.check = check
        self._holds = holds
        self._mono = mono
        self._until = float("-inf")

    @property
    def asks(self) -> bool:
        return bool(self.user) and self._mono() >= self._until

    def extend(self) -> None:
        """The password was right, or an act was done within its time."""
        self._until = self._mono() + self._holds


NO_LOCK = Lock("", 0.0, lambda _password: False, lambda: 0.0)


def guarded(act: Callable[Concatenate[A, P], None]) -> Callable[Concatenate[A, P], None]:
    """The method, after the password where one is asked for; without it nothing happens."""

    @wraps(act)
    def ask_first(app: A, /, *arguments: P.args, **named: P.kwargs) -> None:
        permit(app, partial(act, app, *arguments, **named))

    return ask_first


def permit(app: SysmonApp, act: Callable[[], object]) -> None:
    lock = app.lock
    if not lock.asks:
        lock.extend()
        act()
        return
    # Late: most have no lock.
    from sysmon_tui.ui.screens.unlock import Unlock

    def done(right: bool | None) -> None:
        if right:
            lock.extend()
            act()

    app.push_screen(Unlock(lock, app.glyphs), done)
