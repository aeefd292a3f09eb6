"""What changed between two moments: processes that came, went or used more, and what moved most.

Pure: two ticks in, one `Difference` out, whichever of them is live. The screen's comparison and
`sysmon-tui compare` show it (`model.compared` writes it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, nan

from sysmon_tui.model.metric import SeriesKey, is_counter
from sysmon_tui.model.process import ProcessKey, ProcessRow, ProcessTable
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.tick import Tick

SHOWN = 8
"""Processes kept of each resource, and metrics."""
SLACK = 1.0
"""Seconds by which a start may seem earlier than it was: the kernel counts in ticks."""

_FLOORS = (
    ("_ratio", 0.01),
    ("_bytes_per_second", 65536.0),
    ("_bytes", 4194304.0),
    ("_seconds", 0.001),
    ("_celsius", 1.0),
    ("", 0.1),
)
"""By how a metric's name ends: what is less than this moves nobody, however calm it usually is."""
_RELATIVE = 0.01
"""Likewise, as a share of the figure itself."""
_NO_MOVE = ("_time_seconds", "_late_intervals", "_timestamp_seconds", "_uptime_seconds")
"""Gauges that only tell the time."""


class Fate(StrEnum):
    STAYED = "stayed"
    NEW = "new"
    GONE = "gone"
    UNSEEN = "unseen"
    """Recorded at one of the moments only, being too idle at the other."""


@dataclass(frozen=True, slots=True)
class Mover:
    """One process's part in a difference."""

    key: ProcessKey
    name: SafeText
    command: SafeText
    fate: Fate
    before: float
    after: float
    """Cores, bytes, or bytes a second; 0 where it was not there."""
    share: float
    """Of all that changed, in either direction; 0 to 1."""


@dataclass(frozen=True, slots=True)
class Resource:
    name: str
    """`cpu`, `memory` or `io`."""
    before: float
    after: float
    """Of all processes together."""
    movers: tuple[Mover, ...]
    """Greatest share first."""


@dataclass(frozen=True, slots=True)
class Move:
    """One metric's."""

    key: SeriesKey
    before: float
    after: float
    times: float
    """How many times its usual spread it moved by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    before: float
    after: float
    """Seconds since the epoch."""
    new: int
    gone: int
    """Processes that are known to have begun, and ended."""
    resources: tuple[Resource, ...]
    moves: tuple[Move, ...]
    """Of each metric the series that moved most, greatest first."""
    known: tuple[bool, bool]
    """Whether anything was recorded at the two moments."""


def difference(
    before: Tick, after: Tick, *, boot_time: float, spreads: Mapping[SeriesKey, float]
) -> Difference:
    """`boot_time` in seconds since the epoch; `spreads` are how far series usually stray."""
    fates = _fates(before, after, boot_time)
    return Difference(
        before=before.wall,
        after=after.wall,
        new=sum(fate is Fate.NEW for fate in fates.values()),
        gone=sum(fate is Fate.GONE for fate in fates.values()),
        resources=tuple(
            _resource(name, use, before.processes, after.processes, fates)
            for name, use in (("cpu", _cpu), ("memory", _memory), ("io", _io))
        ),
        moves=moves(before, after, spreads),
        known=(bool(before.families), bool(after.families)),
    )


def moves(
    before: Tick, after: Tick, spreads: Mapping[SeriesKey, float], limit: int = SHOWN
) -> tuple[Move, ...]:
    """What moved most, measured by what it usually does where that is known."""
    best: dict[str, Move] = {}
    for name, family in after.families.items():
        if is_counter(name) or name.endswith(_NO_MOVE):
            continue
        earlier = before.family(name)
        for labels, value in family.items():
            was = earlier.get(labels, nan)
            if not (isfinite(was) and isfinite(value)) or was == value:
                continue
            key = SeriesKey(name, labels)
            times = abs(value - was) / _usual(key, was, value, spreads)
            if name not in best or times > best[name].times:
                best[name] = Move(key, was, value, times)
    return tuple(sorted(best.values(), key=lambda move: (-move.times, move.key))[:limit])


def _usual(
    key: SeriesKey, before: float, after: float, spreads: Mapping[SeriesKey, float]
) -> float:
    floor = next(least for ending, least in _FLOORS if key.name.endswith(ending))
    return max(spreads.get(key, 0.0), floor, _RELATIVE * max(abs(before), abs(after)))


def _fates(before: Tick, after: Tick, boot_time: float) -> dict[ProcessKey, Fate]:
    was = {row.key for row in before.processes.rows}
    now = {row.key for row in after.processes.rows}
    pids = {key.pid for key in now}
    every = complete(after.processes)
    fates = dict.fromkeys(was & now, Fate.STAYED)
    for key in was - now:
        # A pid that is somebody else's by now was given up.
        fates[key] = Fate.GONE if every or key.pid in pids else Fate.UNSEEN
    for key in now - was:
        began = boot_time + key.start_time > before.wall - SLACK
        fates[key] = Fate.NEW if began else Fate.UNSEEN
    return fates


def complete(table: ProcessTable) -> bool:
    """Whether the table has every process there was; a recorded one has the busiest."""
    return bool(table.rows) and len(table.rows) >= sum(table.states.values())


Use = Callable[[ProcessTable, ProcessRow], float]


def _cpu(_table: ProcessTable, row: ProcessRow) -> float:
    return row.cpu


def _memory(_table: ProcessTable, row: ProcessRow) -> float:
    return float(row.rss)


def _io(table: ProcessTable, row: ProcessRow) -> float:
    detail = table.details.get(row.pid)
    total = detail.read_rate + detail.write_rate if detail is not None else nan
    return total if isfinite(total) else 0.0


def _resource(
    name: str,
    use: Use,
    before: ProcessTable,
    after: ProcessTable,
    fates: Mapping[ProcessKey, Fate],
) -> Resource:
    was = {row.key: (row, use(before, row)) for row in before.rows}
    now = {row.key: (row, use(after, row)) for row in after.rows}
    changes = {key: now.get(key, (None, 0.0))[1] - was.get(key, (None, 0.0))[1] for key in fates}
    whole = sum(map(abs, changes.values()))
    ranked = sorted(fates, key=lambda key: (-abs(changes[key]), key))
    return Resource(
        name,
        sum(used for _, used in was.values()),
        sum(used for _, used in now.values()),
        tuple(
            Mover(
                key,
                (now.get(key) or was[key])[0].name,
                _command(key, before, after),
                fates[key],
                was.get(key, (None, 0.0))[1],
                now.get(key, (None, 0.0))[1],
                abs(changes[key]) / whole,
            )
            for key in ranked[:SHOWN]
            if changes[key]
        ),
    )


def _command(key: ProcessKey, before: ProcessTable, after: ProcessTable) -> SafeText:
    for table in (after, before):
        detail = table.details.get(key.pid)
        if detail is not None and any(row.key == key for row in table.rows):
            return detail.command
    return SafeText("")
