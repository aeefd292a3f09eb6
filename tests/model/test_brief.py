from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan

import pytest

from sysmon_tui.model.alert import Severity, State
from sysmon_tui.model.brief import (
    Brief,
    Growth,
    UnitNews,
    Usage,
    boots,
    growth,
    new_ports,
    oom_kills,
    stories,
    units,
)
from sysmon_tui.model.process import ProcessLife, ProcessRow, ProcessTable
from sysmon_tui.model.standing import Port, Space, Standing
from sysmon_tui.model.text import NO_TEXT, clean
from tests.model.briefs import HOUR, NOW, alert, bad_night, event, story, taken

SINCE = NOW - 8 * HOUR
THEN = Standing(at=SINCE, boot_time=100.0, oom_kills=2.0, failed=("old.service",))


def test_an_alert_that_fires_is_told_whenever_it_began() -> None:
    old = alert("Old", since=NOW - 20 * HOUR)
    (told,) = stories((), (old,), SINCE)
    assert (told.firing, told.times, told.began) == (True, 1, NOW - 20 * HOUR)
    assert isnan(told.ended)


def test_an_alert_that_came_and_went_is_told_with_who_had_it() -> None:
    firing = alert("Busy", severity=Severity.WARNING)
    worse = replace(firing, severity=Severity.CRITICAL)
    over = replace(
        firing, state=State.RESOLVED, resolved_at=NOW - HOUR, ack=taken("bob", "a backup")
    )
    events = (
        event(1.0, "resolved", over),
        event(1.5, "acknowledged", worse, "bob"),
        event(2.0, "worse", worse),
        event(3.0, "noted", firing, "ann"),
        event(4.0, "firing", firing),
        event(5.0, "firing", replace(firing, since=NOW - 5 * HOUR)),
        event(9.0, "firing", firing),
    )
    (told,) = stories(events, (over,), SINCE)
    assert not told.firing
    assert told.severity is Severity.CRITICAL
    assert (told.began, told.ended) == (NOW - 5 * HOUR, NOW - HOUR)
    assert told.times == 2
    assert told.hands == (clean("ann"), clean("bob"))
    assert told.note == "a backup"


def test_an_alert_the_ledger_has_forgotten_is_told_by_its_events() -> None:
    firing = alert("Gone")
    over = replace(firing, state=State.RESOLVED, resolved_at=NOW - HOUR)
    events = (event(2.0, "firing", firing), event(1.0, "resolved", over))
    (told,) = stories(events, (), SINCE)
    assert (told.rule, told.firing, told.unseen) == ("Gone", False, True)


@pytest.mark.parametrize(
    "untold",
    [
        alert("Pending", State.PENDING),
        alert("Before", State.RESOLVED, resolved_at=NOW - 9 * HOUR),
        alert("Inactive", State.INACTIVE, fired_at=None),
    ],
)
def test_what_did_not_fire_since_is_not_told(untold: object) -> None:
    assert stories((), (untold,), SINCE) == ()  # type: ignore[arg-type] # an `Alert`, of pytest


def test_what_fires_comes_first_then_the_worst_then_the_newest() -> None:
    alerts = (
        alert("Over", State.RESOLVED, resolved_at=NOW - HOUR, severity=Severity.CRITICAL),
        alert("Mild", severity=Severity.INFO),
        alert("Early", since=NOW - 4 * HOUR),
        alert("Late", since=NOW - 3 * HOUR),
        alert("Muted", severity=Severity.CRITICAL, muted=clean("silenced")),
    )
    told = stories((), alerts, SINCE)
    assert [one.rule for one in told] == ["Late", "Early", "Mild", "Muted", "Over"]


def test_critical_and_unmuted_is_urgent() -> None:
    brief = bad_night()
    assert brief.urgent
    muted = story("Full", Severity.CRITICAL, muted=clean("shelved"))
    over = story("Full", Severity.CRITICAL, firing=False)
    for calm in (muted, over, story("Swap", Severity.WARNING)):
        quieter = replace(brief, stories=(calm,))
        assert not quieter.urgent
        assert quieter.news


def test_who_used_the_most_is_no_news() -> None:
    brief = bad_night()
    usual = Brief(
        host="db-7", since=0.0, until=1.0, looked=True, cpu=brief.cpu, memory=brief.memory
    )
    assert not usual.news
    assert not usual.urgent


