"""The verdict of `sysmon-tui check`: every rule judged at once by what a short look has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import IntEnum
from math import isfinite
from typing import Any, NamedTuple

from sysmon_tui.alerts.conditions import Surroundings
from sysmon_tui.alerts.watch import Watch
from sysmon_tui.cli.figures import headline, ratios
from sysmon_tui.cli.look import Observed, look, unanswered
from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.model.culprit import culprit
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts, Status
from sysmon_tui.model.tick import Tick

NAMED = 3
"""Alerts spelled out in the first line."""
_UNQUOTABLE = str.maketrans("'=|", "___")
_BLIND = (Status.TIMEOUT, Status.ERROR, Status.STALE)


class Verdict(IntEnum):
    """Exit codes of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Health(NamedTuple):
    """What one look has found."""

    tick: Tick
    alerts: tuple[Alert, ...]
    """What every breached rule would fire, worst first."""
    doubts: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def verdict(self) -> Verdict:
        worst = max((alert.severity for alert in self.alerts), default=Severity.OK)
        if worst >= Severity.WARNING:
            return Verdict.CRITICAL if worst is Severity.CRITICAL else Verdict.WARNING
        return Verdict.UNKNOWN if self.doubts else Verdict.OK


def examine(
    monitor: Observed, interval: float, pause: Callable[[float], None], doubts: Iterable[str] = ()
) -> Health:
    """Look, judge and let go of the monitor. `doubts` are added to those of the look."""
    try:
        ticks = look(monitor, interval, pause)
    finally:
        monitor.stop()
    found = (*doubts, *monitor.notices, *_unseen(ticks[-1]))
    return Health(ticks[-1], judge(monitor.rules, ticks), found)


def judge(rules: Iterable[Rule], ticks: Sequence[Tick]) -> tuple[Alert, ...]:
    """The alerts of rules stripped of everything that waits, worst first."""
    stripped = [_at_once(rule) for rule in rules]
    around = Surroundings(stripped)
    watches: dict[str, Watch] = {}
    for rule in stripped:
        watches[rule.name] = Watch(rule, around, watches)
    for tick in ticks:
        around.feed(tick.families, tick.wall)
        for watch in watches.values():
            watch.judge(tick.families, tick.wall, tick.mono, [])
    alerts = [
        alert
        for watch in watches.values()
        for alert in watch.alerts.values()
        if alert.state is State.FIRING
    ]
    return tuple(sorted(alerts, key=lambda alert: (-alert.severity, alert.rule, alert.labels)))


def _at_once(rule: Rule) -> Rule:
    """Without hold, hysteresis and average: the newest figure alone decides."""
    levels = tuple(replace(level, hold=0.0, clear=level.threshold) for level in rule.levels)
    rule = replace(rule, levels=levels, keep_firing=0.0, latch=False)
    return replace(rule, measure="", over=0.0) if rule.instant else rule


def _unseen(tick: Tick) -> Iterator[str]:
    """Collectors that should have figures and have none. Denied or unsupported is no news."""
    for state in tick.collectors:
        if state.status in _BLIND:
            yield f"{state.name}: {state.note or state.status}"
    for state in unanswered(tick):
        yield f"{state.name}: no answer"


def report(health: Health) -> Iterator[str]:
    """The lines of the plugin output; the first carries the verdict."""
    tick = health.tick
    performance = " ".join(_performance(tick))
    yield f"{health.verdict.name} - {_unpiped(_sentence(health))} | {performance}"
    for alert in health.alerts:
        cause = culprit(tick, alert.resource)
        who = f" <- {cause}" if cause else ""
        yield _unpiped(f"{alert.severity.name} {alert.rule}: {_spoken(alert)}{who}")
    for doubt in health.doubts:
        yield _unpiped(f"UNKNOWN {doubt}")


def _sentence(health: Health) -> str:
    if health.alerts:
        rest = len(health.alerts) - NAMED
        more = [f"{rest} more"] if rest > 0 else []
        return "; ".join([*map(_spoken, health.alerts[:NAMED]), *more])
    if health.doubts:
        return "; ".join(health.doubts[:NAMED])
    return ", ".join(figure.text for figure in headline(health.tick))


def _spoken(alert: Alert) -> str:
    return alert.summary or alert.rule


def _unpiped(text: str) -> str:
    """A pipe would begin the performance data."""
    return text.replace("|", "/")


def _performance(tick: Tick) -> Iterator[str]:
    """`'filesystem /var'=93.1%;;;0;100`, and so on; what is not known is left out."""
    for figure in ratios(tick):
        name = " ".join(part for part in (figure.name, figure.subject) if part)
        yield f"'{name.translate(_UNQUOTABLE)}'={figure.value * 100.0:.1f}%;;;0;100"
    load = tick.value("node_load1")
    if isfinite(load):
        yield f"'load1'={load:.2f};;;0"


def as_object(health: Health, host: HostFacts) -> dict[str, Any]:
    """The same as plain values, for `--json`."""
    tick = health.tick
    return {
        "status": health.verdict.name,
        "code": int(health.verdict),
        "host": host.hostname,
        "time": tick.wall,
        "summary": _sentence(health),
        "alerts": [_alert_object(alert, tick) for alert in health.alerts],
        "unknown": list(health.doubts),
        "figures": [figure._asdict() for figure in ratios(tick)],
    }


def _alert_object(alert: Alert, tick: Tick) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "fingerprint": alert.fingerprint,
        "severity": alert.severity.word,
        "labels": dict(alert.labels),
        "value": alert.value,
        "summary": alert.summary,
        "runbook": alert.runbook,
        "culprit": culprit(tick, alert.resource),
    }
