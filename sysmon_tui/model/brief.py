"""What changed on a machine since somebody last looked: alerts and who had them, then the rest.

Pure: `monitor.briefing` gathers what it is made of, `model.brief_text` says it in words for the
login shell and the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import NamedTuple

from sysmon_tui.model.alert import SAID, Alert, AlertEvent, Severity, State
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.process import ProcessKey, ProcessTable
from sysmon_tui.model.standing import Port, Space, Standing
from sysmon_tui.model.text import NO_TEXT, SafeText

GREW = 0.02
"""Share of a file system; whoever grew less has not changed."""
SOON = 86400.0
"""Seconds: a file system full by then is news however little it grew."""
SURE = 600.0
"""Seconds over which growth must be seen before it is drawn out into the future."""
REBOOTED = 60.0
"""Seconds by which two boot times differ that are two; the kernel works its own out anew."""
_FIRED = frozenset({"firing", "worse"})


class Story(NamedTuple):
    """One alert while nobody looked."""

    fingerprint: str
    rule: str
    labels: Labels
    severity: Severity
    """The worst it was."""
    summary: SafeText
    firing: bool
    began: float
    """Since when its condition held, the first time it fired; seconds since the epoch."""
    ended: float
    """NaN while it fires."""
    times: int
    """How often it began to fire."""
    hands: tuple[SafeText, ...]
    """Who did something about it, first one first."""
    note: SafeText
    """What the one who has it says."""
    muted: SafeText
    unseen: bool

    @property
    def urgent(self) -> bool:
        """Critical now, and nobody said that it may wait."""
        return self.firing and self.severity is Severity.CRITICAL and not self.muted


class Growth(NamedTuple):
    mountpoint: str
    grown: float
    """Bytes."""
    space: Space
    full_in: float
    """Seconds until it is full if it goes on so; infinite where it does not."""


class UnitNews(NamedTuple):
    name: str
    failed: bool
    """It has, and is not up again."""
    restarts: int
    """How often systemd started it again."""


class NewPort(NamedTuple):
    port: Port
    owner: str
    """`python3 (4113)`; empty where it may not be seen."""


class Consumer(NamedTuple):
    name: str
    pid: int
    amount: float
    """Seconds of CPU, or bytes."""
    cgroup: str = ""
    """The unit or container it ran in; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    host: str
    since: float
    until: float
    looked: bool
    """`since` is when this user last looked; else it was asked for, or there is no telling."""
    stories: tuple[Story, ...] = ()
    """Firing ones first, then by severity, the newest first."""
    boots: tuple[float, ...] = ()
    oom_kills: int = 0
    units: tuple[UnitNews, ...] = ()
    growth: tuple[Growth, ...] = ()
    """The fastest first."""
    ports: tuple[NewPort, ...] = ()
    cpu: tuple[Consumer, ...] = ()
    memory: tuple[Consumer, ...] = ()
    """The most each held at a time."""
    remarks: tuple[str, ...] = ()
    """What could not be told, and why."""

    @property
    def urgent(self) -> bool:
        return any(story.urgent for story in self.stories)

    @property
    def news(self) -> bool:
        """There is something to say. Who used the most is no news by itself."""
        changes = (self.stories, self.boots, self.oom_kills, self.units, self.growth, self.ports)
        return any(changes)


def stories(
    events: Iterable[AlertEvent], alerts: Iterable[Alert], since: float
) -> tuple[Story, ...]:
    """Every alert that fired after `since`, or fires still, told as one line of events each.

    `events` in any order, those before `since` are left out; `alerts` as they stand now.
    """
    told: dict[str, list[AlertEvent]] = {}
    for event in sorted(events, key=lambda event: event.at):
        if event.at >= since:
            told.setdefault(event.alert.fingerprint, []).append(event)
    now = {alert.fingerprint: alert for alert in alerts}
    found = (
        _story(now.get(name) or told[name][-1].alert, told.get(name, []), since)
        for name in told.keys() | now.keys()
    )
    return tuple(sorted(filter(None, found), key=_urgency))


def _story(alert: Alert, events: list[AlertEvent], since: float) -> Story | None:
    firing = alert.state is State.FIRING
    fired = [event for event in events if event.kind in _FIRED]
    over = alert.resolved_at if alert.resolved_at is not None else nan
    if not (firing or fired or over >= since):
        return None
    hands = [event.actor for event in events if event.kind in SAID and event.actor]
    if alert.ack is not None:
        hands.append(alert.ack.by)
    severities = [event.alert.severity for event in fired] + [alert.severity] * firing
    return Story(
        fingerprint=alert.fingerprint,
        rule=alert.rule,
        labels=alert.labels,
        severity=max(severities, default=alert.severity),
        summary=alert.summary,
        firing=firing,
        began=min([alert.since, *(event.alert.since for event in fired)]),
        ended=nan if firing else over,
        times=max(1, sum(event.kind == "firing" for event in fired)),
        hands=tuple(dict.fromkeys(hands)),
        note=alert.ack.note if alert.ack is not None else NO_TEXT,
        muted=alert.muted,
        unseen=alert.unseen,
    )


