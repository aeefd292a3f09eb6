"""Only what changed is painted: budgets in lines, not in seconds."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from sysmon_tui.model.metric import labels
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.signals import CPU
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel
from tests.scene import tick
from tests.ui.stage import Stage, stage


class Painted:
    """Counts the regions that panels ask to have painted."""

    def __init__(self, shown: Stage) -> None:
        self.lines: dict[str, int] = {}
        for name, panel in shown.app.overview.panels.items():
            self._watch(name, panel)

    def _watch(self, name: str, panel: LinePanel) -> None:
        refresh = panel.refresh

        def counted(*regions: Region, **options: bool) -> LinePanel:
            self.lines[name] = self.lines.get(name, 0) + (len(regions) or panel.size.height)
            refresh(*regions, **options)
            return panel

        panel.refresh = counted  # type: ignore[method-assign]
        repaint = panel._repaint

        def repainted(regions: Sequence[Region]) -> None:
            self.lines[name] = self.lines.get(name, 0) + len(regions)
            repaint(regions)

        panel._repaint = repainted  # type: ignore[method-assign]


async def test_the_same_moment_paints_nothing() -> None:
    async with stage(120, 40) as shown:
        painted = Painted(shown)
        view = shown.app.overview.view
        shown.app.overview.show(replace(view))
        assert painted.lines == {}


async def test_one_figure_paints_its_own_lines() -> None:
    async with stage(120, 40) as shown:
        painted = Painted(shown)
        view = shown.app.overview.view
        steal = {**view.tick.family(CPU), labels(mode="steal"): 0.05}
        families = {**view.tick.families, CPU: steal}
        shown.app.overview.show(replace(view, tick=replace(view.tick, families=families)))
        assert painted.lines == {"gauges": 1}


async def test_a_live_second_paints_no_more_than_what_moved() -> None:
    async with stage(120, 40) as shown:
        painted = Painted(shown)
        now = tick(601)
        shown.app.overview.show(replace(shown.app.overview.view, tick=now))
        still = now.processes.rows == shown.app.overview.view.tick.processes.rows
        assert still
        assert painted.lines.get("processes", 0) == 0
        assert painted.lines["header"] == 1
        assert sum(painted.lines.values()) <= 40


async def test_hidden_panels_draw_nothing() -> None:
    drawn: list[str] = []
    async with stage(40, 12) as shown:
        for name, panel in shown.app.overview.panels.items():
            _spy(name, panel, drawn)
        shown.app.overview.show(replace(shown.app.overview.view))
        assert set(drawn) == {"header", "verdict", "gauges", "processes", "footer"}


def _spy(name: str, panel: LinePanel, drawn: list[str]) -> None:
    draw = panel.draw

    def spied(view: View, width: int, height: int) -> Sequence[Line]:
        drawn.append(name)
        return draw(view, width, height)

    panel.draw = spied  # type: ignore[method-assign]


async def test_a_crop_is_a_part_of_the_line() -> None:
    async with stage(120, 40) as shown:
        header = shown.app.overview.panels["header"]
        whole = header.render_lines(Region(0, 0, 120, 1))[0]
        part = header.render_lines(Region(5, 0, 20, 1))[0]
        assert part.text == whole.text[5:25]
        assert whole.cell_length == 120


async def test_a_theme_changes_styles_and_not_text() -> None:
    async with stage(120, 40) as shown:
        verdict = shown.app.overview.panels["verdict"]
        before = list(verdict.render_line(0))
        shown.app.theme = "sysmon-contrast"
        await shown.pilot.pause()
        after = list(verdict.render_line(0))
        assert "".join(s.text for s in before) == "".join(s.text for s in after)
        assert _styles(before) != _styles(after)


def _styles(segments: list[Segment]) -> list[object]:
    return [segment.style for segment in segments]


async def test_lines_that_were_drawn_leave_no_garbage() -> None:
    """The collector of garbage comes by every few minutes only: lines must not wait for it."""
    async with stage(120, 40) as shown:
        view = shown.app.overview.view

        async def play(seconds: range) -> int:
            for number in seconds:
                shown.app.overview.show(replace(view, tick=tick(number)))
                await shown.pilot.pause()
            return sum(isinstance(one, Strip) for one in gc.get_objects())

        await play(range(601, 605))
        gc.collect()
        gc.disable()
        try:
            before = await play(range(605, 610))
            # One for every line that a tick changes would be 400.
            assert await play(range(610, 640)) <= before + 40
        finally:
            gc.enable()
