"""The alert log in the hand: filter, order, groups, tags and what keys act on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean
from sysmon_tui.ui import alert_rows
from sysmon_tui.ui.alert_order import Order
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.palette import Line
from tests.scene import NOW, Scene, alerts, scene, tick
from tests.ui.stage import Stage, stage

MEMORY, PRESSURE, VAR, IO = alerts()


def playing(*shown: Alert) -> Scene:
    played = scene()
    played.ticks = (replace(played.ticks[-1], alerts=shown),)
    return played


def mounts(count: int, rules: int = 1) -> tuple[Alert, ...]:
    return tuple(
        replace(
            MEMORY,
            fingerprint=f"m{n}",
            rule=f"Rule{n % rules}",
            labels=labels(mountpoint=f"/m{n}"),
            summary=clean(f"/m{n} is full"),
        )
        for n in range(count)
    )


def log(shown: Stage) -> list[str]:
    return shown.app.overview.alerts.text.splitlines()


async def test_the_filter_works_on_the_log_that_has_the_focus() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "slash", *"jonas")
        assert shown.focus == "filter"
        assert "rule, labels" in shown.app.screen.query_one("#filter", Input).placeholder
        assert "Alerts 1 of 4  /jonas" in log(shown)[0]
        await shown.press("enter")
        assert shown.focus == "alerts"
        await shown.press("A")
        assert not shown.source.taken, "only what is shown: jonas has that one"
        await shown.press("escape")
        assert "of 4" not in log(shown)[0]
        assert shown.app.overview.processes.filter == ""


async def test_orders_in_turn_and_inverted() -> None:
    async with stage(80, 24) as shown:
        await shown.press("3", "o")
        assert "by age" in log(shown)[0]
        assert "AGE▴" in log(shown)[1]
        assert "pending" in log(shown)[2]
        await shown.press("I")
        assert "by age inverted" in log(shown)[0]
        assert "/var" in log(shown)[2]
        await shown.press("f6", "f6")
        assert shown.app.overview.alerts.order is Order.RULE, "after severity"


async def test_the_cursor_stays_on_its_alert() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "down", "down")
        reversed_ = replace(tick(601), alerts=tuple(reversed(alerts())))
        shown.app.post_message(TickReady(reversed_))
        await shown.pilot.pause()
        chosen = shown.app.overview.alerts.chosen_alert
        assert chosen is not None
        assert chosen.fingerprint == "a3"
        await shown.press("u")
        assert shown.source.returned == [("a3",)]


async def test_keys_act_on_what_is_tagged() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "space", "space", "space")
        assert "3 tagged" in log(shown)[0]
        assert sum("▸" in line for line in log(shown)[1:]) == 3
        await shown.press("a")
        assert shown.source.taken == [(("a1", "a2"), "mira")], "jonas has the third"
        assert "tagged" not in log(shown)[0]
        await shown.press("a")
        assert shown.source.taken[-1] == (("a4",), "mira"), "then what is under the cursor"


async def test_escape_and_a_second_space_take_tags_off() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "space", "up", "space")
        assert "tagged" not in log(shown)[0]
        await shown.press("space", "escape")
        assert "tagged" not in log(shown)[0]
        assert shown.focus == "alerts"


async def test_notes_shelves_and_silences_for_several_at_once() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "space", "space", "n", *"oom", "enter")
        assert shown.source.noted == [(("a1", "a2"), "mira", "oom")]
        await shown.press("g", "space", "space", "s", "enter")
        assert shown.source.shelved[0][0] == ("a1", "a2")
        await shown.press("g", "space", "space", "S")
        line = shown.app.screen.query_one("#ask Input", Input).value
        assert line == '1h alertname=~"MemoryAvailable|MemoryPressure"'
        await shown.press("enter")
        (silence,) = shown.source.silenced
        assert all(silence.covers(alert, NOW) for alert in (MEMORY, PRESSURE))
        assert not silence.covers(VAR, NOW)


async def test_a_silence_of_several_of_a_rule_keeps_the_labels_they_share() -> None:
    first = replace(VAR, fingerprint="x", labels=labels(device="a", fstype="ext4"))
    second = replace(VAR, fingerprint="y", labels=labels(device="b", fstype="ext4"))
    async with stage(80, 24, playing(first, second)) as shown:
        await shown.press("a", "space", "space", "S")
        line = shown.app.screen.query_one("#ask Input", Input).value
        assert line == '1h alertname="FilesystemUsed", fstype="ext4"'


async def test_groups_open_and_close_and_are_acted_on_as_one() -> None:
    async with stage(80, 24, playing(*mounts(6, 2), VAR)) as shown:
        await shown.press("3", "t")
        text = shown.app.overview.alerts.text
        assert "▸ Rule0  3 alerts" in text
        assert "/m0 is full" not in text
        assert "/var is 93% full" in text, "one of its rule is no group"
        await shown.press("a")
        assert shown.source.taken == [(("m0", "m2", "m4"), "mira")]
        await shown.press("enter")
        text = shown.app.overview.alerts.text
        assert "▾ Rule0" in text
        assert text.index("/m4 is full") < text.index("▸ Rule1")
        await shown.press("enter", "t")
        assert "▸ Rule0" not in shown.app.overview.alerts.text


async def test_a_storm_is_grouped_by_itself() -> None:
    async with stage(80, 24, playing(*mounts(600, 3))) as shown:
        await shown.press("3")
        text = shown.app.overview.alerts.text
        assert "▸ Rule0  200 alerts" in text
        assert "nobody has 200" in text
        assert "600 firing" in text
        await shown.press("t")
        assert "/m0 is full" in shown.app.overview.alerts.text
        await shown.press("A")
        assert len(shown.source.taken[0][0]) == 600


@pytest.mark.parametrize("count", [100, 10_000])
async def test_only_the_rows_on_the_screen_are_drawn(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Alert] = []
    real = alert_rows._alert

    def counted(alert: Alert, sheet: alert_rows.Sheet) -> Line:
        drawn.append(alert)
        return real(alert, sheet)

    monkeypatch.setattr(alert_rows, "_alert", counted)
    async with stage(80, 24, playing(*mounts(count, count))) as shown:
        await shown.press("3")
        drawn.clear()
        await shown.press("down")
        assert 0 < len(drawn) <= shown.app.overview.alerts.page


async def test_what_is_over_and_unseen_says_so_and_can_be_taken() -> None:
    over = replace(VAR, ack=None, state=State.RESOLVED, resolved_at=NOW - 60)
    async with stage(80, 24, playing(over)) as shown:
        await shown.press("3")
        assert "◇ warning  unseen" in log(shown)[2]
        assert "nobody saw it" in log(shown)[2]
        await shown.press("a")
        assert shown.source.taken == [(("a3",), "mira")]


async def test_the_page_tells_the_facts_about_the_chosen_alert() -> None:
    async with stage(80, 24) as shown:
        await shown.press("3")
        assert "3.0% now, 2.8% at worst" in shown.text
        await shown.press("down", "down")
        assert "mountpoint=/var" in shown.text
        assert "✓ jonas: vacuum runs at 04:00" in shown.text
        await shown.press("down")
        assert "the whole machine" in shown.text


async def test_the_timeline_begins_with_the_ledger_and_goes_on_live() -> None:
    async with stage(200, 60) as shown:
        await shown.press("3")
        timeline = shown.app.overview.panels["timeline"]
        assert "03:02:16 ◆ worse" in timeline.text
        assert "01:41:00 ✓ taken" in timeline.text
        assert "jonas: vacuum runs at 04:00" in timeline.text
        muted = AlertEvent(NOW + 1, "shelved", replace(IO, muted=clean("shelved")), clean("mira"))
        shown.app.post_message(TickReady(replace(tick(601), events=(muted,))))
        await shown.pilot.pause()
        assert "✓ shelved  mira" in timeline.text.splitlines()[1]


async def test_a_timeline_of_another_day_says_how_long_ago() -> None:
    source = scene()
    source.events = (AlertEvent(NOW - 3 * 86_400, "firing", VAR),)
    async with stage(120, 40, source) as shown:
        await shown.press("3")
        assert "3d ago" in shown.app.overview.panels["timeline"].text


async def test_a_low_terminal_has_the_log_alone() -> None:
    async with stage(60, 16) as shown:
        await shown.press("3")
        assert not shown.app.overview.panels["timeline"].display
        assert "MemoryAvailable" in shown.text


async def now_is(shown: Stage, seconds: float, *present: Alert) -> None:
    """A tick that many seconds after the scene's, with these alerts."""
    now = tick(600)
    later = replace(now, number=601, wall=now.wall + seconds, mono=now.mono + seconds)
    shown.app.post_message(TickReady(replace(later, alerts=present)))
    await shown.pilot.pause()
    await shown.pilot.pause()


