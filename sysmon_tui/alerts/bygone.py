"""Which alerts held at a moment of the past, by what the ledger kept of them.

`monitor.lookback` asks. Nothing is judged anew: an alert is as its last event before that moment
left it, with whoever had it then.
"""

from __future__ import annotations

from collections.abc import Iterable

from sysmon_tui.alerts.board import urgency
from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.transition import RESOLVED_FOR


def held(events: Iterable[AlertEvent], at: float) -> tuple[Alert, ...]:
    """Pending, firing and lately resolved at `at` (seconds since the epoch), worst first.

    `events` come oldest first.
    """
    last = {event.alert.fingerprint: event.alert for event in events if event.at <= at}
    return tuple(sorted((alert for alert in last.values() if _stands(alert, at)), key=urgency))


def _stands(alert: Alert, at: float) -> bool:
    if alert.state is State.RESOLVED and alert.resolved_at is not None:
        return at - alert.resolved_at < RESOLVED_FOR
    return alert.active
