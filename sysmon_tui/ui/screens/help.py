"""Every key and what the marks mean, over whatever was on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from sysmon_tui.model.alert import Severity
from sysmon_tui.ui.actions import Scope, key_names, of_scope
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.screens.dialog import ScrolledDialog

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


class HelpScreen(ScrolledDialog[None]):
    DEFAULT_CSS = "HelpScreen #help { width: 84; height: 90%; }"
    BINDINGS = [Binding("escape,q,question_mark,f1,enter", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        from textual.containers import VerticalScroll

        with VerticalScroll(id="help", classes="dialog--box") as scroll:
            scroll.border_title = "Help"
            scroll.border_subtitle = "Esc closes"
            yield Static(help_text(self._glyphs), markup=False)
