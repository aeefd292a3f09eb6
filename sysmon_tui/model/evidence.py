"""What the machine looked like when an alert fired: frozen then, kept with the alert, read later.

`monitor` gathers it, the ledger's neighbour keeps it, the alert's screen and `alerts show` print
it. Everything in it is cleaned text or figures; nothing refers to a live object.
"""

from __future__ import annotations

from dataclasses import dataclass

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.text import SafeText


@dataclass(frozen=True, slots=True)
class Suspect:
    """A process or cgroup that used the guilty resource."""

    name: SafeText
    pid: int
    """0 for a cgroup."""
    user: SafeText
    cpu: float
    """Cores: 1.0 is one core; NaN where unknown, as are the others."""
    rss: float
    """Bytes."""
    io: float
    """Bytes a second, read and written."""
    command: SafeText


@dataclass(frozen=True, slots=True)
class Trace:
    """One series around the moment."""

    name: str
    labels: Labels
    times: tuple[float, ...]
    """Seconds since the epoch, growing."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    fingerprint: str
    fired_at: float
    taken_at: float
    suspects: tuple[Suspect, ...] = ()
    """The largest first, by the resource of the rule."""
    groups: tuple[Suspect, ...] = ()
    """Control groups, likewise."""
    traces: tuple[Trace, ...] = ()
    """The alert's own series first, then related ones, over the last 15 minutes."""
    figures: tuple[tuple[str, float], ...] = ()
    """(name, value) of pressure, load and memory at that moment."""
    blocked: tuple[Suspect, ...] = ()
    """Tasks in state D."""
    lines: tuple[SafeText, ...] = ()
    """The last kernel or journal lines, oldest first; empty where they cannot be read."""
    remark: SafeText = SafeText("")
    """What could not be gathered, and why."""
