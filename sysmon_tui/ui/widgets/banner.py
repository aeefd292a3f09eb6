"""The first line while the past is shown: which moment, how to get back, and what fires meanwhile.

It takes the header's place, in another colour and with words, so that nobody takes then for now.
"""

from __future__ import annotations

from sysmon_tui.model import units
from sysmon_tui.model.when import spelled
from sysmon_tui.ui.lines import clip, fit, width_of
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import Shown, View

ROLE = "selected"


def banner(view: View, shown: Shown, width: int) -> Line:
    """The moment always; the rest as far as there is room."""
    when = spelled(shown.at, shown.now)
    ago = units.ago(max(0.0, shown.now - shown.at))
    pause = view.glyphs.pause * 2
    host = clip(view.host.hostname, max(4, width // 4), view.glyphs.ellipsis)
    fired = _fired(view, shown)
    for text, right in (
        (f" {host}  {pause} PAST  {when}  {ago}", (*fired, _BACK)),
        (f" {pause} PAST  {when}  {ago}", (*fired, _BACK)),
        (f" {pause} PAST {when}", (*fired, _BACK)),
        (f" {pause} {when}", fired),
    ):
        left: Line = ((text, ROLE),)
        if width_of(left) + width_of(right) <= width:
            return (*fit(left, width - width_of(right), ROLE), *right)
    return fit(((f" {pause} {when}", ROLE),), width, ROLE)


_BACK = ("  End: live ", ROLE)


def _fired(view: View, shown: Shown) -> Line:
    if not shown.fired:
        return ()
    mark = view.glyphs.severity(shown.worst)
    return ((f" {mark}{shown.fired} fired since ", shown.worst.word),)
