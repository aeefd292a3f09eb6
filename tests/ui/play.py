"""Plays the scene on this terminal as fast as it can be drawn: `play.py WARM_UP UNTIL`.

Rings the bell after the warm-up and at the end, so that what lies between can be counted.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.look import Look
from sysmon_tui.ui.process_order import Sort
from tests.scene import Scene, scene, tick


class Player(Scene):
    """Each tick comes when the one before has been drawn."""

    def __init__(self, warm_up: int, until: int) -> None:
        super().__init__(past=list(scene().history(600, 1, ())))
        self.warm_up, self.until = warm_up, until
        self.app: SysmonApp | None = None

    async def stream(self) -> AsyncIterator[Tick]:
        app = self.app
        assert app is not None
        for step in range(self.until):
            if step == self.warm_up:
                app.bell()
            yield tick(601 + step)
            drawn = asyncio.Event()
            app.call_after_refresh(drawn.set)
            await drawn.wait()
            # The frame goes out on the next turn of Textual's repaint timer, 60 a second.
            await asyncio.sleep(0.05)
        app.bell()


def main() -> None:
    source = Player(int(sys.argv[1]), int(sys.argv[2]))
    look = Look(theme="sysmon-dark", glyphs=glyphs("unicode"), sort=Sort.CPU)
    source.app = SysmonApp(source, look, actor=clean("mira"), driver_class=driver_class(diff=True))
    source.app.run(mouse=False)


if __name__ == "__main__":
    main()
