"""What dialogs share: a framed box in the middle of the screen, in ASCII where that is wanted."""

from __future__ import annotations

from textual.binding import Binding
from textual.screen import ModalScreen, ScreenResultType

from sysmon_tui.ui.glyphs import Glyphs


class Dialog(ModalScreen[ScreenResultType]):
    """Composes one widget of the class `dialog--box`, which says how wide it is."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog .dialog--box {
        max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: solid $primary;
    }
    Dialog.-ascii .dialog--box { border: ascii $primary; scrollbar-size: 0 0; }
    Dialog Input, Dialog Input:focus { border: none; height: 1; padding: 0; background: $surface; }
    Dialog #remark { height: auto; color: $text-muted; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else None)
        self._glyphs = glyphs


class ScrolledDialog(Dialog[ScreenResultType]):
    """One to read: the keys that go down scroll it."""

    DEFAULT_CSS = """
    ScrolledDialog .dialog--box { overflow-y: auto; }
    ScrolledDialog .dialog--box Static { width: auto; }
    """
    BINDINGS = [
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def action_scroll(self, rows: int) -> None:
        self.query_one(".dialog--box").scroll_relative(y=rows, animate=False)
