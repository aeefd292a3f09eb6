"""Silences as Alertmanager writes them, ours there and theirs here. Pure; `mirror` calls it.

Ours carry a mark in their comment: whose alert, and when it was taken. So one that somebody ended
there is known and not made again, by this run or the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sysmon_tui.alerts.notify.payload import labels_of, stamp
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean, clean_name

ORIGIN = "alertmanager"
ENDLESS = 30 * 86400.0
"""Seconds a silence for an acknowledged alert lasts: it ends with the acknowledgement before."""

_MARK = re.compile(r"\[sysmon-tui ([^\s\]]+) ([0-9a-f]{16}) ([a-z]+) (\d+)\]$")
_OPS = {
    (True, False): MatchOp.EQUAL,
    (False, False): MatchOp.NOT_EQUAL,
    (True, True): MatchOp.LIKE,
    (False, True): MatchOp.UNLIKE,
}


class Mark(NamedTuple):
    """Which of our acts a silence stands for."""

    host: str
    fingerprint: str
    act: str
    """`ack` or `shelf`."""
    at: int

    def __str__(self) -> str:
        return f"[sysmon-tui {self.host} {self.fingerprint} {self.act} {self.at}]"


def mark_of(silence: Mapping[str, Any]) -> Mark | None:
    found = _MARK.search(str(silence.get("comment", "")))
    return Mark(found[1], found[2], found[3], int(found[4])) if found else None


def wanted(alerts: Iterable[Alert], host: str, now: float) -> dict[Mark, dict[str, Any]]:
    """What should be silent there: what somebody has, and what is shelved."""
    found = {}
    for alert in alerts:
        ack, shelf = alert.ack, alert.shelf
        if ack is not None:
            mark = Mark(word_of(host), alert.fingerprint, "ack", int(ack.at))
            found[mark] = _silence(alert, host, mark, str(ack.by), str(ack.note), now, ENDLESS)
        if shelf is not None and shelf.until > now:
            mark = Mark(word_of(host), alert.fingerprint, "shelf", int(shelf.at))
            left = shelf.until - now
            found[mark] = _silence(alert, host, mark, str(shelf.by), str(shelf.note), now, left)
    return found


def _silence(
    alert: Alert, host: str, mark: Mark, by: str, note: str, now: float, seconds: float
) -> dict[str, Any]:
    labels = labels_of(alert, host)
    # Not its severity: that changes, and whoever has it has it at a milder one too.
    del labels["severity"]
    return {
        "matchers": [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in sorted(labels.items())
        ],
        "startsAt": stamp(now),
        "endsAt": stamp(now + seconds),
        "createdBy": by or "sysmon-tui",
        "comment": f"{note} {mark}".strip(),
    }


def ended(silence: Mapping[str, Any]) -> bool:
    status = silence.get("status")
    return isinstance(status, dict) and status.get("state") == "expired"


def theirs(silence: Mapping[str, Any], host: str) -> Silence | None:
    """As we know silences; None where it is ours, is for others, or cannot be read.

    Our alerts have no label `instance` here, so a matcher on it is settled at once.
    """
    if mark_of(silence) is not None:
        return None
    try:
        matchers = [_matcher(item) for item in silence["matchers"]]
        elsewhere = [item for item in matchers if item.name == "instance"]
        if not matchers or not all(item.agrees(host) for item in elsewhere):
            return None
        rest = [item for item in matchers if item.name != "instance"]
        return Silence(
            id=clean(str(silence["id"]), 64),
            # Without a matcher it would cover nothing; it said every alert of this host.
            matchers=tuple(rest) or (Matcher("alertname", MatchOp.LIKE, ".*"),),
            by=clean_name(str(silence.get("createdBy", ""))),
            at=_moment(silence["startsAt"]),
            until=_moment(silence["endsAt"]),
            note=clean(str(silence.get("comment", "")), 500),
            origin=ORIGIN,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _matcher(item: Mapping[str, Any]) -> Matcher:
    op = _OPS[item.get("isEqual", True) is not False, item["isRegex"] is True]
    return Matcher(clean(str(item["name"]), 200), op, clean(str(item["value"]), 1000))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def word_of(host: str) -> str:
    """The host as a mark has it, without blanks."""
    return re.sub(r"[\s\[\]]", "_", host) or "_"
