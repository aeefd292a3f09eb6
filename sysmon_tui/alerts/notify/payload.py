"""A message as others read it: Alertmanager's webhook JSON, and lines for people.

The JSON follows Alertmanager's webhook receiver, version "4"
(prometheus.io/docs/alerting/latest/configuration/#webhook_config).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.message import Message

NEVER = "0001-01-01T00:00:00Z"
"""Alertmanager's end of what has not ended: Go's zero time."""


def stamp(moment: float | None) -> str:
    """Seconds since the epoch in RFC 3339, UTC, with milliseconds."""
    if moment is None:
        return NEVER
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def labels_of(alert: Alert, host: str) -> dict[str, str]:
    """Its labels with what Alertmanager calls it by; an `instance` of its own stays."""
    own = {name: value for name, value in alert.labels if value}
    return {"instance": host, **own, "alertname": alert.rule, "severity": alert.severity.word}


def annotations_of(event: AlertEvent) -> dict[str, str]:
    alert = event.alert
    found = {"summary": str(alert.summary), "runbook": alert.runbook}
    if alert.ack is not None:
        found["acknowledged_by"] = str(alert.ack.by)
        found["acknowledged_note"] = str(alert.ack.note)
    return {name: text for name, text in found.items() if text}


def webhook_body(message: Message) -> dict[str, Any]:
    alerts = [_alert(event, message.host) for event in message.events]
    rule = {"alertname": message.rule} if message.rule else {}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{message.rule}"}}',
        "truncatedAlerts": max(0, message.total - len(alerts)),
        "status": "resolved" if message.status == "resolved" else "firing",
        "receiver": message.receiver,
        "groupLabels": rule,
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": "",
        "alerts": alerts,
    }


def _alert(event: AlertEvent, host: str) -> dict[str, Any]:
    alert = event.alert
    resolved = event.kind == "resolved"
    began = alert.since if alert.fired_at is None else alert.fired_at
    return {
        "status": "resolved" if resolved else "firing",
        "labels": labels_of(alert, host),
        "annotations": annotations_of(event),
        "startsAt": stamp(began),
        "endsAt": stamp((alert.resolved_at or event.at) if resolved else None),
        "generatorURL": "",
        "fingerprint": alert.fingerprint,
    }


def _common(tables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not tables:
        return {}
    first, *others = tables
    return {
        name: text
        for name, text in first.items()
        if all(other.get(name) == text for other in others)
    }


def full_body(message: Message) -> dict[str, Any]:
    """The webhook's JSON with what only we know: for programs and logs."""
    return {
        **webhook_body(message),
        "id": message.id,
        "at": stamp(message.at),
        "host": message.host,
        "title": title(message),
        "counts": {
            "firing": message.firing,
            "resolved": message.resolved,
            "acknowledged": message.acknowledged,
        },
    }


def title(message: Message) -> str:
    """One line: `CRITICAL FilesystemFull on web1: /srv is 98 % full`."""
    word = message.severity.word if message.status == "firing" else message.status
    subject = message.rule or f"{message.total} alerts"
    if message.total == 1 and message.events:
        said = message.events[0].alert.summary or _labels(message.events[0].alert)
    else:
        said = _counts(message)
    return f"{word.upper()} {subject} on {message.host}" + (f": {said}" if said else "")


def text(message: Message) -> str:
    """A line for each alert the message carries, and the rule's runbook."""
    lines = [_line(event) for event in message.events]
    if left := message.total - len(lines):
        lines.append(f"... and {left} more")
    runbooks = dict.fromkeys(event.alert.runbook for event in message.events)
    lines += [f"\n{runbook}" for runbook in runbooks if runbook]
    return "\n".join(lines) + "\n"


def _line(event: AlertEvent) -> str:
    alert = event.alert
    word = event.kind if event.kind in ("resolved", "acknowledged") else alert.severity.word
    said = " ".join(filter(None, (alert.summary, _labels(alert))))
    by = f", {alert.ack.by} has it" if alert.ack else ""
    since = stamp(alert.since)[:19].replace("T", " ")
    return f"{word.upper()} {alert.rule}: {said} (since {since} UTC{by})"


def _labels(alert: Alert) -> str:
    return ", ".join(f"{name}={value}" for name, value in alert.labels)


def _counts(message: Message) -> str:
    counted = (
        (message.firing, "firing"),
        (message.acknowledged, "acknowledged"),
        (message.resolved, "resolved"),
    )
    return ", ".join(f"{count} {word}" for count, word in counted if count)
