"""Why nobody is called about an alert: it is shelved, silenced, or a worse one explains it.

`alerts.engine` asks whenever alerts or silences change or the earliest end of a mute passes; on a
quiet beat nothing here runs. Every mute ends by itself, or with the alert that holds another back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, Shelf, State
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText, clean

LONGEST = 7 * 86400.0
"""Seconds a shelf may last: what is longer belongs into the rules."""


class Mutes:
    def __init__(self, rules: Iterable[Rule]) -> None:
        self.silences: tuple[Silence, ...] = ()
        self.next_end = inf
        """The earliest moment at which a mute begins or ends by itself."""
        self._held_back_by: dict[str, list[str]] = {}
        for rule in rules:
            for name in rule.inhibits:
                if name != rule.name:
                    self._held_back_by.setdefault(name, []).append(rule.name)

    @property
    def idle(self) -> bool:
        """Nothing could mute any alert but its own shelf."""
        return not self.silences and not self._held_back_by

    def reasons(self, alerts: Collection[Alert], now: float) -> dict[str, SafeText]:
        """By fingerprint, for those that are muted at `now` (seconds since the epoch)."""
        self._plan(alerts, now)
        firing = self._inhibitors(alerts)
        found = {}
        for alert in alerts:
            if alert.active and (reason := self._reason(alert, firing, now)):
                found[alert.fingerprint] = reason
        return found

    def _plan(self, alerts: Iterable[Alert], now: float) -> None:
        moments = [end for silence in self.silences for end in (silence.at, silence.until)]
        moments += [alert.shelf.until for alert in alerts if alert.shelf is not None]
        self.next_end = min((moment for moment in moments if moment > now), default=inf)

    def _inhibitors(self, alerts: Iterable[Alert]) -> Mapping[str, Sequence[Alert]]:
        wanted = {name for names in self._held_back_by.values() for name in names}
        firing: dict[str, list[Alert]] = {}
        for alert in alerts:
            if alert.rule in wanted and alert.state is State.FIRING:
                firing.setdefault(alert.rule, []).append(alert)
        return firing

    def _reason(self, alert: Alert, firing: Mapping[str, Sequence[Alert]], now: float) -> SafeText:
        shelf = alert.shelf
        if shelf is not None and now < shelf.until:
            return shelved(shelf)
        for silence in self.silences:
            if silence.covers(alert, now):
                said = f": {silence.note}" if silence.note else ""
                return clean(f"silenced until {units.clock(silence.until)} by {silence.by}{said}")
        for name in self._held_back_by.get(alert.rule, ()):
            if any(_same_thing(alert, other) for other in firing.get(name, ())):
                return clean(f"held back by {name}")
        return NO_TEXT


def shelved(shelf: Shelf) -> SafeText:
    """Why nobody is called about what is shelved."""
    return clean(f"shelved until {units.clock(shelf.until)} by {shelf.by}")


def _same_thing(one: Alert, other: Alert) -> bool:
    """Labels both carry have the same values."""
    theirs = dict(other.labels)
    return all(theirs.get(name, value) == value for name, value in one.labels)
