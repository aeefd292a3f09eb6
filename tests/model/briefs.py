"""Alerts and a brief of a bad night, for the tests of what is told of it."""

from __future__ import annotations

from typing import Any

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, State
from sysmon_tui.model.brief import Brief, Consumer, Growth, NewPort, Story, UnitNews
from sysmon_tui.model.metric import labels
from sysmon_tui.model.standing import Port, Space
from sysmon_tui.model.text import NO_TEXT, clean

GIB = float(1 << 30)
NOW = 1_774_494_180.0
"""2026-03-26 03:03:00 UTC, a Thursday."""
HOUR = 3600.0


def alert(name: str, state: State = State.FIRING, **changes: Any) -> Alert:
    known: dict[str, Any] = {
        "fingerprint": name,
        "rule": name,
        "labels": labels(mountpoint="/var"),
        "severity": Severity.WARNING,
        "value": 0.9,
        "worst": 0.9,
        "since": NOW - 2 * HOUR,
        "fired_at": NOW - 2 * HOUR,
        "summary": clean(f"{name} it is"),
    }
    return Alert(state=state, **{**known, **changes})


def event(hours_ago: float, kind: str, of: Alert, actor: str = "") -> AlertEvent:
    return AlertEvent(NOW - hours_ago * HOUR, kind, of, clean(actor))


def taken(by: str, note: str = "") -> Acknowledgement:
    return Acknowledgement(clean(by), NOW - HOUR, clean(note))


def story(name: str, severity: Severity, **changes: Any) -> Story:
    plain = Story(
        fingerprint=name,
        rule=name,
        labels=(),
        severity=severity,
        summary=clean(f"{name} it is"),
        firing=True,
        began=NOW - 2 * HOUR,
        ended=float("nan"),
        times=1,
        hands=(),
        note=NO_TEXT,
        muted=NO_TEXT,
        unseen=False,
    )
    return plain._replace(**changes)


def bad_night() -> Brief:
    return Brief(
        host="db-7",
        since=NOW - 9 * HOUR,
        until=NOW,
        looked=True,
        stories=(
            story("Full", Severity.CRITICAL, summary=clean("/var is 97% full")),
            story(
                "Swap",
                Severity.WARNING,
                summary=clean("75% of swap is used"),
                hands=(clean("ann"),),
                note=clean("asked the analysts"),
            ),
            story(
                "Busy",
                Severity.WARNING,
                summary=clean("CPU was busy for long"),
                firing=False,
                began=NOW - 5 * HOUR,
                ended=NOW - 4.5 * HOUR,
                times=3,
                unseen=True,
            ),
        ),
        boots=(NOW - 6 * HOUR,),
        oom_kills=2,
        units=(
            UnitNews("nginx.service", failed=True, restarts=0),
            UnitNews("app.service", failed=False, restarts=4),
            UnitNews("cron.service", failed=False, restarts=0),
        ),
        growth=(Growth("/var", 12 * GIB, Space(186 * GIB, 200 * GIB), 10.5 * HOUR),),
        ports=(NewPort(Port("tcp", "0.0.0.0", 8080), "python3 (4113)"),),
        cpu=(Consumer("python3", 4113, 8040.0), Consumer("postgres", 50, 1860.0)),
        memory=(Consumer("postgres", 50, 3 * GIB),),
    )
