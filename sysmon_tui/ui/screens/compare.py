"""Two moments held against each other: who came, went and changed, and what moved most."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sysmon_tui.model import compared
from sysmon_tui.model.difference import Difference
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.dialog import ScrolledDialog
from sysmon_tui.ui.source import Lookback

MARGIN = 4
"""Columns of frame and padding."""


class CompareScreen(ScrolledDialog[None]):
    DEFAULT_CSS = "CompareScreen #compare { width: 100%; max-width: 140; scrollbar-size: 0 0; }"
    BINDINGS = [Binding("escape,q,enter,d", "dismiss", "Close")]

    def __init__(
        self,
        lookback: Lookback,
        before: float,
        after: float | Tick,
        *,
        boot_time: float,
        now: float,
        glyphs: Glyphs,
    ) -> None:
        """`before` and `after` are seconds since the epoch; `after` may be a live tick."""
        super().__init__(glyphs)
        self._lookback = lookback
        self._before = before
        self._after = after
        self._boot_time = boot_time
        self._now = now

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="compare", classes="dialog--box") as scroll:
            scroll.border_title = "What changed"
            scroll.border_subtitle = "Esc closes"
            yield Static("reading", markup=False)

    def on_mount(self) -> None:
        self.read()

    @work(group="compare", exclusive=True)
    async def read(self) -> None:
        """On a thread; what cannot be read is said."""
        try:
            found = await asyncio.to_thread(self._compare)
        except (OSError, StoreError) as error:
            text = f"The history cannot be read: {error}"
        else:
            width = min(140, self.app.size.width) - MARGIN
            # Three of each fit 24 rows, with the metrics.
            each = 3 if self.app.size.height < 34 else 6
            text = "\n".join(compared.lines(found, width=width, each=each, now=self._now))
        self.query_one(Static).update(Content(self._glyphs.text(text)))

    def _compare(self) -> Difference:
        before = self._lookback.tick(self._before)
        after = self._after
        tick = after if isinstance(after, Tick) else self._lookback.tick(after)
        return self._lookback.difference(before, tick, self._boot_time)
