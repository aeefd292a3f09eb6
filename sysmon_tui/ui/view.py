"""Everything a panel may look at, frozen for one repaint."""

from __future__ import annotations

from dataclasses import dataclass

from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.severity import Judge
from sysmon_tui.ui.trends import Trends


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View:
    """Compared by identity: a new one always repaints, and only changed lines are sent."""

    tick: Tick
    trends: Trends
    """The last minutes of every signal. Shared and growing: read it while drawing, keep nothing."""
    host: HostFacts
    glyphs: Glyphs
    judge: Judge
    interval: float = 1.0
    """Seconds between ticks."""
    paused: bool = False
    boxed: bool = False
    """Panels have frames: there is room for them."""
    notices: tuple[str, ...] = ()
    """What the user should know about recording or settings."""
    recorder: str = ""
    """Who records, where that is another program."""
