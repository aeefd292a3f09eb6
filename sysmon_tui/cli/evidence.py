"""The evidence of an alert as lines and as JSON, for `alerts show`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from sysmon_tui.cli.alerts_read import aligned, iso
from sysmon_tui.model import units
from sysmon_tui.model.evidence import Evidence, Group, Log, Stall, Suspect, Trace
from sysmon_tui.model.summary import UNITS

_MARKS = "▁▂▃▄▅▆▇█"
_COLUMNS = 45
"""Columns of a series: each shows two samples."""


def evidence_lines(evidence: Evidence) -> list[str]:
    """Everything of it, worst first, each part under a title."""
    lines = [f"EVIDENCE  {iso(evidence.at)}  {evidence.severity.word}"]
    if evidence.culprit:
        lines.append(f"Culprit       {evidence.culprit}")
    return [
        *lines,
        *_part("Processes", _process_rows(evidence.processes)),
        *_part("Waiting for a device", _waiting_rows(evidence.waiting)),
        *_part("Control groups", _group_rows(evidence.groups)),
        *_part("Pressure over 10 s, 60 s, 300 s", _pressure_rows(evidence.pressure)),
        *_part("Fifteen minutes", [_trace_row(trace) for trace in evidence.traces]),
        *(line for log in evidence.logs for line in _log_lines(log)),
    ]


def _part(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    return ["", title, *(f"  {line}" for line in aligned(rows))] if rows else []


def _process_rows(processes: Iterable[Suspect]) -> list[Sequence[str]]:
    rows = [
        (
            str(one.pid),
            one.user,
            one.state,
            units.percent(one.cpu),
            units.size(one.rss),
            units.rate(one.read_rate),
            units.rate(one.write_rate),
            one.command or one.name,
        )
        for one in processes
    ]
    return [("PID", "USER", "S", "CPU", "MEM", "READ", "WRITE", "COMMAND"), *rows] if rows else []


def _waiting_rows(waiting: Iterable[Suspect]) -> list[Sequence[str]]:
    return [(str(one.pid), one.user, one.waits_in, one.command or one.name) for one in waiting]


def _group_rows(groups: Iterable[Group]) -> list[Sequence[str]]:
    return [
        (units.percent(one.cpu), units.size(one.memory), units.rate(one.io), one.name)
        for one in groups
    ]


def _pressure_rows(pressure: Iterable[Stall]) -> list[Sequence[str]]:
    return [
        (one.resource, one.kind, *map(units.percent, (one.short, one.minute, one.long)))
        for one in pressure
    ]


def _trace_row(trace: Trace) -> Sequence[str]:
    spell = UNITS.get(trace.unit, units.number)
    known = [value for value in trace.values if value == value]
    low, high, last = min(known), max(known), known[-1]
    return (
        trace.title,
        _curve(trace.values, high),
        f"last {spell(last)}  min {spell(low)}  max {spell(high)}",
    )


def _curve(values: Sequence[float], high: float) -> str:
    """The greater of two samples in each column; a blank where nothing is known."""
    pairs = [values[at : at + 2] for at in range(0, len(values), 2)][-_COLUMNS:]
    return "".join(_mark([value for value in pair if value == value], high) for pair in pairs)


def _mark(known: Sequence[float], high: float) -> str:
    if not known:
        return " "
    share = max(known) / high if high > 0.0 else 0.0
    return _MARKS[min(len(_MARKS) - 1, max(0, int(share * len(_MARKS))))]


def _log_lines(log: Log) -> list[str]:
    title = f"Last lines of the {'kernel' if log.source == 'kernel' else 'journal'}"
    note = [f"  {log.note}"] if log.note else []
    dated = [f"  {units.clock(one.at)}  {one.text}" for one in log.lines]
    return ["", title, *dated, *note]


def evidence_object(evidence: Evidence) -> dict[str, Any]:
    """Everything of it; times of the alert as ISO 8601, all others in seconds since the epoch."""
    whole: dict[str, Any] = msgspec.to_builtins(evidence)
    return whole | {
        "at": iso(evidence.at),
        "severity": evidence.severity.word,
        "labels": dict(evidence.labels),
    }
