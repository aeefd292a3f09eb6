"""What `sysmon-tui report` prints, from the store and the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sysmon_tui.analysis import page, text
from sysmon_tui.analysis.document import headline, sections
from sysmon_tui.analysis.report import Anomaly, Line, Report, report_of
from sysmon_tui.cli.alerts_read import iso
from sysmon_tui.cli.past import the_past
from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.text import SafeText, clean_name
from sysmon_tui.settings import current
from sysmon_tui.storage import open_ledger

EVENTS = 100_000


def read(url: str | None, start: float, end: float) -> tuple[Report, SafeText]:
    """Raises `SysmonError` where nothing was recorded."""
    past = the_past(url)
    ledger = open_ledger(current.settings().storage.url, state=chosen_dirs().state)
    # Another history has another machine's figures, and its alerts are not here.
    events = ledger.history(EVENTS)[::-1] if url is None else ()
    report = report_of(past, events, start, end)
    if not report.lines and not report.alerts:
        raise SysmonError(
            f"nothing was recorded from {iso(start)} to {iso(end)}",
            "Let sysmon-tui run for a while, or look back further with --since",
        )
    return report, clean_name(os.uname().nodename if url is None else url)


def lines(report: Report, host: str, form: str) -> Iterator[str]:
    made = {"terminal": text.terminal, "markdown": text.markdown, "html": page.page}[form]
    return made(host, headline(report, clock), sections(report, clock))


def clock(at: float) -> str:
    """Local, to the minute."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"


def as_object(report: Report, host: str) -> dict[str, Any]:
    """Plain values; times in ISO 8601, durations in seconds."""
    return {
        "host": host,
        "start": iso(report.start),
        "end": iso(report.end),
        "span_seconds": report.span,
        "recorded": report.recorded,
        "figures": [_line(line) for line in report.lines],
        "control_groups": [_line(line) for line in report.groups],
        "busiest_hours": [
            {**_series(hour.line), "start": iso(hour.start), "mean": hour.mean}
            for hour in report.hours
        ],
        "unusual": [_anomaly(one) for one in report.anomalies],
        "programs": [asdict(one) for one in report.consumers],
        "alerts": [asdict(one) for one in report.alerts],
    }


def _series(line: Line) -> dict[str, Any]:
    return {"metric": line.key.name, "labels": dict(line.key.labels)}


def _line(line: Line) -> dict[str, Any]:
    p50, p95, p99 = line.quantiles
    forecast = line.forecast
    return {
        **_series(line),
        "title": line.subject.title,
        "mean": line.mean,
        "p50": p50,
        "p95": p95,
        "p99": p99,
        "greatest": line.greatest,
        "greatest_at": iso(line.greatest_at),
        "seconds_to_full": None if forecast is None else forecast._asdict(),
    }


def _anomaly(one: Anomaly) -> dict[str, Any]:
    return {
        **_series(one.line),
        "start": iso(one.start),
        "end": iso(one.end),
        "value": one.value,
        "score": one.score,
    }
