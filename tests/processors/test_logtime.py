from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sysmon_tui.processors.logtime import LOOKED_AT, LogTime

NEWEST = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()
AT = datetime(2025, 11, 25, 3, 12, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2025-11-25T03:12:05Z INFO x", AT),
        ("[2025-11-25 03:12:05,250] x", AT + 0.25),
        ("2025/11/25 03:12:05 [error] 7#7: x", AT),
        ("2025-11-25T04:12:05.5+01:00 x", AT + 0.5),
        ("2025-11-24 22:12:05 -0500 x", AT),
        ('10.0.0.1 - - [25/Nov/2025:04:12:05 +0100] "GET / HTTP/1.1" 200 1', AT),
        ("Nov 25 03:12:05 host app[7]: x", AT),
        ("Feb  1 00:00:00 host x", datetime(2026, 2, 1, tzinfo=UTC).timestamp()),
        ("Feb 29 00:00:00 host x", datetime(2024, 2, 29, tzinfo=UTC).timestamp()),
        (f"{AT:.3f} x", AT),
        (f"[{AT:.0f}] x", AT),
        ("2016-12-31 23:59:60 x", datetime(2017, 1, 1, tzinfo=UTC).timestamp()),
        ('  File "app.py", line 7', None),
        ("2025-13-25 03:12:05 x", None),
        ("Feb 31 00:00:00 x", None),
        ("2025-11-25 03:12:05 +99:99 x", None),
        ("x" * LOOKED_AT + "2025-11-25T03:12:05Z", None),
    ],
)
def test_the_forms_that_logs_use(line: str, at: float | None) -> None:
    when = LogTime(NEWEST, UTC)
    assert when(line) == at
    assert when(line) == at


def test_what_is_remembered_is_bounded() -> None:
    when = LogTime(NEWEST, UTC)
    for number in range(2500):
        assert when(f"{1_700_000_000 + number} x") == 1_700_000_000.0 + number
    assert len(when._known) <= 1000
