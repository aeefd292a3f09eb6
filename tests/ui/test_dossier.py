"""The parts of an alert in full that need no screen."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from sysmon_tui.model.alert import Alert, AlertEvent, Shelf, State
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.ui.dossier import Shown, content, moment
from sysmon_tui.ui.evidence import folded, resampled
from sysmon_tui.ui.glyphs import UNICODE
from tests.evidence import MIRA
from tests.scene import NOW, alerts

ALERT = alerts()[0]


def said(*events: AlertEvent, alert: Alert = ALERT) -> str:
    shown = Shown(
        alert=alert,
        now=NOW,
        unit="ratio",
        dossier=Dossier(events),
        glyphs=UNICODE,
        rows=5,
    )
    return "\n".join("".join(text for text, _ in line) for line in content(shown, 100))


@pytest.mark.parametrize(
    ("kind", "alert", "text"),
    [
        ("firing", ALERT, "firing         critical  3.0%"),
        ("shelved", replace(ALERT, shelf=Shelf(MIRA, NOW, NOW + 60)), "by mira until 03:04:00"),
        ("unshelved", ALERT, "unshelved      by mira"),
        ("unacknowledged", ALERT, "unacknowledged by mira"),
        ("noted", ALERT.acknowledged(MIRA, NOW), "noted          by mira"),
    ],
)
def test_each_step_says_what_it_was_about(kind: str, alert: Alert, text: str) -> None:
    actor = {} if kind == "firing" else {"actor": MIRA}
    assert text in said(AlertEvent(NOW, kind, alert, **actor))


def test_an_alert_that_is_over_says_how_long_it_held() -> None:
    over = replace(ALERT, state=State.RESOLVED, since=NOW - 600, resolved_at=NOW - 60)
    assert "resolved 03:02:00, held 9m from 02:53:00" in said(alert=over)
    assert "nobody has it" not in said(alert=over)


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (NOW, "03:03:00"),
        (NOW - 86400, "2026-03-25 03:03:00"),
        (NOW - 366 * 86400, "2025-03-25 03:03:00"),
        (nan, "—"),
        (inf, "—"),
    ],
)
def test_a_moment_of_another_day_has_its_date(wall: float, text: str) -> None:
    assert moment(wall, NOW) == text


@pytest.mark.parametrize(
    ("values", "count", "drawn"),
    [
        ([1, 2, 3, 4], 2, [2, 4]),
        ([1, 2], 4, [1, 1, 2, 2]),
        ([1, nan, nan, 2], 2, [1, 2]),
        ([1, 5, 2], 2, [1, 5]),
    ],
)
def test_figures_over_the_same_time(values: list[float], count: int, drawn: list[float]) -> None:
    assert resampled(values, count) == drawn


def test_a_gap_stays_one() -> None:
    assert [value == value for value in resampled([1.0, nan], 4)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("exactly ten", ["exactly te", "n"]),
        ("one two three four five six", ["one two th", "ree four…"]),
        ("漢字漢字漢字", ["漢字漢字漢", "字"]),
    ],
)
def test_a_long_line_is_folded_once(text: str, lines: list[str]) -> None:
    assert list(folded(text, 10, "…")) == lines
