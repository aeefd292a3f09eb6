"""Everything a panel may look at, frozen for one repaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.chronicle import Chronicle
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.severity import Judge
from sysmon_tui.ui.tally import Tally
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which moment of the past is shown, and what happens meanwhile."""

    at: float
    now: float
    """Seconds since the epoch, both; `now` is the source's newest."""
    fired: int = 0
    """Alerts that began to fire since one looks back."""
    worst: Severity = Severity.OK
    """Of those."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View:
    """Compared by identity: a new one always repaints, and only changed lines are sent."""

    tick: Tick
    trends: Trends
    """The last minutes of every signal. Shared and growing: read it while drawing, keep nothing."""
    host: HostFacts
    glyphs: Glyphs
    judge: Judge
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """By name: how an alert's value is spelled is its rule's to say."""
    chronicle: Chronicle = field(default_factory=Chronicle)
    """What happened to alerts lately. Shared and growing, like `trends`."""
    counted: Tally | None = None
    """The tick's alerts, where they have been counted already."""
    interval: float = 1.0
    """Seconds between ticks."""
    paused: bool = False
    boxed: bool = False
    """Panels have frames: there is room for them."""
    notices: tuple[str, ...] = ()
    """What the user should know about recording or settings."""
    banner: str = ""
    """What must not be overlooked beside all else: a replay, an incident that goes on."""
    recorder: str = ""
    """Who records, where that is another program."""
    shown: Shown | None = None
    """Where the past is shown; None is now."""
    replayed: bool = False
    """The source is a recording."""
    window: Window | None = None
    """What the charts draw, where that is not the newest of `trends`."""

    @property
    def over(self) -> bool:
        """What is shown was: nobody can do anything about it."""
        return self.replayed or self.shown is not None

    @property
    def unknown(self) -> str:
        """Why there is nothing to show where nothing is known."""
        return "nothing recorded" if self.over else "measuring"

    @property
    def tally(self) -> Tally:
        return self.counted if self.counted is not None else Tally.of(self.tick.alerts)