def chosen(shown: Stage) -> object:
    return shown.app.overview.alerts.chosen


def taken(alert: Alert) -> Alert:
    return replace(alert, ack=Acknowledgement(clean("mira"), NOW))


async def test_what_was_taken_does_not_pull_the_worst_out_of_sight() -> None:
    first, *others = mounts(6, rules=6)
    async with stage(80, 24, playing(first, *others)) as shown:
        await shown.press("a", "down", "up", "a")
        await now_is(shown, 1, *others, taken(first))
        assert "/m1 is full" not in "".join(log(shown)), "in the hand it stays with what was chosen"
        assert chosen(shown) == "m0"
        await now_is(shown, 11, *others, taken(first))
        assert "/m1 is full" in log(shown)[1]
        assert chosen(shown) == "m1"


async def test_a_new_alert_comes_into_sight_when_the_log_rests() -> None:
    first, *others = mounts(6, rules=6)
    async with stage(80, 24, playing(*others)) as shown:
        await shown.press("a", "enter", "escape")
        assert shown.focus == "alerts"
        await now_is(shown, 1, first, *others)
        assert chosen(shown) == "m1"
        await now_is(shown, 11, first, *others)
        assert "/m0 is full" in log(shown)[1]


async def test_where_the_user_put_the_cursor_it_stays() -> None:
    present = mounts(6, rules=6)
    async with stage(80, 24, playing(*present)) as shown:
        await shown.press("a", "G")
        await now_is(shown, 100, *present)
        assert chosen(shown) == "m5"
        await shown.press("tab")
        await now_is(shown, 101, *present)
        assert "/m0 is full" in log(shown)[1], "nobody is in the log any more"


async def test_a_screen_on_top_does_not_take_the_log_out_of_the_hand() -> None:
    present = mounts(6, rules=6)
    async with stage(80, 24, playing(*present)) as shown:
        await shown.press("a", "G", "enter")
        assert shown.screen == "AlertScreen"
        await now_is(shown, 100, *present)
        await shown.press("escape")
        await now_is(shown, 101, *present)
        assert chosen(shown) == "m5"
