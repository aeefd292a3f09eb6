"""The dialog before a signal: to whom it goes, which one, and as often as it takes to be sure.

Opened from the process table with the processes held (`model.ports.Hold`); it lets them go when
it ends. SIGTERM is chosen at first. SIGKILL asks once more, and root types the name.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process_act import Signal, typed
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.dialog import Dialog
from sysmon_tui.ui.widgets.entry import Entry


class SignalScreen(Dialog[Signal | None]):
    """Ends with the signal, or with None."""

    DEFAULT_CSS = """
    SignalScreen #signal { width: 76; border: solid $error; overflow-y: auto; }
    SignalScreen #who { height: auto; max-height: 8; scrollbar-size: 1 1; }
    SignalScreen OptionList, SignalScreen OptionList:focus {
        height: 9; border: none; padding: 0; background: $surface;
    }
    SignalScreen Input { display: none; }
    SignalScreen #remark { color: $warning; }
    SignalScreen.-ascii #signal { border: ascii $error; }
    SignalScreen.-ascii #who { scrollbar-size: 0 0; }
    """
    BINDINGS = [
        Binding("escape", "leave", "Leave"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
        # The list, which is never longer than its room, would take them.
        Binding("pagedown", "scroll_who(1)", "More", show=False, priority=True),
        Binding("pageup", "scroll_who(-1)", "Less", show=False, priority=True),
    ]

    def __init__(self, holds: Sequence[Hold], who: str, glyphs: Glyphs) -> None:
        """`who` says in lines to whom the signal goes."""
        super().__init__(glyphs)
        self._who = who
        self._typed = typed([hold.target for hold in holds], holds[0].us)
        self._certain = all(hold.certain for hold in holds)
        self._title = _title(holds)
        self._chosen: Signal | None = None
        """What was chosen, once a second answer is asked for."""

    def compose(self) -> ComposeResult:
        box = Vertical(
            VerticalScroll(
                Static(self._glyphs.text(self._who), markup=False), id="who", can_focus=False
            ),
            OptionList(*(Option(_line(one), id=one) for one in Signal), markup=False),
            Entry(select_on_focus=False),
            Static(markup=False, id="remark"),
            id="signal",
            classes="dialog--box",
        )
        box.border_title = Content(self._glyphs.text(self._title))
        box.border_subtitle = "Enter sends, Esc leaves, PgDn reads on"
        yield box

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self._list.highlighted = 0
        if not self._certain:
            self._say("This kernel has no pidfd: start times are compared just before it is sent")

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        """Another signal is another question."""
        if self._chosen is not None and event.option_id != self._chosen:
            self._chosen = None
            self._say("")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        wanted = Signal(event.option_id or "")
        if wanted is self._chosen:
            self.dismiss(wanted)
            return
        self._chosen = wanted
        if self._typed:
            field = self.query_one(Input)
            field.display = True
            self.set_focus(field)
            self._say(f"You are root. Type {self._typed} to send {wanted}")
        elif wanted is Signal.KILL:
            self._ask_again()
        else:
            self.dismiss(wanted)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value != self._typed or self._chosen is None:
            self._say(f"That is not {self._typed}")
        elif self._chosen is Signal.KILL:
            event.input.display = False
            self.set_focus(self._list)
            self._ask_again()
        else:
            self.dismiss(self._chosen)

    def _ask_again(self) -> None:
        self._say("SIGKILL ends it at once: nothing is saved or tidied up. Enter again to send it")

    def action_move(self, step: int) -> None:
        if step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_scroll_who(self, pages: int) -> None:
        who = self.query_one("#who", VerticalScroll)
        who.scroll_relative(y=pages * who.size.height, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.query_one("#remark", Static).update(Content(self._glyphs.text(text)))


def _title(holds: Sequence[Hold]) -> str:
    if len(holds) > 1:
        return f"Signal to {len(holds)} processes"
    target = holds[0].target
    return f"Signal to {target.name} ({target.key.pid})"


def _line(signal: Signal) -> str:
    return f"{signal:<8} {signal.meaning}"
