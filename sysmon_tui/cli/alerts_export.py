"""Everything the ledger holds, for other programs: JSON lines, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sysmon_tui.cli.alerts_read import as_object, event_object, known, silence_object
from sysmon_tui.cli.output import finite
from sysmon_tui.model.ports import AlertLedger

EVENTS = 10_000
BATCH = 200
"""Lines printed at once."""
COLUMNS = (
    "record",
    "at",
    "kind",
    "actor",
    "fingerprint",
    "rule",
    "labels",
    "state",
    "unseen",
    "severity",
    "value",
    "worst",
    "since",
    "fired_at",
    "resolved_at",
    "summary",
    "muted",
    "acknowledged_by",
    "acknowledged_at",
    "note",
    "shelved_by",
    "shelved_until",
    "id",
    "matchers",
    "by",
    "until",
    "origin",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell (OWASP, CSV injection)."""


def records(ledger: AlertLedger, now: float) -> Iterator[dict[str, Any]]:
    """Every alert, event (oldest first) and silence; `record` says which. Raises `StoreError`."""
    for alert in known(ledger, now):
        yield {"record": "alert", **as_object(alert)}
    for event in reversed(ledger.history(EVENTS)):
        yield {"record": "event", **event_object(event)}
    for silence in ledger.silences():
        yield {"record": "silence", **silence_object(silence)}


def json_lines(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for record in found:
        yield json.dumps(finite(record), ensure_ascii=False, separators=(",", ":"), default=str)


def csv_lines(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A heading and a row for each record; text that would be a formula begins with `'`."""
    for row in (dict(zip(COLUMNS, COLUMNS, strict=True)), *map(_flat, found)):
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(_cell(row.get(name)) for name in COLUMNS)
        yield written.getvalue()


def batches(lines: Iterable[str]) -> Iterator[str]:
    """The lines joined to texts of some hundred each."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == BATCH:
            yield "\n".join(waiting)
            waiting.clear()
    if waiting:
        yield "\n".join(waiting)


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """One level deep: an event's alert beside the event, who has it in columns of its own."""
    flat = {**record.get("alert", {}), **record}
    ack, shelf = flat.get("acknowledged") or {}, flat.get("shelved") or {}
    flat.setdefault("note", ack.get("note"))
    return {
        **flat,
        "labels": ",".join(f"{name}={value}" for name, value in flat.get("labels", {}).items()),
        "matchers": ", ".join(flat.get("matchers", ())),
        "acknowledged_by": ack.get("by"),
        "acknowledged_at": ack.get("at"),
        "shelved_by": shelf.get("by"),
        "shelved_until": shelf.get("until"),
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return f"{value:.10g}" if isinstance(value, float) else str(value).lower()