@pytest.mark.parametrize(
    ("then", "recorded", "now", "expected"),
    [
        (100.0, (), 100.0, ()),
        (100.0, (101.0, 99.5), 100.9, ()),
        (100.0, (), 5000.0, (5000.0,)),
        (100.0, (3000.0, 3001.0, nan), 5000.0, (3000.0, 5000.0)),
        (nan, (), 5000.0, (5000.0,)),
        (nan, (), 100.0, ()),
        (100.0, (), nan, ()),
    ],
)
def test_reboots(
    then: float, recorded: tuple[float, ...], now: float, expected: tuple[float, ...]
) -> None:
    assert boots(then, recorded, now, since=1000.0) == expected


@pytest.mark.parametrize(
    ("boot", "counted", "killed"),
    [(100.0, 5.0, 3), (100.0, 2.0, 0), (100.0, nan, 0), (9000.0, 1.0, 1), (nan, 5.0, 3)],
)
def test_oom_kills_begin_anew_with_a_reboot(boot: float, counted: float, killed: int) -> None:
    assert oom_kills(THEN, Standing(at=NOW, boot_time=boot, oom_kills=counted)) == killed


def test_units() -> None:
    then = replace(THEN, restarts={"app.service": 1.0, "same.service": 7.0})
    now = Standing(
        at=NOW,
        boot_time=100.0,
        failed=("new.service", "old.service"),
        restarts={"app.service": 4.0, "same.service": 7.0, "young.service": 2.0},
    )
    assert units(then, now, ("back.service", "old.service")) == (
        UnitNews("new.service", failed=True, restarts=0),
        UnitNews("app.service", failed=False, restarts=3),
        UnitNews("back.service", failed=False, restarts=0),
    )


def test_failures_that_may_be_old_are_no_news() -> None:
    now = Standing(at=NOW, boot_time=100.0, failed=("some.service",))
    assert units(replace(THEN, failed=None), now) == ()


def test_growth() -> None:
    then = replace(
        THEN,
        spaces={
            "/slow": Space(500.0, 1000.0),
            "/fast": Space(100.0, 1000.0),
            "/full": Space(970.0, 1000.0),
            "/less": Space(500.0, 1000.0),
        },
    )
    now = Standing(
        at=NOW,
        boot_time=100.0,
        spaces={
            "/slow": Space(505.0, 1000.0),
            "/fast": Space(300.0, 1000.0),
            "/full": Space(980.0, 1000.0),
            "/less": Space(400.0, 1000.0),
            "/new": Space(400.0, 1000.0),
        },
    )
    assert growth(then, now) == (
        Growth("/fast", 200.0, Space(300.0, 1000.0), 700 / 200 * 8 * HOUR),
        Growth("/full", 10.0, Space(980.0, 1000.0), 2 * 8 * HOUR),
    )


def test_a_moment_is_too_short_to_draw_out() -> None:
    then = replace(THEN, at=NOW - 60.0, spaces={"/": Space(100.0, 1000.0)})
    now = Standing(at=NOW, boot_time=100.0, spaces={"/": Space(400.0, 1000.0)})
    assert growth(then, now)[0].full_in == inf


def test_ports() -> None:
    ssh, web = Port("tcp", "0.0.0.0", 22), Port("tcp", "::1", 8080)
    then = replace(THEN, ports=(ssh,))
    now = Standing(at=NOW, boot_time=100.0, ports=(ssh, web))
    assert new_ports(then, now) == (web,)
    assert new_ports(THEN, now) == ()
    assert new_ports(then, replace(now, ports=None)) == ()


def row(pid: int, cpu_seconds: float, rss: float = 0.0, *, kernel: bool = False) -> ProcessRow:
    return ProcessRow(
        pid, 5.0, 1, 0, clean(f"p{pid}"), "S", 0.1, cpu_seconds, int(rss), 1, 0, kernel
    )


def test_usage_is_what_was_used_in_the_time_looked_at() -> None:
    usage = Usage()
    born = ProcessLife(NOW, began=True, row=row(3, 0.0), command=NO_TEXT, user=NO_TEXT)
    usage.add(ProcessTable(rows=(row(1, 100.0, 50.0), row(2, 900.0, 70.0))))
    usage.add(ProcessTable(rows=(row(3, 40.0, 90.0), row(9, 1e6, kernel=True)), lives=(born,)))
    usage.add(ProcessTable(rows=(row(1, 130.0, 20.0), row(2, 900.0, 75.0))))
    assert [(one.pid, one.amount) for one in usage.cpu(5)] == [(3, 40.0), (1, 30.0)]
    assert [(one.name, one.amount) for one in usage.memory(2)] == [("p3", 90.0), ("p2", 75.0)]
