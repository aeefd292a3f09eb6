"""What happened to alerts lately, newest first; beside or below the alert log on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType

from sysmon_tui.model import units
from sysmon_tui.ui.chronicle import Entry
from sysmon_tui.ui.lines import clip, column, fit, inner, width_of
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "firing": "fired",
        "worse": "worse",
        "milder": "milder",
        "resolved": "over",
        "acknowledged": "taken",
        "unacknowledged": "given up",
        "noted": "noted",
        "shelved": "shelved",
        "unshelved": "back",
        "unmuted": "unmuted",
    }
)
"""Kinds of events in the timeline's words."""
WORD_WIDTH = 8
LIT = frozenset({"firing", "worse", "unshelved", "unmuted"})
"""What is news; the rest is the sequel."""


class Timeline(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        entries = view.chronicle.newest(rows, view.tick.wall if view.over else inf)
        content = [_line(entry, view, room) for entry in entries] or [
            (("nothing has happened yet", "dim"),)
        ]
        return self.framed(view, "Timeline", "newest first", content, width, height)


def _line(entry: Entry, view: View, room: int) -> Line:
    alert = entry.alert
    role = alert.severity.word if entry.kind in LIT else "ok" if entry.actor else "dim"
    mark = view.glyphs.check if entry.actor else view.glyphs.severity(alert.severity)
    head: Line = (
        (f"{_moment(entry.at, view.tick.wall)} ", "dim"),
        (f"{mark} {column(WORDS[entry.kind], WORD_WIDTH, view.glyphs.ellipsis)} ", role),
    )
    return fit(
        (*head, (clip(_what(entry), room - width_of(head), view.glyphs.ellipsis), "text")), room
    )


def _moment(at: float, now: float) -> str:
    """The time of day; how many days ago once that would mislead."""
    return units.clock(at) if now - at < 86_400 else column(units.ago(now - at), 8, "")


def _what(entry: Entry) -> str:
    alert = entry.alert
    what = f"{entry.count} {alert.rule}" if entry.count > 1 else alert.summary or alert.rule
    if not entry.actor:
        return what
    said = f": {alert.ack.note}" if entry.kind == "noted" and alert.ack is not None else ""
    return f"{entry.actor}{said}  {what}"
