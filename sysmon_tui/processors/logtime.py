"""When a log line says it was written, in the forms that logs use; pure.

Known: ISO 8601 and its kin (`2026-11-25T03:12:05.5Z`, `2026/11/25 03:12:05`, `... 03:12:05,123`),
Apache's (`25/Nov/2026:03:12:05 +0000`), syslog's without a year (`Nov 25 03:12:05`), and seconds
since the epoch at the beginning. `processors.logpast` asks of every line.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

LOOKED_AT = 300
"""Characters of a line in which its time is looked for."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_MONTH = "|".join(_MONTHS)
_STAMP = re.compile(
    r"(?P<year>[12]\d{3})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]"
    r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?\s?(?P<zone>Z|[+-]\d\d:?\d\d)?"
    rf"|(?P<day2>\d\d)/(?P<name2>{_MONTH})/(?P<year2>\d{{4}}):"
    r"(?P<clock2>\d\d:\d\d:\d\d) (?P<zone2>[+-]\d{4})"
    rf"|(?P<name3>{_MONTH}) (?P<day3>[ \d]\d) (?P<clock3>\d\d:\d\d:\d\d)"
    r"|^\[?(?P<epoch>1\d{9}(?:\.\d{1,9})?)\b",
    re.ASCII,
)


class LogTime:
    """One log's times; lines of the same second are looked up, not worked out."""

    def __init__(self, newest: float, tz: tzinfo | None = None) -> None:
        """No line is from after `newest` (seconds since the epoch), by which years are told where
        lines have none. `tz` is the zone of those that name none, by default the local one."""
        self._newest = newest
        self._tz = tz
        self._known: dict[str, float | None] = {}

    def __call__(self, line: str) -> float | None:
        """Seconds since the epoch; None where the line has no time."""
        found = _STAMP.search(line, 0, LOOKED_AT)
        if found is None:
            return None
        text = found[0]
        if text not in self._known:
            if len(self._known) >= 1000:
                self._known.clear()
            try:
                self._known[text] = self._seconds(found)
            except (ValueError, OverflowError, OSError):
                self._known[text] = None
        return self._known[text]

    def _seconds(self, found: re.Match[str]) -> float:
        if epoch := found["epoch"]:
            return float(epoch)
        if found["year"]:
            day = (int(found["year"]), int(found["month"]), int(found["day"]))
            part = float(f"0.{found['part']}") if found["part"] else 0.0
            return self._moment(*day, found["clock"], found["zone"]) + part
        if found["year2"]:
            day = (int(found["year2"]), _MONTHS[found["name2"]], int(found["day2"]))
            return self._moment(*day, found["clock2"], found["zone2"])
        return self._without_year(_MONTHS[found["name3"]], int(found["day3"]), found["clock3"])

    def _without_year(self, month: int, day: int, clock: str) -> float:
        """In the last year in which there was such a day, and which is not to come."""
        year = datetime.fromtimestamp(self._newest, self._tz).year
        for candidate in range(year + 1, year - 8, -1):
            try:
                at = self._moment(candidate, month, day, clock, None)
            except ValueError:
                # The 29th of February.
                continue
            if at <= self._newest:
                return at
        raise ValueError("no such day")

    def _moment(self, year: int, month: int, day: int, clock: str, zone: str | None) -> float:
        hour, minute, second = map(int, clock.split(":"))
        # A leap second is the next one.
        leap = second == 60
        moment = datetime(
            year, month, day, hour, minute, second - leap, tzinfo=_zone(zone, self._tz)
        )
        return moment.timestamp() + leap


def _zone(text: str | None, other: tzinfo | None) -> tzinfo | None:
    if not text:
        return other
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
