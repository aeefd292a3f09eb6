r"""Labels as Prometheus writes them: `{device="sda",path="C:\\"}`, and read back."""

from __future__ import annotations

import re

_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)', re.ASCII)
_ESCAPE = re.compile(r'\\(["\\n])')


class NotLabels(ValueError):
    """A text that is no set of labels."""


def read_labels(text: str) -> dict[str, str]:
    """Of the text with its braces, or empty. Raises `NotLabels`."""
    if not text:
        return {}
    if not (text.startswith("{") and text.endswith("}")):
        raise NotLabels('are not written {name="value",...}')
    inner, at = text[1:-1], 0
    found: dict[str, str] = {}
    while at < len(inner):
        match = _PAIR.match(inner, at)
        if match is None:
            raise NotLabels('are not written {name="value",...}')
        if match[1] in found:
            raise NotLabels("have a name twice")
        found[match[1]] = _ESCAPE.sub(_unescape, match[2])
        at = match.end()
    return found


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
