"""Recorded history through a rule, for `sysmon-tui rules backtest`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

from sysmon_tui.alerts.backtest import Backtest, Taken, Toll, asked_for, compare, taken
from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.conditions.baseline import Baseline, recorded
from sysmon_tui.cli.rules_list import spelled
from sysmon_tui.cli.rules_read import labels_of
from sysmon_tui.collectors.registry import COLLECTORS
from sysmon_tui.model import units
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.rule import Rule
from sysmon_tui.monitor.replay import replay
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings import current
from sysmon_tui.storage import open_ledger, open_past

SHORT = 10_800.0
"""Seconds up to which every reading is replayed."""
COARSE = 10.0
EVENTS = 10_000
NAMED = 10
"""Series named in the report."""


class Replayed(NamedTuple):
    rule: Rule
    changed: Rule
    since: float
    before: Backtest
    after: Backtest
    """The same as `before` where nothing was changed."""


def replayed(rules: Sequence[Rule], rule: Rule, changed: Rule, since: float) -> Replayed:
    """The last `since` seconds through the rule as it is and as it would be.

    `rules` are all that are in force, for a rule that asks for another.
    """
    from sysmon_tui.cli.places import chosen_dirs

    settings, state = current.settings(), chosen_dirs().state
    url, interval = settings.storage.url, settings.collection.interval
    now = time.time()
    step = interval if since <= SHORT else max(interval, COARSE)
    past = open_past(url, state=state, derive=derive)
    batches = past.read(now - since, now, collectors=frozenset(COLLECTORS), step=step)
    moments = ((tick.wall, tick.mono, tick.families) for tick in replay(batches, step))
    acknowledged = taken(open_ledger(url, state=state).history(EVENTS), rule.name)
    variants = (rule,) if changed == rule else (rule, changed)
    found = compare(
        variants,
        moments,
        acknowledged,
        beside=asked_for(rule, rules),
        usual=Baseline((rule,), recorded(lambda: past), lambda read: read()),
        external=labels_of(settings),
    )
    if not found[0].judged:
        raise SysmonError(
            f"nothing was recorded of {' or '.join(sorted({*metrics(rule)}))}"
            f" in the last {units.duration(since)}",
            "Let sysmon-tui run for a while, or look back further with --since",
        )
    return Replayed(rule, changed, since, found[0], found[-1])


def report(found: Replayed) -> Iterator[str]:
    rule, changed, after = found.rule, found.changed, found.after
    yield (
        f"{rule.name}, {_date(after.start)} to {_date(after.end)}, "
        f"{units.duration(after.seen)} of it recorded"
    )
    if changed != rule:
        yield f"as it is:  {_levels(rule)}: {_sum(found.before)}"
        yield f"changed:   {_levels(changed)}: {_sum(after)}"
    else:
        yield f"{_levels(rule)}: {_sum(after)}"
    for toll in after.tolls[:NAMED]:
        yield f"  {_toll(toll)}"
    if len(after.tolls) > NAMED:
        yield f"  and {len(after.tolls) - NAMED} more series"
    yield f"acknowledged: {len(after.taken)}, missed: {len(after.missed)}"
    for one in after.missed:
        yield f"  {_date(one.at)} by {one.by}: {one.severity.word} {_series(one.labels)}"


def _levels(rule: Rule) -> str:
    return "; ".join(f"{level.severity.word} {spelled(rule, level)}" for level in rule.levels)


def _sum(of: Backtest) -> str:
    if not of.fired:
        return "never fired"
    times = "once" if of.fired == 1 else f"{of.fired} times"
    return (
        f"fired {times}, {units.duration(of.seconds)} in total, "
        f"{units.duration(of.longest)} at the longest"
    )


def _toll(toll: Toll) -> str:
    return (
        f"{_series(toll.labels)}: {toll.fired}x, {units.duration(toll.seconds)}, "
        f"longest {units.duration(toll.longest)}, {toll.worst.word}"
    )


def _series(labels: tuple[tuple[str, str], ...]) -> str:
    return str(SeriesKey("", labels)) or "the machine"


def _date(wall: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall))


def as_object(found: Replayed) -> dict[str, Any]:
    """The same as plain values, for `--json`; times in seconds."""
    return {
        "rule": found.rule.name,
        "since": found.since,
        "as_it_is": {"levels": _levels(found.rule), **_object(found.before)},
        "changed": {"levels": _levels(found.changed), **_object(found.after)}
        if found.changed != found.rule
        else None,
    }


def _object(of: Backtest) -> dict[str, Any]:
    return {
        "start": of.start,
        "end": of.end,
        "recorded": of.seen,
        "fired": of.fired,
        "seconds": of.seconds,
        "longest": of.longest,
        "series": [
            {
                "labels": dict(toll.labels),
                "fired": toll.fired,
                "seconds": toll.seconds,
                "longest": toll.longest,
                "worst": toll.worst.word,
            }
            for toll in of.tolls
        ],
        "acknowledged": [_taken(one) for one in of.taken],
        "missed": [_taken(one) for one in of.missed],
    }


def _taken(one: Taken) -> dict[str, Any]:
    return {
        "labels": dict(one.labels),
        "severity": one.severity.word,
        "since": one.since,
        "until": one.until if isfinite(one.until) else None,
        "at": one.at,
        "by": one.by,
    }
