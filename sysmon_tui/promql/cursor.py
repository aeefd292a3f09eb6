"""A place in the tokens of a text, and how deep the parser is; the parser's modules share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sysmon_tui.promql.errors import PromqlError, located
from sysmon_tui.promql.lexer import Token, tokens

DEPTH_LIMIT = 80
"""Binary operators and levels of nesting; the tree is never deeper than their sum.

Parsing and working out take a few Python frames for each.
"""


class Cursor:
    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0
        self._operators = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._index]

    @property
    def ahead(self) -> Token:
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    @property
    def word(self) -> str:
        """The token as a keyword: Prometheus ignores case there."""
        return self.token.text.lower()

    def advance(self) -> None:
        self._index += 1

    def take_word(self, word: str) -> bool:
        if self.token.kind != "name" or self.word != word:
            return False
        self.advance()
        return True

    def expect(self, symbol: str) -> None:
        if self.token.text != symbol:
            raise self.unexpected(symbol)
        self.advance()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self._depth += 1
        self._check_depth()
        yield
        self._depth -= 1

    def count_operator(self) -> None:
        self._operators += 1
        self._check_depth()

    def _check_depth(self) -> None:
        if self._depth + self._operators > DEPTH_LIMIT:
            raise self.error(
                f"more than {DEPTH_LIMIT} operators or parentheses",
                "Split it into several expressions",
            )

    def unexpected(self, wanted: str) -> PromqlError:
        found = ascii(self.token.text) if self.token.text else "the end"
        return self.error(f"unexpected {found}", f"Here goes {wanted}")

    def error(self, problem: str, remedy: str, at: Token | None = None) -> PromqlError:
        return located(self.text, (at or self.token).at, problem, remedy)
