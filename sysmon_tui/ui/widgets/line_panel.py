"""The base of every live panel: text in, changed lines out.

A stock widget spends its time in layout, borders and a styles cache. A panel here turns what it
shows into lines of (text, role) spans; only a line whose spans changed becomes a new `Strip`, and
only those lines are marked for repaint. Measured against stock widgets: a tenth of the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.messages import Update
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from sysmon_tui.model.text import clean
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import cells, panel
from sysmon_tui.ui.palette import Line, Palette, palette_for
from sysmon_tui.ui.sieve import passed
from sysmon_tui.ui.view import View


class Drawn(Strip):
    """A strip that goes when nobody holds it.

    Textual's remembers what it was cut into, and where that is all of it, itself: every line ever
    drawn, with its seven caches, would then lie until the garbage collector comes by.
    """

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        within = [cut for cut in cuts if cut <= self.cell_length]
        return [self] if within == [self.cell_length] else super().divide(within)


class LinePanel(Widget):
    """Draws `draw(view, width, height)`; knows nothing of where its figures come from."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    LinePanel { position: absolute; width: 1; height: 1; background: transparent; }
    """

    view: var[View | None] = var(None)
    """What to show; the screen assigns a new one on every tick."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name, id=name)
        self._lines: list[Line] = []
        self._strips: list[Strip | None] = []
        self._width = 0

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        """The panel's lines, at most `height` of them. Pure but for the panel's own cursor."""
        raise NotImplementedError

    def framed(
        self, view: View, title: str, note: str, content: Sequence[Line], width: int, height: int
    ) -> list[Line]:
        """`content` under a title, framed where there is room; lit while it has the focus."""
        return panel(
            title,
            note,
            content,
            width,
            height,
            view.glyphs,
            boxed=view.boxed,
            focused=self.has_focus,
        )

    @property
    def shown(self) -> bool:
        """Whether the layout gives it room now; what has none draws nothing."""
        return bool(self.display and self.size.width and self.size.height)

    @property
    def text(self) -> str:
        """What stands on the panel, for golden tests and `--plain` readers."""
        return "\n".join("".join(span[0] for span in line) for line in self._lines)

    def redraw(self) -> None:
        """Draw now and mark what changed."""
        view = self.view
        if view is None or not self.shown:
            return
        width, height = self.size
        self._width = width
        lines = [
            _shown(line, view.glyphs) for line in self._draw_or_say(view, width, height)[:height]
        ]
        lines.extend([()] * (height - len(lines)))
        if len(self._lines) != height:
            self._lines, self._strips = lines, [None] * height
            self.refresh()
            return
        changed = [y for y, line in enumerate(lines) if line != self._lines[y]]
        if not changed:
            return
        for y in changed:
            self._lines[y] = lines[y]
            self._strips[y] = None
        self._repaint([Region(0, y, width, 1) for y in changed])

    def _repaint(self, regions: Sequence[Region]) -> None:
        """`refresh(*regions)` without the detour over this widget's own message loop.

        A tick changes lines in ten panels. Waking ten loops so that each may post the same
        message costs more than drawing them (measured: 2 ms of 6 at 120x40).
        """
        self._repaint_regions.update(regions)
        self.screen.post_message(Update(self))

    def _draw_or_say(self, view: View, width: int, height: int) -> Sequence[Line]:
        """What `draw` makes of it; a panel that fails says so in its own place."""
        try:
            return self.draw(view, width, height)
        except Exception as error:  # noqa: BLE001 - one panel's defect must not take the screen
            where = f"{self.id} cannot be drawn"
            what = clean(f"{type(error).__name__}: {error}", 200)
            content: list[Line] = [((where, "critical"),), ((what, "text"),)]
            return self.framed(view, "Defect", "", content, width, height)[:height]

    def watch_view(self) -> None:
        self.redraw()

    def on_resize(self, _: events.Resize) -> None:
        self._lines, self._strips = [], []
        self.redraw()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def notify_style_update(self) -> None:
        """The theme changed: the lines stand, their colours do not."""
        super().notify_style_update()
        self._strips = [None] * len(self._lines)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._lines):
            return Strip.blank(self._width, self._palette.style("text"))
        strip = self._strips[y]
        if strip is None:
            strip = self._strips[y] = self._strip(self._lines[y])
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for a region, past the styles cache: there is no border or padding to add."""
        strips = [self.render_line(y) for y in range(crop.y, crop.bottom)]
        if crop.x == 0 and crop.width >= self._width:
            return strips
        # A layout that has just changed, until `on_resize` hears of it.
        return [_part(strip, crop.x, crop.right) for strip in strips]

    @property
    def _palette(self) -> Palette:
        return palette_for(self.app.theme, colour=not self.app.no_color)

    def _strip(self, line: Line) -> Strip:
        style = self._palette.style
        segments = [Segment(text, style(role)) for text, role in line if text]
        length = sum(cells(segment.text) for segment in segments)
        return _fit(segments, length, self._width, style("text"))


def _shown(line: Line, glyphs: Glyphs) -> Line:
    """The line in characters that the output can carry, and that do nothing to it."""
    if all(text.isascii() and text.isprintable() for text, _ in line):
        return line
    if glyphs.ascii:
        line = tuple((glyphs.text(text), role) for text, role in line)
    return tuple((passed(text), role) for text, role in line)


def _fit(segments: list[Segment], length: int, width: int, blank: Style) -> Strip:
    if length < width:
        segments.append(Segment(" " * (width - length), blank))
        return Drawn(segments, width)
    strip = Drawn(segments, length)
    return strip if length == width else _part(strip, 0, width)


def _part(strip: Strip, start: int, end: int) -> Strip:
    part = strip.crop(start, end)
    return Drawn(part, part.cell_length)
