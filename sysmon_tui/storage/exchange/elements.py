"""The elements of a list in a JSON document that is too large to be decoded as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sysmon_tui.storage.exchange.errors import FormatError

LARGEST = 8 << 20
"""Characters of one element: a moment of thousands of interrupts, disks and interfaces fits."""


def elements(texts: Iterable[str], name: str, file: str) -> Iterator[Any]:
    """The elements of every list called `name`, decoded one by one. Raises `FormatError`."""
    scan = _Scan(iter(texts), file)
    while scan.skip_past(f'"{name}"'):
        scan.expect(":")
        scan.expect("[")
        while not scan.take("]"):
            yield scan.value()
            scan.take(",")


class _Scan:
    """A text that is read as it comes, what was understood let go."""

    def __init__(self, texts: Iterator[str], file: str) -> None:
        self._texts = texts
        self._file = file
        self._text = ""
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        # As much again as there is, so that a long value is not tried at every line of it.
        pieces = [self._text]
        size, wanted = len(self._text), 2 * len(self._text) + 4096
        while size < wanted and (piece := next(self._texts, "")):
            pieces.append(piece)
            size += len(piece)
        grown = len(pieces) > 1
        self._text = "".join(pieces)
        if grown and size > 4 * LARGEST:
            raise FormatError(self._file, f"an element is longer than {LARGEST} characters")
        return grown

    def skip_past(self, word: str) -> bool:
        while (at := self._text.find(word)) < 0:
            self._text = self._text[-len(word) :]
            if not self._more():
                return False
        self._text = self._text[at + len(word) :]
        return True

    def take(self, mark: str) -> bool:
        """Whether the next character is `mark`; then it is past."""
        self._text = self._text.lstrip()
        while not self._text and self._more():
            self._text = self._text.lstrip()
        if not self._text:
            raise FormatError(self._file, "ends in the middle", "Get the whole file")
        if not self._text.startswith(mark):
            return False
        self._text = self._text[1:]
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise FormatError(self._file, f"a {mark} is missing")

    def value(self) -> Any:
        while True:
            try:
                found, end = self._decode(self._text)
            except RecursionError:
                raise FormatError(self._file, "is nested too deeply") from None
            except ValueError as error:
                if len(self._text) <= LARGEST and self._more():
                    continue
                raise FormatError(self._file, f"is no JSON: {error}") from None
            self._text = self._text[end:]
            return found
