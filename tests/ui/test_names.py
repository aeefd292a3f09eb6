"""Thousands of made-up names on the screen: none breaks the markup, none acts, none deceives.

They are shown as they are, as if nobody had cleaned them, wherever names of processes and texts of
alerts stand: table, details, toast, dialogs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.text import SafeText, clean
from sysmon_tui.ui.screens.signal import SignalScreen
from tests.hold import FakeHold, ourselves, target
from tests.model.test_text import HOSTILE, deceives
from tests.scene import NOW, Scene, alerts, tick
from tests.ui.stage import stage

EACH = 100
"""Names on one screen."""

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Making a counterexample smaller would draw hundreds of screens."""

_PIECES = (
    *("[/]", "[", "]", "[[", "\\[", "[/red]", "[red", "[b]", "[@click=app.quit]", "[@click=", "[]"),
    *("[link=http://x]", "[/link]", "[$primary]", "[on", "=", '"', "'", "(", "a", "漢", "\x1b[2J"),
    *(
        "\x1b]0;t\x07",
        "\x9b2J",
        "\u202e",
        "\u200b",
        "\ud800",
        "\n",
        "\x00",
        "{}",
        "%s",
        "&lt;",
        "<b>",
    ),
)
NAMES = st.lists(
    HOSTILE | st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
    min_size=EACH,
    max_size=EACH,
)


def played(names: Sequence[str]) -> Scene:
    """A process, an alert that is shown as a toast and a hold for each name, at least of some."""
    moment = tick()
    table = moment.processes
    assert isinstance(table, ProcessTable)
    row, detail = table.rows[-10], table.details[table.rows[-10].pid]
    rows = tuple(
        row._replace(pid=pid, name=SafeText(name)) for pid, name in enumerate(names, start=2)
    )
    details = {one.pid: detail._replace(command=SafeText(one.name)) for one in rows}
    processes = replace(table, rows=rows, details=MappingProxyType(details), inspection=None)
    known = [
        replace(alerts()[0], fingerprint=f"f{number}", summary=SafeText(name))
        for number, name in enumerate(names[:8])
    ]
    events = tuple(AlertEvent(NOW, "firing", alert) for alert in known)
    scene = Scene([replace(moment, processes=processes, alerts=tuple(known), events=events)])
    scene.holds = {
        one.pid: FakeHold(target(one.pid)._replace(name=one.name), ourselves()) for one in rows
    }
    return scene


async def drawn(names: Sequence[str]) -> list[str]:
    """Pictures of the pages and dialogs that show the names."""
    pictures = []
    async with stage(200, 60, played(names), history=False) as shown:
        for keys in (
            ("2", "g", *["space"] * 6),
            ("f9",),
            ("escape", "3"),
            ("enter",),
            ("escape", "n"),
        ):
            await shown.press(*keys)
            pictures.append(shown.app.export_screenshot())
            if keys == ("f9",):
                for _ in range(50):
                    await shown.pilot.pause()
                    if isinstance(shown.app.screen, SignalScreen):
                        break
                assert shown.screen == "SignalScreen"
        assert shown.app.return_code in (None, 0)
        assert shown.app.is_running, "a name ended it"
    return pictures


def check(names: Sequence[str]) -> None:
    for name in names:
        assert not any(map(deceives, clean(name)))
    for picture in asyncio.run(drawn(names)):
        assert [char for char in set(picture) if deceives(char) and char != "\n"] == []


@limits(max_examples=4, phases=PHASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES)
def test_hundreds_of_names(names: list[str]) -> None:
    check(names)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@limits(
    max_examples=10_000 // EACH,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(NAMES)
def test_ten_thousand_names(names: list[str]) -> None:
    check(names)
