"""Every key and what the marks mean, over whatever was on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from sysmon_tui.model.alert import Severity
from sysmon_tui.ui.actions import Scope, key_names, of_scope
from sysmon_tui.ui.glyphs import Glyphs

KEYS_WIDTH = 20
SCOPES = (
    *(Scope.GENERAL, Scope.VIEW, Scope.PAST, Scope.CHART, Scope.LIST),
    *(Scope.PROCESSES, Scope.ALERTS, Scope.DOSSIER, Scope.TUNING),
)


def help_text(glyphs: Glyphs) -> str:
    """The help as plain lines: scopes, their keys, then the legend."""
    lines: list[str] = []
    for scope in SCOPES:
        lines += [scope.upper(), *_keys(scope), ""]
    marks = "   ".join(f"{glyphs.severity(level)} {level.word}" for level in Severity)
    lines += ["MARKS", f"  {marks}", ""]
    lines += [
        "READING THE GAUGES",
        "  The colour and word come from the alert rules, at once; an alert waits",
        "  until a breach has lasted. Psi is pressure: the share of the last 10 s",
        "  in which tasks waited for that resource.",
        "  CPU: us user, ni user with a nice value, sy system, wa waiting for storage,",
        "  st stolen by the host.",
    ]
    return "\n".join(lines)


def _keys(scope: Scope) -> Sequence[str]:
    return [
        f"  {', '.join(key_names(action)):<{KEYS_WIDTH}}{action.tip}"
        for action in of_scope([scope], footer=False)
    ]


class HelpScreen(ModalScreen[None]):
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen #help {
        width: 84; max-width: 100%; height: 90%; padding: 0 1;
        background: $surface; border: solid $primary; overflow-y: auto;
    }
    HelpScreen.-ascii #help { border: ascii $primary; scrollbar-size: 0 0; }
    HelpScreen #help Static { width: auto; }
    """
    BINDINGS = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else None)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        from textual.containers import VerticalScroll

        with VerticalScroll(id="help") as scroll:
            scroll.border_title = "Help"
            scroll.border_subtitle = "Esc closes"
            yield Static(help_text(self._glyphs), markup=False)

    def action_scroll(self, rows: int) -> None:
        self.query_one("#help").scroll_relative(y=rows, animate=False)
