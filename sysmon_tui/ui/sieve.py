"""The last gate before the terminal: what no text may hold is taken out, whoever drew it.

Collectors clean what comes in (`model.text`). This is for what was forgotten, and for widgets that
are not ours: the app filters their lines with `Sieve`, `LinePanel` its own with `passed`, and
`ui.driver` frames that it does not understand with `passed_frame`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.filter import LineFilter

from sysmon_tui.model.text import clean

if TYPE_CHECKING:
    from rich.segment import Segment
    from textual.color import Color

DECEIVING = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
"""As part of a character class: bidirectional controls and what takes no room. The joiners are
not among them, they make characters of several."""

_TOKEN = re.compile(
    r"(\x1b\[\d+;\d+H|\x1b\[[\d;]*m|\x1b\]8;[^\x00-\x1f\x7f-\x9f]*\x1b\\|\n)"
    rf"|[\x00-\x1f\x7f-\x9f{DECEIVING}]"
)


def passed(text: str) -> str:
    """The text with blanks, as wide as it, for what `clean` would not let through."""
    if text.isascii() and text.isprintable():
        return text
    if clean(text, len(text)) == text:
        return text
    return "".join(one if clean(one) == one else " " * cell_len(one) for one in text)


def passed_frame(frame: str) -> str:
    """A frame of moves, styles, links and text, without any other control character."""
    return _TOKEN.sub(lambda token: token[1] or "", frame)


class Sieve(LineFilter):
    """What Textual does to every line of every widget that it draws itself."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() and segment.text.isprintable() for segment in segments):
            return segments
        return [segment._replace(text=passed(segment.text)) for segment in segments]
