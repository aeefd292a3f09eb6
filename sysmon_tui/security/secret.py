"""A value that does not show itself: in no log line, traceback, JSON or pickle.

Whoever needs what is in it says so with `reveal()`, as late as possible and into no variable
that lives long.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T", bound=str | bytes)

MASK = "<secret>"


class Secret(Generic[T]):
    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value: T = value

    def reveal(self) -> T:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        """In constant time, so that a stopwatch tells nothing of the value."""
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(_bytes(self._value), _bytes(other._value))

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
