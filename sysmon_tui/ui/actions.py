"""Every key there is, in one table: bindings, footer, help, palette and remapping follow from it.

A new action is a row here and an `action_<name>` method on what its scope names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType


class Scope(StrEnum):
    """Where an action works; also the groups of the help."""

    ALERTS = "Alert log"
    DOSSIER = "An alert in full"
    PROCESSES = "Processes"
    LIST = "In a list"
    TUNING = "Tuning a rule"
    VIEW = "View"
    PAST = "Looking back"
    CHART = "On a chart"
    GENERAL = "General"


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    """The method `action_<name>`; also its id in the `keys` setting."""
    keys: str
    """Comma-separated, as Textual names them."""
    title: str
    """One or two words for the footer."""
    tip: str
    """A sentence for the help and the palette."""
    scope: Scope
    footer: bool = False
    at_once: bool = False
    """Before any key that follows is given to a widget: what is typed next belongs to it."""


ACTIONS = (
    Action("acknowledge", "a", "Ack", "Acknowledge: say that you have it", Scope.ALERTS, True),
    Action("acknowledge_all", "A", "Ack all", "Acknowledge every alert shown", Scope.ALERTS, True),
    Action("unacknowledge", "u", "Undo ack", "Take your acknowledgement back", Scope.ALERTS, True),
    Action("note", "n", "Note", "Say what you know of it; it is then yours", Scope.ALERTS, True),
    Action("shelve", "s", "Shelve", "Out of sight for a while, or back", Scope.ALERTS, True),
    Action("silence", "S", "Silence", "Nobody is called about all that match", Scope.ALERTS, True),
    Action("close_alert", "escape,q,enter", "Back", "Back to the alert log", Scope.DOSSIER, True),
    Action(
        "older", "left_square_bracket", "Older", "The evidence of an earlier time", Scope.DOSSIER
    ),
    Action("newer", "right_square_bracket", "Newer", "The evidence of a later time", Scope.DOSSIER),
    Action("tag", "space", "Tag", "Tag it: the keys above act on all tagged", Scope.ALERTS, True),
    Action("tune", "T", "Tune", "Tune its rule against the past", Scope.ALERTS, True),
    Action("group", "t,f5", "Group", "A line for each rule, or for each alert", Scope.ALERTS, True),
    Action("next_order", "o,f6", "Order", "By urgency, age, severity, rule, value", Scope.ALERTS),
    Action("invert_order", "I", "Invert", "Turn the order of the log round", Scope.ALERTS),
    Action("sort_cpu", "P", "CPU", "Sort by CPU", Scope.PROCESSES, True),
    Action("sort_memory", "M", "Mem", "Sort by memory", Scope.PROCESSES, True),
    Action("sort_time", "T", "Time", "Sort by CPU time", Scope.PROCESSES, True),
    Action("sort_pid", "N", "Pid", "Sort by pid", Scope.PROCESSES, True),
    Action("sort_io", "O", "IO", "Sort by storage traffic", Scope.PROCESSES),
    Action("invert", "I", "Invert", "Turn the order round", Scope.PROCESSES, True),
    Action("tree", "t,f5", "Tree", "Show children under their parents", Scope.PROCESSES, True),
    Action(
        "signal", "f9", "Signal", "Send it a signal; asks which and whom", Scope.PROCESSES, True
    ),
    Action("higher_priority", "f7", "Nice -", "Take one from its nice value", Scope.PROCESSES),
    Action("lower_priority", "f8", "Nice +", "Add one to its nice value", Scope.PROCESSES),
    Action("follow", "F", "Follow", "Keep the cursor on it, however sorted", Scope.PROCESSES),
    Action("tag_process", "space", "Tag", "Tag it: signals go to all tagged", Scope.PROCESSES),
    Action("more", "up,k,plus", "More", "The figure a step up", Scope.TUNING, True),
    Action("less", "down,j,minus", "Less", "The figure a step down", Scope.TUNING, True),
    Action("next_figure", "right,l,tab", "Next", "To the next figure", Scope.TUNING, True),
    Action("previous_figure", "left,h,shift+tab", "Previous", "The one before", Scope.TUNING),
    Action("leave", "escape,q", "Leave", "Back; the rule stays as it is", Scope.TUNING, True),
    Action(
        "table",
        "enter",
        "Table",
        "Show it for the settings file, or write it",
        Scope.TUNING,
        True,
    ),
    Action("type", "equals_sign,slash", "Type", "Type the figure", Scope.TUNING, True, True),
    Action("reset", "backspace", "Reset", "All figures as they were", Scope.TUNING, True),
    Action("up", "up,k", "Up", "One row up", Scope.LIST),
    Action("down", "down,j", "Down", "One row down", Scope.LIST),
    Action("page_up", "pageup", "Page up", "One page up", Scope.LIST),
    Action("page_down", "pagedown", "Page down", "One page down", Scope.LIST),
    Action("first", "g,home", "First", "To the first row", Scope.LIST),
    Action("last", "G,end", "Last", "To the last row", Scope.LIST),
    Action("choose", "enter", "Details", "Open what the cursor is on", Scope.LIST, True),
    Action("alerts", "a", "Alerts", "Go to the alert log", Scope.VIEW, True),
    Action(
        "filter",
        "slash,f4",
        "Filter",
        "Show only what matches a text or regex",
        Scope.VIEW,
        footer=True,
        at_once=True,
    ),
    Action("live", "L,end", "Live", "Show now again", Scope.PAST, True, at_once=True),
    Action(
        "back_in_time", "left_square_bracket", "Earlier", "A step back in time", Scope.PAST, True
    ),
    Action("on_in_time", "right_square_bracket", "Later", "A step on in time", Scope.PAST, True),
    Action("leap_back", "left_curly_bracket", "Leap", "Back by a quarter of the chart", Scope.PAST),
    Action("leap_on", "right_curly_bracket", "Leap on", "On by a quarter of it", Scope.PAST),
    Action("go_to", "b", "Go to", "Show a moment: 03:12, -2h, yesterday 14:00", Scope.PAST, True),
    Action("zoom_in", "plus", "Zoom in", "Charts of a shorter time, down to a minute", Scope.PAST),
    Action("zoom_out", "minus", "Zoom out", "Charts of a longer time, up to 90 days", Scope.PAST),
    Action("zoom_live", "equals_sign", "No zoom", "Charts of the last minutes again", Scope.PAST),
    Action("mark", "m", "Mark", "Mark the moment shown, to compare it with another", Scope.PAST),
    Action("compare", "d", "Compare", "The mark with the moment shown", Scope.PAST, True),
    Action("earlier", "left", "Earlier", "On a chart: a column back in time", Scope.CHART),
    Action("later", "right", "Later", "On a chart: a column on in time", Scope.CHART),
    Action("pause", "z,Z", "Pause", "Freeze the picture; recording goes on", Scope.GENERAL, True),
    Action("expand", "e", "Expand", "Give the focused panel the whole screen", Scope.VIEW, True),
    Action("next_chart", "h", "Chart", "Draw the next chart", Scope.VIEW),
    Action("page('')", "1", "Overview", "Everything at a glance", Scope.VIEW),
    Action("page('processes')", "2", "Processes", "Only the processes", Scope.VIEW),
    Action("page('alerts')", "3", "Alerts", "Only the alert log", Scope.VIEW),
    Action("page('storage')", "4", "Storage", "Disks and filesystems", Scope.VIEW),
    Action("page('network')", "5", "Network", "Interfaces and sensors", Scope.VIEW),
    Action("page('cores')", "6", "Cores", "Every core, with the gauges", Scope.VIEW),
    Action("page('history')", "7", "History", "The chart on the whole screen", Scope.VIEW),
    Action("page('internals')", "8", "Self", "What this monitor costs, part by part", Scope.VIEW),
    Action("back", "escape", "Back", "Close, clear or leave what is open", Scope.VIEW),
    Action("focus_next_panel", "tab", "Next panel", "To the next panel", Scope.VIEW),
    Action(
        "focus_previous_panel", "shift+tab", "Previous panel", "To the panel before", Scope.VIEW
    ),
    Action("incident", "i", "Incident", "Begin an incident, or end it", Scope.GENERAL),
    Action("brief", "B", "Brief", "What changed since you last looked", Scope.GENERAL),
    Action(
        "help",
        "question_mark,f1",
        "Help",
        "Every key, and what the marks mean",
        Scope.GENERAL,
        True,
    ),
    Action(
        "command_palette", "ctrl+p,colon", "Commands", "Find and run a command", Scope.GENERAL, True
    ),
    Action("settings", "f2,comma", "Settings", "See and change every setting", Scope.GENERAL),
    Action("next_theme", "ctrl+t", "Theme", "The next colour theme", Scope.GENERAL),
    Action("redraw", "ctrl+l", "Redraw", "Paint the whole screen anew", Scope.GENERAL),
    Action("quit", "q,ctrl+c", "Quit", "Leave; alerts and history are kept", Scope.GENERAL, True),
)

ACTS = frozenset(
    {
        "acknowledge",
        "acknowledge_all",
        "unacknowledge",
        "note",
        "shelve",
        "silence",
        "tag",
        "tune",
        "signal",
    }
)
"""Actions that do something about what is shown, which only goes where that is now."""


def bindings(*scopes: Scope) -> list[BindingType]:
    """Textual bindings of the actions in these scopes, remappable by their id."""
    return [
        Binding(
            action.keys,
            action.name,
            action.title,
            show=False,
            tooltip=action.tip,
            id=binding_id(action),
            priority=action.at_once,
        )
        for action in ACTIONS
        if action.scope in scopes
    ]


def binding_id(action: Action) -> str:
    """`page('storage')` is `page.storage` in the settings."""
    return action.name.replace("('", ".").rstrip("')").rstrip(".") or action.name


_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "colon": ":",
    "comma": ",",
    "enter": "Enter",
    "escape": "Esc",
    "up": "Up",
    "down": "Down",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "left": "Left",
    "right": "Right",
    "shift+tab": "Shift+Tab",
}


def key_names(action: Action) -> list[str]:
    """The keys as they are printed on a keyboard."""
    return [_key_name(key) for key in action.keys.split(",")]


def _key_name(key: str) -> str:
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return key.upper() if key[0] == "f" and key[1:].isdigit() else key


def of_scope(scopes: Iterable[Scope], *, footer: bool) -> list[Action]:
    wanted = list(scopes)
    return [
        action for action in ACTIONS if action.scope in wanted and (action.footer or not footer)
    ]
