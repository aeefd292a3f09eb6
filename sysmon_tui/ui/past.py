"""The last day as one rule sees it: read once, then run through variants of the rule.

The tuning screen keeps one while it is open. Everything here may take seconds and is called on a
thread; `stale` tells it that nobody waits for the answer any longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import inf, nan

from sysmon_tui.alerts.backtest import Backtest, Moment, Nowhere, Taken, backtest, taken
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.ui.source import Source

DAY = 86_400.0
STEP = 10.0
"""Seconds between the moments that are looked at, as `rules backtest` has it for a day."""
EVENTS = 10_000
LOOK_UP = 64
"""Moments after which it asks whether somebody still waits."""

Stale = Callable[[], bool]


class Abandoned(Exception):
    """Nobody waits for this any longer."""


class Past:
    def __init__(self, rule: Rule, moments: Sequence[Moment], acknowledged: Sequence[Taken]):
        self._moments = moments
        self._acknowledged = acknowledged
        self._rule = rule

    @classmethod
    def read(cls, source: Source, rule: Rule, stale: Stale, seconds: float = DAY) -> Past:
        """What was recorded of what the rule looks at; nothing else is kept.

        Raises `Abandoned`, `StoreError`, `OSError`.
        """
        wanted = {rule.metric, rule.of}
        wanted |= {bound.metric for level in rule.levels for bound in level.bounds}
        moments: list[Moment] = []
        ticks = source.recorded(seconds, max(STEP, source.interval), wanted)
        for number, tick in enumerate(ticks):
            if number % LOOK_UP == 0 and stale():
                raise Abandoned
            kept = {name: tick.families[name] for name in wanted if name in tick.families}
            moments.append((tick.wall, tick.mono, kept))
        return cls(rule, moments, taken(source.happened(EVENTS), rule.name))

    def run(self, rule: Rule, stale: Stale) -> Backtest:
        """What this variant would have done. Raises `Abandoned`."""
        return backtest(rule, self._still_wanted(stale), self._acknowledged)

    def worst(self, buckets: int, stale: Stale) -> list[float]:
        """The worst value of any series in each of so many equal parts of the time, NaN for none.

        A value is what the rule holds against its thresholds: averaged, divided, summed up. A
        level that every value breaches makes the engine say what each of them comes to.
        Raises `Abandoned`.
        """
        rule = self._rule
        every = -inf if rule.op.upward else inf
        probe = replace(
            rule, levels=(Level(Severity.INFO, every, every),), latch=False, keep_firing=0.0
        )
        engine = Engine((probe,), Nowhere())
        worse = max if rule.op.upward else min
        found = [nan] * buckets
        for wall, mono, families in self._still_wanted(stale):
            alerts, _ = engine.judge(families, wall, mono)
            values = [alert.value for alert in alerts if alert.active]
            if values:
                place = self._bucket(wall, buckets)
                value = worse(values)
                found[place] = value if found[place] != found[place] else worse(found[place], value)
        return _bridged(found, len(self._moments))

    @property
    def seconds(self) -> float:
        """From the first moment to the last."""
        return self._moments[-1][0] - self._moments[0][0] if self._moments else 0.0

    def _bucket(self, wall: float, buckets: int) -> int:
        share = (wall - self._moments[0][0]) / (self.seconds or 1.0)
        return max(0, min(buckets - 1, int(share * buckets)))

    def _still_wanted(self, stale: Stale) -> Iterator[Moment]:
        for number, moment in enumerate(self._moments):
            if number % LOOK_UP == 0 and stale():
                raise Abandoned
            yield moment


def _bridged(found: list[float], moments: int) -> list[float]:
    """Where there are fewer moments than buckets, each stands until the next one."""
    if not 0 < moments < len(found):
        return found
    reach = len(found) // moments + 1
    bridged = list(found)
    for index, value in enumerate(found):
        if value == value:
            for after in range(index + 1, min(index + 1 + reach, len(found))):
                if found[after] == found[after]:
                    break
                bridged[after] = value
    return bridged
