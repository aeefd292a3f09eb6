"""One user's visit to this machine: what changed before it, and what the next is compared with.

The live screen makes one at start, asks it on a thread what is new, and ends it when it is left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.model.brief import Brief
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.actor import login_name
from sysmon_tui.monitor.briefing import Briefing, Now, take_standing
from sysmon_tui.monitor.looked import keep_look, last_look
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.roots import roots_of
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_past

AWAY = 900.0
"""Seconds: who was gone for less knows what happened, or sees it anyway."""


class Visit:
    def __init__(
        self,
        state: Path,
        user: str,
        gather: Callable[[], Briefing],
        *,
        host: HostFacts,
        roots: Roots,
    ) -> None:
        """`gather` begins a briefing: each asks its sources once."""
        self._state = state
        self._user = user
        self._gather = gather
        self._host = host
        self._roots = roots
        self._before = last_look(state, user)
        self._newest: Tick | None = None

    def hear(self, tick: Tick) -> None:
        """The newest tick, from whatever thread it comes."""
        self._newest = tick

    def news(self, tick: Tick) -> Brief | None:
        """What there is to say to somebody who comes back; None where there is nothing, and to
        somebody who was never here. Blocks."""
        before = self._before
        if before is None or tick.wall - before.at < AWAY:
            return None
        brief = self.brief(tick)
        return brief if brief.news else None

    def brief(self, tick: Tick) -> Brief:
        """What changed since the last visit, whatever it is. Blocks."""
        return self._gather().since(self._before, self._now(tick))

    def end(self) -> None:
        """Keep how the machine stood. Raises `StoreError`."""
        if self._newest is not None:
            keep_look(self._state, self._user, self._now(self._newest).standing)

    def _now(self, tick: Tick) -> Now:
        return take_standing(tick.families, tick.wall, self._host, self._roots)


def visit(monitor: Monitor, settings: Settings, dirs: Dirs) -> Visit:
    """The visit of whoever started this program, told of every tick from now on."""
    url = settings.storage.url
    try:
        past = open_past(url, state=dirs.state, derive=derive)
    except StoreError:
        # History in memory is as young as this program.
        past = None
    host, roots = monitor.host, roots_of(settings)
    gather = partial(Briefing, monitor.writer.ledger, past, host, roots, monitor.rules)
    begun = Visit(dirs.state, login_name(), gather, host=host, roots=roots)
    monitor.tick_bus.subscribe(begun.hear)
    return begun
