"""Notes, shelves and silences by the keyboard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from sysmon_tui.model.silence import Matcher, MatchOp, Silence, parse_matchers
from sysmon_tui.model.text import clean
from sysmon_tui.ui import acts
from tests.scene import scene
from tests.ui.stage import Stage, stage


def line(shown: Stage) -> Input:
    return shown.app.screen.query_one(Input)


def remark(shown: Stage) -> str:
    return str(shown.app.screen.query_one("#remark", Static).content)


async def test_a_note_is_typed_and_sent() -> None:
    source = scene()
    first = source.ticks[-1].alerts[0]
    async with stage(120, 40, source) as shown:
        await shown.press("a", "n")
        assert first.rule in str(shown.app.screen.query_one("#ask").border_title)
        await shown.press(*"sda", "enter")
        assert source.noted == [((first.fingerprint,), "mira", "sda")]
        await shown.press("n", *"no", "escape")
        assert len(source.noted) == 1


async def test_a_shelf_needs_a_duration() -> None:
    source = scene()
    tick = source.ticks[-1]
    async with stage(80, 24, source) as shown:
        await shown.press("a", "s")
        line(shown).value = "soon"
        await shown.press("enter")
        assert "Write a duration" in remark(shown)
        line(shown).value = "8d"
        await shown.press("enter")
        assert "A week" in remark(shown)
        assert source.shelved == []
        line(shown).value = "2h"
        await shown.press("enter")
    assert source.shelved == [((tick.alerts[0].fingerprint,), "mira", tick.wall + 7200.0)]


async def test_a_silence_says_what_it_covers() -> None:
    source = scene()
    tick = source.ticks[-1]
    async with stage(120, 40, source) as shown:
        await shown.press("a", "S")
        assert line(shown).value == acts.like(tick.alerts[:1])
        assert remark(shown).startswith("1 of the alerts that hold now")
        line(shown).value = '30m severity=~".*"'
        await shown.press("enter")
        assert "silence everything" in remark(shown)
        line(shown).value = '30m severity=~".+"'
        await shown.press("enter")
    (silence,) = source.silenced
    assert silence.by == "mira"
    assert (silence.at, silence.until) == (tick.wall, tick.wall + 1800.0)
    assert silence.matchers == (Matcher("severity", MatchOp.LIKE, ".+"),)


async def test_the_line_can_be_read() -> None:
    async with stage(80, 24) as shown:
        await shown.press("a", "S")
        asked = line(shown)
        strips = asked.render_lines(asked.size.region)
        assert strips[0].text.startswith("1h alertname=")
        assert asked.outer_size.height == 1


async def test_what_is_muted_is_dim_counted_and_not_spoken_of() -> None:
    source = scene()
    newest = source.ticks[-1]
    alerts = tuple(replace(alert, muted=clean("silenced by ann")) for alert in newest.alerts)
    until = Silence(id="s", matchers=(), by=clean("ann"), at=0.0, until=newest.wall + 60.0)
    source.ticks = (replace(newest, alerts=alerts, silences=(until,)),)
    async with stage(120, 40, source) as shown:
        header, spoken, *_ = shown.text.splitlines()
        assert f"{len(alerts)} muted until 03:" in header
        assert "nobody has it" not in shown.text
        assert newest.alerts[0].summary not in spoken
        assert "silenced by ann" in shown.text
        assert f"{len(alerts)} muted" in shown.text.split("Alerts")[1].splitlines()[0]


async def test_without_an_alert_there_is_nothing_to_say() -> None:
    source = scene(trouble=False)
    async with stage(120, 40, source) as shown:
        await shown.press("a", "n", "s", "S")
        assert len(shown.app.screen_stack) == 1


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ("a=b", (Matcher("a", MatchOp.EQUAL, "b"),)),
        (
            'a!="b, \\"c\\"" ,d!~x',
            (Matcher("a", MatchOp.NOT_EQUAL, 'b, "c"'), Matcher("d", MatchOp.UNLIKE, "x")),
        ),
    ],
)
def test_matchers_as_amtool_takes_them(text: str, matchers: tuple[Matcher, ...]) -> None:
    if matchers[0].op is MatchOp.NOT_EQUAL:
        matchers = (*matchers, Matcher("e", MatchOp.EQUAL, "1"))
        text += ",e=1"
    assert parse_matchers(text) == matchers
    assert parse_matchers(",".join(map(str, matchers))) == matchers


@pytest.mark.parametrize("text", ["", "a", "=b", 'a="b', 'a="b" c', "a=~(", 'a=""', "a!=b"])
def test_what_is_no_matcher_or_matches_everything(text: str) -> None:
    with pytest.raises(ValueError, match=r"matcher|expression|everything"):
        parse_matchers(text)


def test_a_silence_line_begins_with_the_time() -> None:
    assert acts.wrong_silence("a=b").startswith("First for how long")
    assert "no matcher" in acts.wrong_silence("1h (")
    assert acts.wrong_silence("1h a=b") == ""
    assert acts.silence("1h a=b", clean("ann"), 10.0).until == 3610.0
