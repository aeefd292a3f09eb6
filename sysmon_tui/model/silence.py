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
        value = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.op}"{value}"'

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


_MATCHER = re.compile(
    r"""\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<op>=~|!~|!=|=)\s*"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^",\s]*))\s*(?:,|$)"""
)
MATCHER_FORM = 'Write matchers such as alertname="FilesystemUsed", mountpoint=~"/srv.*"'


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Matchers as amtool takes them, separated by commas; the inverse of `str(matcher)`.

    Raises `ValueError` whose text says what is wrong.
    """
    found = []
    place = 0
    while place < len(text):
        match = _MATCHER.match(text, place)
        if match is None:
            raise ValueError(f"{text[place : place + 40]!r} is no matcher. {MATCHER_FORM}")
        quoted = match["quoted"]
        value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        op = MatchOp(match["op"])
        if op in (MatchOp.LIKE, MatchOp.UNLIKE) and _pattern(value) is None:
            raise ValueError(f"{value!r} is no regular expression")
        found.append(Matcher(match["name"], op, value))
        place = match.end()
    if all(matcher.agrees("") for matcher in found):
        raise ValueError(f"that would silence everything. {MATCHER_FORM}")
    return tuple(found)


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