def _urgency(story: Story) -> tuple[bool, bool, int, float]:
    return not story.firing, bool(story.muted), -story.severity, -story.began


def boots(then: float, recorded: Iterable[float], now: float, since: float) -> tuple[float, ...]:
    """When the machine was started between two looks, oldest first.

    `then` and `now` are the boot times known at both ends (NaN where not known), `recorded` those
    in between, in any order.
    """
    last, found = then, []
    for boot in sorted(boot for boot in (*recorded, now) if isfinite(boot)):
        if boot > since and not abs(boot - last) < REBOOTED:
            found.append(boot)
            last = boot
    return tuple(found)


def oom_kills(then: Standing, now: Standing) -> int:
    """Processes killed for want of memory; after a reboot the counter began anew."""
    before = 0.0 if abs(now.boot_time - then.boot_time) >= REBOOTED else then.oom_kills
    killed = now.oom_kills - before
    return int(killed) if isfinite(killed) and killed > 0.0 else 0


def units(
    then: Standing, now: Standing, failed_meanwhile: Iterable[str] = ()
) -> tuple[UnitNews, ...]:
    """Failed ones first; `failed_meanwhile` may have recovered."""
    before = frozenset(then.failed or ())
    # Where nothing is known of before, what has failed may have for weeks: no change.
    fresh = frozenset(now.failed or ()) - before if then.failed is not None else frozenset()
    again = {
        name: int(count - then.restarts[name])
        for name, count in now.restarts.items()
        if count > then.restarts.get(name, inf)
    }
    names = fresh | again.keys() | (frozenset(failed_meanwhile) - before)
    down = frozenset(now.failed or ())
    found = (UnitNews(name, name in down, again.get(name, 0)) for name in names)
    return tuple(sorted(found, key=lambda unit: (not unit.failed, -unit.restarts, unit.name)))


def growth(then: Standing, now: Standing) -> tuple[Growth, ...]:
    """File systems that grew by a notable share, or will soon be full at that pace."""
    elapsed = now.at - then.at
    found = []
    for mount, space in now.spaces.items():
        grown = space.used - then.spaces.get(mount, space).used
        if grown <= 0.0:
            continue
        full_in = (space.whole - space.used) * elapsed / grown if elapsed >= SURE else inf
        if grown >= GREW * space.whole or full_in <= SOON:
            found.append(Growth(mount, grown, space, full_in))
    return tuple(sorted(found, key=lambda one: -one.grown / one.space.whole))


def new_ports(then: Standing, now: Standing) -> tuple[Port, ...]:
    if then.ports is None or now.ports is None:
        return ()
    before = frozenset(then.ports)
    return tuple(port for port in now.ports if port not in before)


class Usage:
    """Who used how much over a series of process tables, fed oldest first."""

    def __init__(self) -> None:
        self._cpu: dict[ProcessKey, tuple[float, float]] = {}
        """First and newest seconds of CPU seen."""
        self._rss: dict[ProcessKey, float] = {}
        self._names: dict[ProcessKey, str] = {}
        self._cgroups: dict[ProcessKey, str] = {}

    def add(self, table: ProcessTable) -> None:
        begun = {life.row.key for life in table.lives if life.began}
        for row in table.rows:
            if row.kernel:
                continue
            key = row.key
            self._names[key] = row.name
            if (detail := table.details.get(row.pid)) is not None:
                self._cgroups[key] = detail.cgroup
            first = 0.0 if key in begun else row.cpu_seconds
            self._cpu[key] = (self._cpu.get(key, (first, 0.0))[0], row.cpu_seconds)
            self._rss[key] = max(self._rss.get(key, 0.0), float(row.rss))

    def cpu(self, limit: int) -> tuple[Consumer, ...]:
        """Seconds each used; what it used while it was not among the busiest counts as well."""
        return self._most({key: last - first for key, (first, last) in self._cpu.items()}, limit)

    def memory(self, limit: int) -> tuple[Consumer, ...]:
        return self._most(self._rss, limit)

    def _most(self, amounts: Mapping[ProcessKey, float], limit: int) -> tuple[Consumer, ...]:
        ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(self._named(ordered[:limit]))

    def _named(self, pairs: Iterable[tuple[ProcessKey, float]]) -> Iterator[Consumer]:
        for key, amount in pairs:
            if amount > 0.0:
                yield Consumer(self._names[key], key.pid, amount, self._cgroups.get(key, ""))
