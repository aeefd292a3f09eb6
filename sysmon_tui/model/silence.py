"""Silences: who wants not to be called about which alerts, and until when. Every one ends.

Matchers read as in Alertmanager: all must match, a label an alert lacks is empty, patterns are
anchored at both ends. Beside its own labels an alert carries `alertname` (its rule) and
`severity`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sysmon_tui.model.alert import Alert
from sysmon_tui.model.metric import label
from sysmon_tui.model.text import NO_TEXT, SafeText


class MatchOp(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        return f'{self.name}{self.op}"{self.value}"'

    def agrees(self, value: str) -> bool:
        """Whether a label of this value matches. A pattern that is none matches nothing."""
        if self.op is MatchOp.EQUAL:
            return value == self.value
        if self.op is MatchOp.NOT_EQUAL:
            return value != self.value
        pattern = _pattern(self.value)
        if pattern is None:
            return False
        return (pattern.fullmatch(value) is not None) is (self.op is MatchOp.LIKE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    id: str
    matchers: tuple[Matcher, ...]
    by: SafeText
    at: float
    """When it begins; seconds since the epoch."""
    until: float
    """When it ends; one ended early has the moment of that."""
    note: SafeText = NO_TEXT
    origin: str = ""
    """`alertmanager` where it was made there; empty for our own."""

    def covers(self, alert: Alert, now: float) -> bool:
        if not self.at <= now < self.until or not self.matchers:
            return False
        return all(matcher.agrees(_carried(alert, matcher.name)) for matcher in self.matchers)


def _carried(alert: Alert, name: str) -> str:
    if name == "alertname":
        return alert.rule
    return alert.severity.word if name == "severity" else label(alert.labels, name)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except re.error:
        return None
