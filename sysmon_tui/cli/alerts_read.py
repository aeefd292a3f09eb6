"""The alerts of this machine as its ledger has them, found by what a person types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sysmon_tui.alerts.board import urgency
from sysmon_tui.alerts.mute import Mutes
from sysmon_tui.cli.start import open_settings
from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.ports import AlertLedger, Ledger
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT
from sysmon_tui.storage import open_ledger

HISTORY = 10_000
"""Events the ledger keeps."""
SHORTEST = 4
"""Digits of a fingerprint that are enough, where they are enough to tell it from others."""


def the_ledger() -> Ledger:
    """Raises `SysmonError` where alerts are kept by nobody else than the program itself."""
    loaded, dirs = open_settings()
    url = loaded.settings.storage.url
    if url.startswith("memory:"):
        raise SysmonError(
            "alerts are kept in the memory of the program that runs",
            "Set storage.url to sqlite:",
        )
    return open_ledger(url, state=dirs.state)


def known(ledger: AlertLedger, now: float) -> list[Alert]:
    """Every alert with what mutes it now, in the order of the screen."""
    mutes = Mutes(())
    mutes.silences = ledger.silences()
    alerts = ledger.load()
    reasons = mutes.reasons(alerts, now)
    muted = (replace(alert, muted=reasons.get(alert.fingerprint, NO_TEXT)) for alert in alerts)
    return sorted(muted, key=urgency)


def ever_known(ledger: AlertLedger, now: float) -> list[Alert]:
    """`known`, then those that the history alone remembers, as they were in the end."""
    found = {alert.fingerprint: alert for alert in known(ledger, now)}
    for event in ledger.history(HISTORY):
        found.setdefault(event.alert.fingerprint, event.alert)
    return list(found.values())


def choose(
    alerts: Sequence[Alert], prefixes: Sequence[str], rule: str, *, every: bool
) -> list[Alert]:
    """Those named by the beginning of a fingerprint, by their rule, or all.

    Raises `SysmonError` for a name that is none or that is not enough to tell.
    """
    if every or rule:
        return [alert for alert in alerts if every or alert.rule == rule]
    if not prefixes:
        raise SysmonError("no alert is named", "Give a fingerprint, --rule NAME or --all")
    return [_named(alerts, prefix) for prefix in prefixes]


def _named(alerts: Sequence[Alert], prefix: str) -> Alert:
    found = [alert for alert in alerts if alert.fingerprint.startswith(prefix.lower())]
    if len(prefix) < SHORTEST or len(found) > 1:
        raise SysmonError(f"{prefix!r} could be several alerts", "Give more of the fingerprint")
    if not found:
        raise SysmonError(f"no alert is called {prefix!r}", "`sysmon-tui alerts list` names them")
    return found[0]


def holder(alert: Alert) -> str:
    """Who has it, else why nobody is called, as a person reads it."""
    if alert.ack is not None:
        return f"{alert.ack.by}: {alert.ack.note}" if alert.ack.note else alert.ack.by
    return alert.muted or ("nobody has it" if alert.state is State.FIRING else "")


def table(alerts: Sequence[Alert], now: float) -> list[str]:
    if not alerts:
        return ["no alerts"]
    rows = [("ALERT", "SEVERITY", "STATE", "AGE", "WHAT", "WHO")]
    for alert in alerts:
        age = units.duration(max(0.0, now - alert.since))
        what = alert.summary or alert.rule
        word = alert.severity.word
        name = alert.fingerprint[:8]
        rows.append((name, word, alert.word, age, what, holder(alert)))
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def history_lines(events: Sequence[AlertEvent]) -> list[str]:
    rows = [
        (
            iso(event.at),
            event.kind,
            event.alert.severity.word,
            str(SeriesKey(event.alert.rule, event.alert.labels)),
            f"by {event.actor}" if event.actor else "",
        )
        for event in events
    ]
    return aligned(rows) if rows else ["nothing happened yet"]


def silence_lines(silences: Sequence[Silence]) -> list[str]:
    rows = [
        (
            silence.id[:8],
            f"until {iso(silence.until)}",
            f"by {silence.by}",
            ", ".join(map(str, silence.matchers)),
            silence.note,
        )
        for silence in silences
    ]
    return aligned(rows) if rows else ["no silences"]


def iso(moment: float) -> str:
    """Local time with its offset, to the second."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).astimezone().isoformat(timespec="seconds")


def as_object(alert: Alert) -> dict[str, Any]:
    ack, shelf = alert.ack, alert.shelf
    return {
        "fingerprint": alert.fingerprint,
        "rule": alert.rule,
        "labels": dict(alert.labels),
        "state": alert.state.value,
        "unseen": alert.unseen,
        "severity": alert.severity.word,
        "value": alert.value,
        "worst": alert.worst,
        "since": iso(alert.since),
        "fired_at": None if alert.fired_at is None else iso(alert.fired_at),
        "resolved_at": None if alert.resolved_at is None else iso(alert.resolved_at),
        "summary": alert.summary,
        "runbook": alert.runbook,
        "muted": alert.muted,
        "acknowledged": ack and {"by": ack.by, "at": iso(ack.at), "note": ack.note},
        "shelved": shelf and {"by": shelf.by, "until": iso(shelf.until), "note": shelf.note},
    }


def event_object(event: AlertEvent) -> dict[str, Any]:
    return {
        "at": iso(event.at),
        "kind": event.kind,
        "actor": event.actor,
        "alert": as_object(event.alert),
    }


def silence_object(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": [str(matcher) for matcher in silence.matchers],
        "by": silence.by,
        "at": iso(silence.at),
        "until": iso(silence.until),
        "note": silence.note,
        "origin": silence.origin,
    }
