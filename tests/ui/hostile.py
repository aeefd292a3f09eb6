"""The real app over a machine whose every text attacks: `python -m tests.ui.hostile DRIVER`.

The payloads are where nobody cleaned them, as if each collector had forgotten to: what is tested
is the last gate before the terminal. DRIVER is `diff` or `whole`.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.brief import Brief
from sysmon_tui.model.incident import Incident
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.metric import Families
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.text import SafeText
from sysmon_tui.model.tick import Tick
from sysmon_tui.settings import current, schema
from sysmon_tui.settings.store import Loaded
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.lock import Lock
from sysmon_tui.ui.look import Edit, Look
from sysmon_tui.ui.telling import Ways
from tests import evidence
from tests.bygone import Bygone
from tests.hold import FakeHold, ourselves, target
from tests.model.briefs import bad_night
from tests.scene import NOW, Scene, alerts, events, scene, tick

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

    def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterator[Tick]:
        """Memory was short for a while, which somebody acknowledged."""
        for number in range(60):
            low: Families = {
                "sysmon_memory_available_ratio": {(): 0.09 if 10 <= number < 40 else 0.6}
            }
            wall = NOW - 2_400 + 10 * number
            yield replace(tick(0), wall=wall, mono=10.0 * number, families=low)


class Visit:
    """Tells of a night in which everything had such a name."""

    def __init__(self, put: Iterator[str]) -> None:
        self._brief: Brief = tainted(bad_night(), put)

    def news(self, tick: Tick) -> Brief | None:
        return None

    def brief(self, tick: Tick) -> Brief:
        return self._brief


class Desk:
    """An incident goes on that others began."""

    def __init__(self, put: Iterator[str]) -> None:
        self._put = put
        self._incident: Incident = tainted(
            Incident(name="n", began=NOW - 60.0, by=SafeText("ann"), why=SafeText("slow")), put
        )

    def current(self) -> Incident | None:
        return self._incident

    def begin(self, by: SafeText, why: str, now: float) -> Incident:
        return self._incident

    def mark(self, mark: Mark) -> None:
        """Nobody looks at it here."""

    def finish(self, by: SafeText, note: str, now: float) -> tuple[Path, ...]:
        return tuple(Path(f"/report {next(self._put)}") for _ in PAYLOADS)


def hostile_rules(put: Iterator[str]) -> tuple[Rule, ...]:
    return tuple(
        replace(
            rule,
            summary=f"{rule.summary}{next(put)}",
            runbook=f"{rule.runbook}{next(put)}",
            origin=f"settings.toml{next(put)}",
        )
        for rule in load_rules((), "pack").rules
    )


def hostile_settings(put: Iterator[str]) -> Loaded:
    texts = PAYLOADS.values()
    return Loaded(
        settings=schema.Settings(
            host=schema.Host(),
            storage=schema.Storage(url=f"sqlite:///{next(put)}"),
            notify=schema.Notify(
                to=tuple(schema.Receiver(name=f"to{text}", kind="command") for text in texts)
            ),
            logfile=schema.Logfile(
                paths={f"log{text}": f"/var{next(put)}" for text in texts},
                patterns={f"log{text}": f"a{next(put)}" for text in texts},
            ),
            prometheus=schema.Prometheus(
                rule_files=tuple(f"/rules{text}" for text in texts),
                labels={f"label{text}": next(put) for text in texts},
            ),
            lock=schema.Lock(user=f"mira{next(put)}"),
        ),
        path=Path(f"/etc/settings{next(put)}.toml"),
    )


def hostile_past(put: Iterator[str]) -> Bygone:
    """Moments in which everything is called otherwise than in the one before."""

    def moment(at: float) -> Tick:
        plain = tick(round(at - NOW + 600))
        changed = replace(plain, processes=tainted(plain.processes, put))
        return tainted_families(replace(changed, alerts=tainted(plain.alerts, put)), put)

    return Bygone(moment)


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
    played = Hostile(ticks, lookback=hostile_past(put))
    played.holds = {
        row.pid: FakeHold(tainted(target(row.pid), put), ourselves())
        for row in (moment.processes.rows if moment.processes else ())
    }
    played.host = tainted(played.host, put)
    short = replace(found[0], since=NOW - 2_300)
    past = (
        AlertEvent(NOW - 2_000, "resolved", short),
        AlertEvent(NOW - 2_100, "acknowledged", short, SafeText("jonas")),
        *events(),
    )
    played.events = tuple(replace(event, actor=tainted(event.actor, put)) for event in past)
    played.notices = tuple(f"notice {payload}" for payload in PAYLOADS.values())
    played.recorder = f"recorder {PAYLOADS['title']}"
    played.dossiers = {alert.fingerprint: tainted(evidence.dossier(), put) for alert in found}
    return played


def main() -> None:
    put = itertools.cycle(PAYLOADS.values())
    edits = itertools.cycle([Edit(f"edit {payload}") for payload in PAYLOADS.values()])
    current.install(hostile_settings(put))
    app = SysmonApp(
        hostile_scene(),
        Look(theme="sysmon-dark", glyphs=glyphs("unicode"), ways=Ways(title=True, desktop="osc9")),
        rules=hostile_rules(put),
        actor=SafeText(f"mira{PAYLOADS['clear']}"),
        edits=lambda: next(edits),
        visit=Visit(put),
        desk=Desk(put),
        # Asks once, of the first act.
        lock=Lock(f"mira{PAYLOADS['title']}", 1e9, lambda _password: True, time.monotonic),
        driver_class=driver_class(sys.argv[1] == "diff"),
    )
    app.run(mouse=True)
    # Past every handler of the interpreter: the status says whether anything acted.
    os._exit(app.return_code or 0)


if __name__ == "__main__":
    main()
