"""Text to tokens, with Prometheus's own rules for numbers, durations and strings.

Called by `promql.parser` only. One regular expression; what it does not take is an error.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sysmon_tui.promql.errors import PromqlError, located

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\n]|\#[^\n]*)+)
    |(?P<duration>[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*(?![A-Za-z0-9_]))
    |(?P<number>(?:0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
       (?![A-Za-z0-9_.]))
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<symbol>==|!=|=~|!~|<=|>=|[-+*/%^<>=(){}\[\],@])""",
    re.VERBOSE,
)
_DURATION = re.compile(
    "(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?"
    "(?:([0-9]+)ms)?"
)
_MILLISECONDS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_LONGEST = 2**63 // 1_000_000
_DIGITS_LIMIT = 20

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_ESCAPED = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}


class Token(NamedTuple):
    kind: str
    """`duration`, `number`, `name`, `string`, `symbol` or `end`."""
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """All tokens and an `end`; raises PromqlError at the first that is none."""
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _stray(text, at)
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), at))
        at = match.end()
    found.append(Token("end", "", at))
    return found


def _stray(text: str, at: int) -> PromqlError:
    sign = text[at]
    if sign in "\"'`":
        return located(text, at, "this string has no end", f"Close it with {sign}")
    if sign.isdigit() or sign == ".":
        return located(text, at, "neither a number nor a duration", "Write 90, 0.5, 1e3 or 1h30m")
    return located(text, at, f"unexpected {sign!a}", "Remove it or put it in quotes")


def number(token: Token) -> float:
    """As Go reads it: hexadecimal after 0x, octal after 0."""
    text = token.text
    if text[:2] in ("0x", "0X"):
        digits = text[2:]
        return float(int(digits, 16)) if len(digits) <= _DIGITS_LIMIT else float("inf")
    if text[0] == "0" and text.isdigit() and not set(text) & {"8", "9"}:
        return float(int(text[-_DIGITS_LIMIT:], 8))
    return float(text)


def duration(text: str, token: Token) -> float:
    """Seconds; units from the largest to the smallest, each once, more than nothing."""
    match = _DURATION.fullmatch(token.text)
    if match is None:
        raise located(
            text, token.at, f"{token.text} is no duration", "Write the largest unit first, as 1h30m"
        )
    if len(token.text) > 2 * _DIGITS_LIMIT:
        raise located(text, token.at, "this duration is too long", "Write a shorter one")
    total = sum(
        int(count or 0) * each for count, each in zip(match.groups(), _MILLISECONDS, strict=True)
    )
    if not 0 < total < _LONGEST:
        problem = "a duration must be greater than 0" if not total else "this duration is too long"
        raise located(text, token.at, problem, "Write for instance 5m")
    return total / 1000.0


def string(text: str, token: Token) -> str:
    """What stands between the quotes, with Go's escapes."""
    quote, inner = token.text[0], token.text[1:-1]
    if quote == "`":
        return inner

    def unescaped(match: re.Match[str]) -> str:
        byte, short, long, octal, sign = match.groups()
        if sign is not None:
            if sign in _ESCAPED:
                return _ESCAPED[sign]
            if sign == quote:
                return sign
            code = -1
        else:
            code = int(byte or short or long or octal, 8 if octal else 16)
        limit = 0x7F if byte or octal else 0x10FFFF
        if not 0 <= code <= limit or 0xD800 <= code <= 0xDFFF:
            raise located(
                text,
                token.at + 1 + match.start(),
                f"the escape {match.group()!a} is not supported",
                "Write the character itself, or \\\\ for a backslash",
            )
        return chr(code)

    return _ESCAPE.sub(unescaped, inner)
