"""The one gate for text from outside: process names, mounts, units, hosts, log lines.

A process may call itself anything. Escape sequences, C1 controls, bidirectional overrides and
lone surrogates would reach the terminal, SQLite or a log file as they are, so collectors pass
every such string through `clean` and the type system carries the promise on as `SafeText`.
"""

from __future__ import annotations

import re
from typing import NewType

SafeText = NewType("SafeText", str)

NO_TEXT = SafeText("")

NAME_LIMIT = 256
TEXT_LIMIT = 4096

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}

# Everything a terminal or a reader could be deceived with: C1 controls, surrogates, bidirectional
# controls, zero-width and invisible characters, line separators, tags, Hangul fillers, variation
# selectors, interlinear annotations, every other format character (terminals disagree about their
# width) and the non-characters, which end each plane.
_PLANE_ENDS = "".join(f"{chr(end)}{chr(end + 1)}" for end in range(0xFFFE, 0x110000, 0x10000))
_FORBIDDEN = re.compile(
    "[\x80-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" + _PLANE_ENDS + "]"
)


def clean(raw: str | bytes, limit: int = TEXT_LIMIT) -> SafeText:
    """Make outside text safe to store, print and lay out.

    C0 controls and DEL become their Unicode pictures (U+2400..), whatever could deceive a reader
    becomes U+FFFD, and the result is cut at `limit` characters. Idempotent; always encodable.
    """
    # No character takes more than four bytes: what lies beyond can never be shown.
    text = raw[: 4 * limit].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return SafeText(text)
    return SafeText(_FORBIDDEN.sub("\ufffd", text.translate(_PICTURES)))


def clean_name(raw: str | bytes) -> SafeText:
    """`clean` for names: mounts, devices, users, hosts (at most 256 characters)."""
    return clean(raw, NAME_LIMIT)
