"""The real app over a machine whose every text attacks: `python -m tests.ui.hostile DRIVER`.

The payloads are where nobody cleaned them, as if each collector had forgotten to: what is tested
is the last gate before the terminal. DRIVER is `diff` or `whole`.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.look import Edit, Look
from sysmon_tui.ui.telling import Ways
from tests import evidence
from tests.scene import Scene, alerts, events, scene

PAYLOADS = {
    "title": "\x1b]0;owned\x07",
    "unended title": "\x1b]2;owned",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "clear": "\x1b[2J\x1b[3J",
    "move": "\x1b[7;7Howned",
    "colour": "\x1b[31;5mowned",
    "link": "\x1b]8;;http://owned/\x1b\\owned",
    "device control": "\x1bPowned\x1b\\",
    "c1 clear": "\x9b2J",
    "c1 title": "\x9d0;owned\x9c",
    "line ends": "owned\r\nowned\x0b\x0c\x08\x7f",
    "bidi": "\u202eowned\u2066\u200f\u061c",
    "no width": "o\u200bw\ufeffn\u2060ed\u2028",
    "markup": "[/][red][@click=app.quit]owned[/]",
}
"""Each has characters that nobody but us may send, or none that a terminal acts on: `markup`."""

_KEYS = frozenset(
    {"fingerprint", "rule", "resource", "kind", "state", "status", "name", "unit", "muted"}
)
"""Fields by which things are found; all but `name` are never outside text."""
_LABELS = frozenset({"device", "mountpoint", "fstype", "chip", "sensor"})


def tainted(value: Any, put: Iterator[str], field: str = "") -> Any:
    """The same with a payload after every text."""
    if isinstance(value, Enum) or field in _KEYS - {"name"}:
        return value
    if isinstance(value, str):
        return SafeText(f"{value}{next(put)}")
    if field == "labels":
        return tuple(
            (name, f"{text}{next(put)}" if name in _LABELS else text) for name, text in value
        )
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            one.name: tainted(getattr(value, one.name), put, one.name)
            for one in fields(value)
            if one.init and one.name != "families"
        }
        return replace(value, **changed)
    if isinstance(value, tuple):
        items = [tainted(item, put, field) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, Mapping):
        return {key: tainted(item, put, field) for key, item in value.items()}
    return value


def tainted_families(tick: Tick, put: Iterator[str]) -> Tick:
    """Devices and mounts get the same payload in each of their families."""
    given: dict[str, str] = {"lo": "lo"}

    def renamed(text: str) -> str:
        if text not in given:
            given[text] = f"{text}{next(put)}"
        return given[text]

    families = {
        name: {
            tuple((key, renamed(text) if key in _LABELS else text) for key, text in labels): value
            for labels, value in family.items()
        }
        for name, family in tick.families.items()
    }
    return replace(tick, families=families)


class Hostile(Scene):
    """Everything at once, and a new alert with every tick: toasts, titles, notices."""


def hostile_scene() -> Scene:
    put = itertools.cycle(PAYLOADS.values())
    plain = scene(inspect=True)
    moment = replace(plain.ticks[0], collectors=tainted(plain.ticks[0].collectors, put))
    moment = replace(moment, processes=tainted(moment.processes, put))
    moment = tainted_families(moment, put)
    # Enough alerts that each payload stands in a summary.
    found = [
        replace(tainted(alert, put), fingerprint=f"{alert.fingerprint}{number}")
        for number in range(4)
        for alert in alerts()
    ]
    calls = tuple(
        AlertEvent(moment.wall, "firing", replace(alert, severity=Severity.CRITICAL, ack=None))
        for alert in found
    )
    ticks = [
        replace(
            moment, alerts=tuple(found), events=(call,), number=601 + n, mono=moment.mono + 5 * n
        )
        for n, call in enumerate(calls)
    ]
    played = Hostile(ticks)
    played.host = tainted(played.host, put)
    played.events = tuple(replace(event, actor=tainted(event.actor, put)) for event in events())
    played.notices = tuple(f"notice {payload}" for payload in PAYLOADS.values())
    played.recorder = f"recorder {PAYLOADS['title']}"
    played.dossiers = {alert.fingerprint: tainted(evidence.dossier(), put) for alert in found}
    return played


def main() -> None:
    edits = itertools.cycle([Edit(f"edit {payload}") for payload in PAYLOADS.values()])
    app = SysmonApp(
        hostile_scene(),
        Look(theme="sysmon-dark", glyphs=glyphs("unicode"), ways=Ways(title=True, desktop="osc9")),
        rules=load_rules((), "pack").rules,
        actor=SafeText(f"mira{PAYLOADS['clear']}"),
        edits=lambda: next(edits),
        driver_class=driver_class(sys.argv[1] == "diff"),
    )
    app.run(mouse=True)
    # Past every handler of the interpreter: the status says whether anything acted.
    os._exit(app.return_code or 0)


if __name__ == "__main__":
    main()
