"""What a text means, kept while it comes again and again: labels in line after line.

For readers of files from anywhere, so neither many texts nor a long one make it grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

REMEMBERED = 8192
"""Texts kept; all are let go when there are more."""
LONG = 1000
"""Bytes or characters of a text that is not worth keeping."""

K = TypeVar("K", bound=bytes | str)
V = TypeVar("V")


class Lately(dict[K, V]):
    """`lately[text]` is what `meaning` gives for it; an error of that passes through."""

    def __init__(self, meaning: Callable[[K], V]) -> None:
        super().__init__()
        self._meaning = meaning

    def __missing__(self, text: K) -> V:
        found = self._meaning(text)
        if len(self) >= REMEMBERED:
            self.clear()
        if len(text) <= LONG:
            self[text] = found
        return found
