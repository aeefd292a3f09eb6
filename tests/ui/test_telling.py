"""Title, bell, toasts and desktop notices: who is told, how often, and in what bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui import telling
from sysmon_tui.ui.glyphs import ASCII, UNICODE
from sysmon_tui.ui.telling import BELL, Calls, Teller, Ways
from tests.scene import NOW, alerts, tick
from tests.ui.stage import stage

MEMORY, PRESSURE, VAR, IO = alerts()


def moment(second: float, *events: tuple[str, Alert], now: tuple[Alert, ...] = ()) -> Tick:
    told = tuple(AlertEvent(NOW + second, kind, alert) for kind, alert in events)
    return Tick(number=1, wall=NOW + second, mono=second, alerts=now, events=told)


def test_at_most_one_call_in_a_while_and_the_rest_together() -> None:
    calls = Calls(10.0)
    assert calls.hear(moment(0, ("firing", MEMORY))) == (MEMORY,)
    assert calls.hear(moment(1, ("firing", PRESSURE))) == ()
    worse = replace(VAR, ack=None)
    assert calls.hear(moment(9, ("worse", worse))) == ()
    assert calls.hear(moment(10)) == (PRESSURE, worse)
    assert calls.hear(moment(30)) == ()
    assert calls.hear(moment(31, ("firing", MEMORY))) == (MEMORY,)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("resolved", replace(PRESSURE, state=State.RESOLVED)),
        ("acknowledged", PRESSURE.acknowledged(clean("ann"), NOW)),
        ("shelved", replace(PRESSURE, muted=clean("shelved"))),
    ],
)
def test_what_is_answered_before_its_turn_is_not_called(kind: str, changed: Alert) -> None:
    calls = Calls(10.0)
    calls.hear(moment(0, ("firing", MEMORY)))
    calls.hear(moment(1, ("firing", PRESSURE)))
    calls.hear(moment(2, (kind, changed)))
    assert calls.hear(moment(20)) == ()


def test_getting_milder_answers_nothing() -> None:
    calls = Calls(10.0)
    calls.hear(moment(0, ("firing", MEMORY)))
    calls.hear(moment(1, ("firing", PRESSURE)))
    calls.hear(moment(2, ("milder", replace(PRESSURE, severity=Severity.WARNING))))
    assert calls.hear(moment(20)) == (PRESSURE,)


class Recorder:
    """A driver that remembers."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.sent: list[str] = []

    def set_title(self, title: str) -> None:
        self.titles.append(title)

    def announce(self, sequence: str) -> None:
        self.sent.append(sequence)


def teller(ways: Ways, driver: object, toasts: list[str] | None = None) -> Teller:
    kept = toasts if toasts is not None else []
    return Teller(
        "db-7", UNICODE, ways, toast=lambda text, _: kept.append(text), driver=lambda: driver
    )


def test_all_is_off_by_itself() -> None:
    driver = Recorder()
    teller(Ways(), driver).hear(moment(0, ("firing", MEMORY), now=alerts()))
    assert (driver.titles, driver.sent) == ([], [])


def test_a_bell_and_a_notice_for_a_storm() -> None:
    driver, toasts = Recorder(), list[str]()
    told = teller(Ways(bell=True, desktop="osc777"), driver, toasts)
    storm = [("firing", replace(MEMORY, fingerprint=str(n))) for n in range(1000)]
    told.hear(moment(0, *storm))
    assert driver.sent == [
        BELL,
        "\x1b]777;notify;db-7;Only 3.0% of memory is available and 999 more\x07",
    ]
    for second in range(1, 10):
        told.hear(moment(second, *storm))
    assert len(driver.sent) == 2
    assert len(toasts) == 3


def test_the_title_counts_what_calls_and_is_sent_when_alerts_change() -> None:
    driver = Recorder()
    told = teller(Ways(title=True), driver)
    now = alerts()
    told.hear(moment(0, now=now))
    told.hear(moment(1, now=now))
    told.hear(moment(2, now=()))
    assert driver.titles == ["●2 db-7 – sysmon-tui", "db-7 – sysmon-tui"]
    assert telling.title(now, "db-7", ASCII) == "*2 db-7 - sysmon-tui"


def test_a_driver_that_is_not_ours_is_told_nothing() -> None:
    teller(Ways(title=True, bell=True), object()).hear(moment(0, ("firing", MEMORY)))


@pytest.mark.parametrize("kind", ["osc9", "osc777"])
def test_no_text_ends_the_sequence_early(kind: telling.Desktop) -> None:
    notice = telling.desktop_notice(kind, "db;7\x1b", "a\x07b\x1b\\c\x9cd;4;\n\u202e" + "x" * 999)
    assert notice.startswith("\x1b]")
    inner = notice[2:-1]
    assert inner.replace("�", "").isprintable()
    assert inner.count(";") == (1 if kind == "osc9" else 3)
    assert len(inner) < 450


def test_the_worst_is_named_and_one_without_a_summary_by_its_rule() -> None:
    assert telling.sentence((IO, MEMORY)) == (f"{MEMORY.summary} and 1 more", Severity.CRITICAL)
    assert telling.sentence((replace(IO, summary=clean("")),))[0] == "IoPressure"


def test_multiplexers_are_asked_to_pass_it_on() -> None:
    notice = telling.desktop_notice("osc9", "h", "t")
    assert telling.passed_through("", notice) == notice
    assert telling.passed_through("tmux", notice) == "\x1bPtmux;\x1b\x1b]9;h: t\x07\x1b\\"
    assert telling.passed_through("screen", notice) == "\x1bP\x1b]9;h: t\x07\x1b\\"


async def test_a_frozen_picture_still_tells() -> None:
    from sysmon_tui.ui.messages import TickReady

    async with stage(80, 24) as shown:
        await shown.press("z")
        event = AlertEvent(NOW, "firing", MEMORY)
        shown.app.post_message(TickReady(replace(tick(601), events=(event,))))
        await shown.pilot.pause()
        assert [note.message for note in shown.app._notifications] == [MEMORY.summary]
