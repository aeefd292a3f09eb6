"""One alert in full as lines: how it stands, what was going on when it fired, and its life.

Pure; `screens.alert` scrolls what `content` returns. Worst first: the culprit stands above the
charts, the logs at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.evidence import Dossier, Evidence
from sysmon_tui.model.summary import UNITS
from sysmon_tui.ui.evidence import evidence_lines
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.lines import column, fit, heading
from sysmon_tui.ui.palette import Line

TITLE_WIDTH = 12
TWO_FROM = 150
"""Columns from which the evidence stands beside the rest."""
GATHERING = 60.0
"""Seconds after firing in which evidence may still be on its way."""

_ACKED = frozenset({"acknowledged", "noted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    alert: Alert
    now: float
    unit: str
    """How the alert's value is spelled: a key of `model.summary.UNITS`."""
    dossier: Dossier | None
    """None while it is being read."""
    chosen: int = 0
    """Which of the evidence, the newest being 0."""
    glyphs: Glyphs
    rows: int
    """Rows of the process table."""

    @property
    def evidence(self) -> Evidence | None:
        kept = self.dossier.evidence if self.dossier else ()
        return kept[self.chosen] if self.chosen < len(kept) else None


def content(shown: Shown, width: int) -> list[Line]:
    """All lines, each at most `width` columns."""
    if width < TWO_FROM:
        return [*_facts(shown, width), (), *_evidence(shown, width), *_life(shown, width)]
    left = width * 2 // 5
    right = width - left - 2
    one = [*_facts(shown, left), (), *_life(shown, left)]
    two = _evidence(shown, right)
    height = max(len(one), len(two))
    one += [()] * (height - len(one))
    two += [()] * (height - len(two))
    return [(*fit(a, left), ("  ", "text"), *b) for a, b in zip(one, two, strict=True)]


def _facts(shown: Shown, width: int) -> list[Line]:
    alert, glyphs = shown.alert, shown.glyphs
    role = alert.severity.word if alert.state is State.FIRING else "text"
    mark = f"{glyphs.severity(alert.severity)} {alert.severity.word}"
    lines: list[Line] = [((f"{mark}  ", role), (alert.summary or alert.rule, "title"))]
    named = (alert.rule, *(f"{name}={value}" for name, value in alert.labels))
    lines += _fact("Rule", ", ".join(named), width)
    lines += _fact("State", _standing(alert, shown.now), width)
    lines += _fact("Value", f"{_spelled(shown, alert.value)}, {_worst(shown)}", width)
    who, good = _holder(alert, shown)
    lines += _fact("Who", who, width, good)
    if alert.muted:
        lines += _fact("Muted", alert.muted, width)
    return [*lines, *(_fact("Look first", alert.runbook, width) if alert.runbook else ())]


def _fact(title: str, value: str, width: int, role: str = "text") -> list[Line]:
    pieces = wrap(value, max(8, width - TITLE_WIDTH), break_on_hyphens=False) or [""]
    titles = [title, *[""] * (len(pieces) - 1)]
    return [
        ((f"{name:<{TITLE_WIDTH}}", "dim"), (piece, role))
        for name, piece in zip(titles, pieces, strict=True)
    ]


def _standing(alert: Alert, now: float) -> str:
    since = moment(alert.since, now)
    if alert.state is State.RESOLVED and alert.resolved_at is not None:
        lasted = units.duration(alert.resolved_at - alert.since)
        return f"resolved {moment(alert.resolved_at, now)}, held {lasted} from {since}"
    return f"{alert.state} for {units.duration(now - alert.since)}, since {since}"


def _spelled(shown: Shown, value: float) -> str:
    return UNITS.get(shown.unit, units.number)(value)


def _worst(shown: Shown) -> str:
    return f"worst {_spelled(shown, shown.alert.worst)}"


def _holder(alert: Alert, shown: Shown) -> tuple[str, str]:
    """Who has it and the role that says how good that is."""
    if alert.ack is not None:
        note = f": {alert.ack.note}" if alert.ack.note else ""
        taken = f"{alert.ack.by} since {moment(alert.ack.at, shown.now)}"
        return f"{shown.glyphs.check} {taken}{note}", "ok"
    if alert.state is State.FIRING:
        return "nobody has it", alert.severity.word
    if alert.unseen:
        return "it is over, and nobody has seen it", "text"
    return shown.glyphs.missing, "dim"


def _evidence(shown: Shown, width: int) -> list[Line]:
    evidence, glyphs = shown.evidence, shown.glyphs
    if evidence is None or shown.dossier is None:
        head = heading("Evidence", "", width, glyphs, focused=False)
        return [head, ((_absence(shown), "dim"),), ()]
    number = len(shown.dossier.evidence)
    note = f"{shown.chosen + 1} of {number}, [ older ] newer" if number > 1 else ""
    title = f"Evidence of {moment(evidence.at, shown.now)}, {evidence.severity.word}"
    head = heading(title, note, width, glyphs, focused=False)
    return [head, *evidence_lines(evidence, shown.alert, width, shown.rows, glyphs)]


def _absence(shown: Shown) -> str:
    """Why there is no evidence."""
    alert = shown.alert
    if shown.dossier is None:
        return f"reading{shown.glyphs.ellipsis}"
    if shown.dossier.problem:
        return shown.dossier.problem
    if alert.state is State.PENDING:
        return "It is gathered when the alert fires"
    if awaited(alert, shown.now):
        return f"gathering{shown.glyphs.ellipsis}"
    return "None was kept: no program recorded here when it fired"


def awaited(alert: Alert, now: float) -> bool:
    """Whether evidence of the alert may still be on its way."""
    fired = alert.fired_at if alert.fired_at is not None else alert.since
    return alert.state is State.FIRING and now - fired < GATHERING


def _life(shown: Shown, width: int) -> list[Line]:
    events = shown.dossier.events if shown.dossier else ()
    if not events:
        return []
    head = heading("What happened", "newest first", width, shown.glyphs, focused=False)
    return [head, *(_event(event, shown) for event in reversed(events))]


def _event(event: AlertEvent, shown: Shown) -> Line:
    role = _role(event)
    when = column(moment(event.at, shown.now), 20, shown.glyphs.ellipsis)
    kind = column(event.kind, 15, shown.glyphs.ellipsis)
    return ((when, "dim"), (kind, role), (_said(event, shown), "text"))


def _role(event: AlertEvent) -> str:
    if event.kind in ("firing", "worse"):
        return event.alert.severity.word
    return "ok" if event.kind in ("resolved", *_ACKED) else "text"


def _said(event: AlertEvent, shown: Shown) -> str:
    """What the step was about: who, until when, or how bad."""
    alert = event.alert
    note = f": {alert.ack.note}" if alert.ack and alert.ack.note else ""
    if event.kind in _ACKED:
        return f"by {event.actor}{note}"
    if event.kind == "shelved" and alert.shelf is not None:
        return f"by {event.actor} until {moment(alert.shelf.until, shown.now)}"
    if event.actor:
        return f"by {event.actor}"
    severity = alert.severity if alert.severity is not Severity.OK else shown.alert.severity
    return f"{severity.word:<8}  {_spelled(shown, alert.value)}"


def moment(wall: float, now: float) -> str:
    """The time of day; with its date where that is another day than `now`."""
    try:
        then = datetime.fromtimestamp(wall)  # noqa: DTZ006 - the clock on this person's wall
        if then.date() == datetime.fromtimestamp(now).date():  # noqa: DTZ006
            return f"{then:%H:%M:%S}"
        return f"{then:%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return units.MISSING
