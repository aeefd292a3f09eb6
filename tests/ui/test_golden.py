"""The overview as text, to the letter. `SYSMON_TUI_TEST_UPDATE=1` writes it anew: read the diff."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.metric import Families
from sysmon_tui.model.sample import CollectorState, Status
from tests.scene import Scene, scene, tick
from tests.ui.stage import stage

GOLDEN = Path(__file__).parent.parent / "golden"
SIZES = ((80, 24), (120, 40), (200, 60), (40, 12))


def compare(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("SYSMON_TUI_TEST_UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("glyph_set", ["unicode", "block", "ascii"])
@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_trouble(width: int, height: int, glyph_set: str) -> None:
    async with stage(width, height, glyph_set=glyph_set) as shown:
        compare(f"trouble-{width}x{height}-{glyph_set}", shown.text)
        if glyph_set == "ascii":
            assert shown.text.isascii()


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_calm(width: int, height: int) -> None:
    async with stage(width, height, scene(trouble=False)) as shown:
        compare(f"calm-{width}x{height}", shown.text)
        assert "All calm" in shown.text


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_internals(width: int, height: int) -> None:
    moment = tick(600)
    states = (
        CollectorState(name="process", status=Status.OK, interval=2.0, age=0.2, cost=0.011),
        CollectorState(name="cpu", status=Status.OK, interval=1.0, age=0.2, cost=0.0003),
        CollectorState(
            name="filesystem", status=Status.TIMEOUT, interval=30.0, age=95.0, cost=0.002,
            note="no answer for 5 s; waiting",
        ),
        CollectorState(name="unit", status=Status.UNSUPPORTED, interval=60.0, age=float("inf")),
    )  # fmt: skip
    own: Families = {
        "process_open_fds": {(): 61.0},
        "process_threads": {(): 6.0},
        "sysmon_self_queued_batches": {(): 3.0},
        "sysmon_self_dropped_batches_total": {(): 0.0},
    }
    source = Scene([replace(moment, collectors=states, families={**moment.families, **own})])
    source.notices = ("Recording is paused: no space left on the device",)
    async with stage(width, height, source) as shown:
        await shown.press("8")
        compare(f"internals-{width}x{height}", shown.text)


@pytest.mark.parametrize("cores", [1, 64, 256])
async def test_cores(cores: int) -> None:
    async with stage(120, 40, scene(trouble=False, cores=cores)) as shown:
        compare(f"cores-{cores}", shown.text)


@pytest.mark.parametrize("glyph_set", ["unicode", "ascii"])
@pytest.mark.parametrize(("width", "height"), SIZES[:3])
async def test_alert_page(width: int, height: int, glyph_set: str) -> None:
    async with stage(width, height, glyph_set=glyph_set) as shown:
        await shown.press("3", "down", "down")
        compare(f"alerts-{width}x{height}-{glyph_set}", shown.text)
        if glyph_set == "ascii":
            assert shown.text.isascii()
