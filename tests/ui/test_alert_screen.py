"""The alert in full: its text to the letter, its keys, and how it is read."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from sysmon_tui.model.alert import AlertEvent, Shelf, State
from sysmon_tui.model.evidence import Dossier, Log, LogLine
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.messages import TickReady
from sysmon_tui.ui.screens.alert import AlertScreen, DossierPanel
from tests.evidence import MIRA, dossier, evidence
from tests.scene import NOW, Scene, alerts, scene, tick
from tests.ui.stage import Stage, stage
from tests.ui.test_golden import compare

ALERT = alerts()[0]


def with_dossier(kept: Dossier) -> Scene:
    source = scene()
    source.dossiers[ALERT.fingerprint] = kept
    return source


@asynccontextmanager
async def opened(
    width: int = 120,
    height: int = 40,
    kept: Dossier | None = None,
    *,
    glyph_set: str = "unicode",
    theme: str = "sysmon-dark",
) -> AsyncIterator[Stage]:
    """The screen of the worst alert, with everything read."""
    source = with_dossier(dossier() if kept is None else kept)
    async with stage(width, height, source, glyph_set=glyph_set, theme=theme) as shown:
        await shown.press("a", "enter")
        await settled(shown)
        yield shown


async def settled(shown: Stage) -> None:
    for worker in [one for one in shown.app.workers if one.group == "dossier"]:
        await worker.wait()
    await shown.pilot.pause()


def panel(shown: Stage) -> DossierPanel:
    return shown.app.screen.query_one(DossierPanel)


def text(shown: Stage) -> str:
    """The whole screen."""
    lines = []
    for part in shown.app.screen.query("DossierPanel, Keys"):
        strips = part.render_lines(part.size.region)
        lines += [strip.text.rstrip() for strip in strips]
    return "\n".join(lines) + "\n"


async def show(shown: Stage, moment: Tick) -> None:
    """Another tick comes."""
    shown.app.post_message(TickReady(moment))
    await shown.pilot.pause()


@pytest.mark.parametrize("glyph_set", ["unicode", "ascii"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (40, 12)])
async def test_it_in_full(width: int, height: int, glyph_set: str) -> None:
    async with opened(width, height, glyph_set=glyph_set) as shown:
        seen = text(shown)
        await shown.press("pagedown")
        seen += text(shown)
        await shown.press("G")
        seen += text(shown)
        compare(f"alert-{width}x{height}-{glyph_set}", seen)
        assert seen.isascii() is (glyph_set == "ascii")


@pytest.mark.parametrize("theme", ["sysmon-light", "ansi-dark", "ansi-light", "sysmon-contrast"])
async def test_the_words_are_the_same_in_every_theme(theme: str) -> None:
    async with opened() as plain, opened(theme=theme) as shown:
        assert text(shown) == text(plain)


async def test_it_says_when_it_is_reading_and_when_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_read = threading.Event()
    source = with_dossier(Dossier(problem="alerts.sqlite cannot be used: disk I/O error"))
    read = source.dossier

    def slow(fingerprint: str) -> Dossier:
        may_read.wait(20.0)
        return read(fingerprint)

    monkeypatch.setattr(source, "dossier", slow)
    async with stage(120, 40, source) as shown:
        await shown.press("a", "enter")
        assert "reading…" in panel(shown).text
        may_read.set()
        await settled(shown)
        assert "disk I/O error" in panel(shown).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fired_at": NOW - 5}, "gathering…"),
        ({"fired_at": None, "since": NOW - 5}, "gathering…"),
        ({"fired_at": NOW - 3600}, "None was kept"),
        ({"state": State.PENDING}, "It is gathered when the alert fires"),
        ({"state": State.RESOLVED, "resolved_at": NOW}, "None was kept"),
    ],
)
async def test_why_there_is_none(changes: dict[str, object], said: str) -> None:
    other = replace(ALERT, **changes)  # type: ignore[arg-type]
    source = scene()
    source.ticks = (replace(tick(), alerts=(other,)),)
    async with stage(120, 40, source) as shown:
        await shown.press("a", "enter")
        await settled(shown)
        assert said in panel(shown).text


async def test_what_is_awaited_comes_by_itself() -> None:
    async with opened(kept=Dossier()) as shown:
        assert "gathering" in panel(shown).text
        shown.source.dossiers[ALERT.fingerprint] = dossier()
        await show(shown, replace(tick(), number=601))
        await settled(shown)
        assert "python3 (4113) 13.8G" in panel(shown).text


async def test_it_follows_the_alert() -> None:
    async with opened() as shown:
        assert "nobody has it" in panel(shown).text
        taken = ALERT.acknowledged(MIRA, NOW + 1, clean("on it [/b]"))
        taken = replace(taken, value=0.02, muted=clean("shelved"))
        event = AlertEvent(NOW + 1, "acknowledged", taken, MIRA)
        shown.source.dossiers[ALERT.fingerprint] = replace(
            dossier(), events=(*dossier().events, event)
        )
        await show(shown, replace(tick(), number=601, alerts=(taken,), events=(event,)))
        await settled(shown)
        seen = panel(shown).text
        assert "✓ mira since 03:03:01: on it [/b]" in seen
        assert "2.0%, worst 2.8%" in seen
        assert "Muted       shelved" in seen
        await shown.press("G")
        assert "acknowledged   by mira: on it [/b]" in panel(shown).text


async def test_an_alert_that_is_gone_stays_as_it_was() -> None:
    async with opened() as shown:
        before = panel(shown).text
        await show(shown, replace(tick(), number=601, alerts=()))
        assert panel(shown).text == before


async def test_moving() -> None:
    async with opened(80, 24) as shown:
        first = panel(shown).text
        await shown.press("j", "down")
        assert panel(shown).text.splitlines()[1] == first.splitlines()[3]
        await shown.press("k", "up")
        assert panel(shown).text == first
        await shown.press("up", "pageup")
        assert panel(shown).text == first
        await shown.press("pagedown")
        assert panel(shown).text.splitlines()[1] != first.splitlines()[1]
        await shown.press("G")
        last = panel(shown).text
        assert "more" not in last.splitlines()[0]
        await shown.press("j", "end")
        assert panel(shown).text == last
        await shown.press("g")
        assert panel(shown).text == first


async def test_the_wheel_scrolls() -> None:
    async with opened(80, 24) as shown:
        first = panel(shown).text
        screen = shown.app.screen
        assert isinstance(screen, AlertScreen)
        screen.on_mouse_scroll_down(None)  # type: ignore[arg-type] # nothing is asked of it
        assert panel(shown).text != first
        screen.on_mouse_scroll_up(None)  # type: ignore[arg-type] # as above
        assert panel(shown).text == first


async def test_earlier_evidence() -> None:
    async with opened() as shown:
        assert "Evidence of 03:02:16, critical" in panel(shown).text
        assert "1 of 2" in panel(shown).text
        await shown.press("left_square_bracket")
        assert "Evidence of 2026-03-19 03:04:00, warning" in panel(shown).text
        await shown.press("left_square_bracket")
        assert "2 of 2" in panel(shown).text
        await shown.press("right_square_bracket", "right_square_bracket")
        assert "1 of 2" in panel(shown).text


async def test_without_evidence_the_brackets_do_nothing() -> None:
    async with opened(kept=Dossier()) as shown:
        before = panel(shown).text
        await shown.press("left_square_bracket", "right_square_bracket")
        assert panel(shown).text == before


@pytest.mark.parametrize("key", ["escape", "q", "enter"])
async def test_the_way_back(key: str) -> None:
    async with opened() as shown:
        assert shown.screen == "AlertScreen"
        await shown.press(key)
        assert shown.screen == "Overview"
        assert shown.focus == "alerts"


async def test_what_can_be_done_about_it() -> None:
    async with opened() as shown:
        await shown.press("u")
        assert shown.source.returned == [], "nobody has it"
        await shown.press("a")
        assert shown.source.taken == [((ALERT.fingerprint,), "mira")]
        await shown.press("n", *"yes", "enter")
        assert shown.source.noted == [((ALERT.fingerprint,), "mira", "yes")]
        await shown.press("s", "enter")
        assert shown.source.shelved == [((ALERT.fingerprint,), "mira", NOW + 3600.0)]
        await shown.press("S", "enter")
        assert len(shown.source.silenced) == 1
        assert shown.screen == "AlertScreen"


async def test_what_can_be_undone() -> None:
    shelf = Shelf(MIRA, NOW - 10, NOW + 50)
    taken = replace(ALERT.acknowledged(MIRA, NOW - 5), shelf=shelf)
    async with opened() as shown:
        await show(shown, replace(tick(), number=601, alerts=(taken,)))
        await shown.press("a")
        assert shown.source.taken == [], "somebody has it"
        await shown.press("u", "s")
        assert shown.source.returned == [(ALERT.fingerprint,)]
        assert shown.source.unshelved == [(ALERT.fingerprint,)]


async def test_a_storm_says_whose_evidence_it_is() -> None:
    shared = replace(evidence(), fingerprint="other", rule="Load1")
    async with opened(kept=Dossier((), (shared,))) as shown:
        assert "Many fired at once; gathered for Load1" in panel(shown).text


async def test_it_is_placed_anew_when_the_terminal_changes() -> None:
    async with opened(80, 24) as shown:
        await shown.pilot.resize_terminal(120, 40)
        await shown.pilot.pause()
        assert panel(shown).size == (120, 39)
        assert len(panel(shown).text.splitlines()[0]) == 120


HOSTILE = clean("[red]x[/b] \x1b[2J\x9b \u202e" + "漢字テスト" * 30)


@pytest.mark.parametrize("width", [80, 200])
async def test_what_others_wrote_is_shown_as_it_is(width: int) -> None:
    log = Log("kernel", (LogLine(NOW, HOSTILE),), HOSTILE)
    process = replace(evidence().processes[0], command=HOSTILE, user=HOSTILE)
    hostile = replace(evidence(), logs=(log,), processes=(process,), waiting=(process,), traces=())
    async with opened(width, 60, Dossier(dossier().events, (hostile,))) as shown:
        seen = panel(shown)
        assert "[red]x[/b] \u241b[2J\ufffd \ufffd漢字" in seen.text
        strips = seen.render_lines(seen.size.region)
        assert {strip.cell_length for strip in strips} == {width}
