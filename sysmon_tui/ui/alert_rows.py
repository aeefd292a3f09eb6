"""Lines of the alert log: an alert, a group of a rule's alerts, the facts about the chosen one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.summary import UNITS
from sysmon_tui.ui.alert_order import Group, Order, Row, calls, moment
from sysmon_tui.ui.lines import cells, clip, column, fit, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.table import Column, fitting
from sysmon_tui.ui.view import View

COLUMNS = (
    Column("SEVERITY", 10, right=False),
    Column("STATE", 8, right=False),
    Column("AGE", 7),
    Column("VALUE", 7, drop=1),
    Column("WORST", 7, drop=2),
    Column("RULE", 20, right=False, drop=3),
    Column("ALERT", 0, right=False),
)
SEVERITY, STATE, AGE, VALUE, WORST, RULE, ALERT = range(len(COLUMNS))
SORTED = {Order.SEVERITY: SEVERITY, Order.AGE: AGE, Order.VALUE: VALUE, Order.RULE: RULE}
COMPACT = (SEVERITY, STATE, AGE, ALERT)
"""What a small log shows: the sentence says the rest."""
SENTENCE = 52
"""Columns that a sentence and who has it ask for before there is room for more columns."""
NOTE_WIDTH = 8
"""Columns below which a note would say nothing."""
FACTS = 3
"""Lines of `facts`."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the rows of one repaint have in common."""

    view: View
    room: int
    kept: Sequence[int]
    """Indexes of `COLUMNS`."""
    tagged: frozenset[Hashable] = frozenset()
    unfolded: frozenset[str] = frozenset()
    """Rules whose groups are open."""

    @property
    def ellipsis(self) -> str:
        return self.view.glyphs.ellipsis


def columns(room: int, *, full: bool) -> Sequence[int]:
    return fitting(COLUMNS, room, SENTENCE) if full else COMPACT


def spelled(rules: Mapping[str, Rule], alert: Alert, value: float) -> str:
    """A value of the alert in the unit of its rule."""
    rule = rules.get(alert.rule)
    return UNITS.get(rule.unit if rule else "", units.number)(value)


def titles(sheet: Sheet, order: Order, *, inverted: bool) -> Line:
    down = (order in (Order.SEVERITY, Order.VALUE)) is not inverted
    mark = sheet.view.glyphs.sort_down if down else sheet.view.glyphs.sort_up
    spans: list[Span] = []
    for index in sheet.kept:
        spec = COLUMNS[index]
        active = SORTED.get(order) == index
        text = f"{spec.title}{mark}" if active else spec.title
        width = spec.width or max(0, sheet.room - width_of(spans))
        gap = "  " if spec.width and index == sheet.kept[-2] else " "
        padded = column(text, width, "", right=spec.right) + gap
        spans.append((padded, "accent" if active else "dim"))
    return fit(tuple(spans), sheet.room)


def line(row: Row, sheet: Sheet, *, chosen: bool) -> Line:
    drawn = _alert(row, sheet) if isinstance(row, Alert) else _group(row, sheet)
    if not chosen:
        return fit(drawn, sheet.room)
    whole = "".join(part for part, _ in drawn)
    return ((column(whole, sheet.room, ""), "selected"),)


def _alert(alert: Alert, sheet: Sheet) -> Line:
    view = sheet.view
    role = alert.severity.word if calls(alert) else "dim"
    age = units.duration(max(0.0, view.tick.wall - moment(alert)))
    mark = view.glyphs.unseen if alert.unseen else view.glyphs.severity(alert.severity)
    cell = {
        SEVERITY: (
            _marked(mark, alert.severity.word, alert.fingerprint in sheet.tagged, view),
            role,
        ),
        STATE: (alert.word, "text" if role != "dim" or alert.unseen else "dim"),
        AGE: (age, "dim"),
        VALUE: (spelled(view.rules, alert, alert.value), "text" if calls(alert) else "dim"),
        WORST: (spelled(view.rules, alert, alert.worst), "dim"),
        RULE: (alert.rule, "dim"),
    }
    indent = "  " if alert.rule in sheet.unfolded else ""
    left = _cells(cell, sheet, indent)
    right = _holder(alert, view)
    room = max(0, sheet.room - width_of(left) - width_of(right))
    sentence = clip(alert.summary or alert.rule, room, sheet.ellipsis)
    rest = room - cells(sentence)
    # Only what the sentence leaves free.
    note = f": {alert.ack.note}" if alert.ack and alert.ack.note and rest >= NOTE_WIDTH else ""
    return (
        *left,
        (sentence, "text" if calls(alert) or alert.unseen else "dim"),
        (column(note, rest, sheet.ellipsis), "dim"),
        *right,
    )


def _group(group: Group, sheet: Sheet) -> Line:
    view = sheet.view
    calling = group.calling
    role = group.worst.word if calling else "dim"
    fold = view.glyphs.folded if group.folded else view.glyphs.unfolded
    mark = view.glyphs.severity(group.worst)
    tags = sheet.tagged
    tagged = bool(tags) and any(alert.fingerprint in tags for alert in group.alerts)
    oldest = units.duration(max(0.0, view.tick.wall - group.oldest))
    cell = {
        SEVERITY: (_marked(mark, group.worst.word, tagged, view), role),
        STATE: (group.state, "text" if calling else "dim"),
        AGE: (oldest, "dim"),
    }
    left = _cells(cell, sheet, "")
    right = _group_holder(group, view)
    name = f"{fold} {group.rule}  {_number(group)}"
    room = max(0, sheet.room - width_of(left) - width_of(right))
    return (*left, (column(name, room, sheet.ellipsis), "text" if calling else "dim"), *right)


def _number(group: Group) -> str:
    total = len(group.alerts)
    firing = group.calling
    return f"{firing} of {total}" if 0 < firing < total else f"{total} alerts"


def _marked(mark: str, word: str, tagged: bool, view: View) -> str:
    """Shape and word; what is tagged has a pointer between them."""
    return f"{mark}{view.glyphs.cursor if tagged else ' '}{word}"


def _cells(cell: Mapping[int, tuple[str, str]], sheet: Sheet, indent: str) -> list[Span]:
    spans: list[Span] = [(indent, "text")] if indent else []
    for index in sheet.kept:
        spec = COLUMNS[index]
        if not spec.width:
            continue
        text, role = cell.get(index, ("", "dim"))
        gap = "  " if index == sheet.kept[-2] else " "
        spans.append((column(text, spec.width, sheet.ellipsis, right=spec.right) + gap, role))
    return spans


def _holder(alert: Alert, view: View) -> Line:
    if alert.ack is not None:
        since = units.clock(alert.ack.at)
        return ((f"  {view.glyphs.check} {alert.ack.by} {since}", "ok"),)
    if alert.muted:
        return ((f"  {view.glyphs.pause} {alert.muted}", "dim"),)
    if alert.state is State.FIRING:
        return ((f"  nobody {'had' if view.over else 'has'} it", alert.severity.word),)
    if alert.unseen:
        return (("  nobody saw it", "info"),)
    return ()


def _group_holder(group: Group, view: View) -> Line:
    if not group.calling:
        return ()
    if group.open:
        has = "had" if view.over else "has"
        return ((f"  nobody {has} {group.open}", group.worst.word),)
    holders = {alert.ack.by for alert in group.alerts if calls(alert) and alert.ack is not None}
    who = holders.pop() if len(holders) == 1 else f"{len(holders)} people"
    return ((f"  {view.glyphs.check} {who}", "ok"),)


def facts(row: Row, view: View, room: int) -> list[Line]:
    """What does not fit on its line: figures, times, labels, who said what. `FACTS` lines."""
    dot = f"  {view.glyphs.bullet}  "
    if isinstance(row, Group):
        taken = row.calling - row.open
        return [
            ((row.rule, "title"), (f"{dot}{len(row.alerts)} alerts", "text")),
            ((f"{row.calling} firing, {taken} of them taken", "dim"),),
            (("Enter opens and closes the group; keys act on all of it", "dim"),),
        ]
    value = spelled(view.rules, row, row.value)
    worst = spelled(view.rules, row, row.worst)
    fired = f", fired {units.clock(row.fired_at)}" if row.fired_at is not None else ""
    over = f", over {units.clock(row.resolved_at)}" if row.resolved_at is not None else ""
    labels = ", ".join(f"{name}={text}" for name, text in row.labels) or "the whole machine"
    times = f"since {units.clock(row.since)}{fired}{over}"
    lines: list[Line] = [
        (
            (row.rule, "title"),
            (f"{dot}{value} {'then' if view.over else 'now'}, {worst} at worst", "text"),
            (f"{dot}{times}", "dim"),
        ),
        ((labels, "text"),),
        _said(row, view),
    ]
    return [tuple(_clipped(line, room, view.glyphs.ellipsis)) for line in lines]


def _said(alert: Alert, view: View) -> Line:
    """The note somebody left, else why it is muted, else what to look at first."""
    if alert.ack is not None:
        has = " had it" if view.over else " has it"
        note = f": {alert.ack.note}" if alert.ack.note else has
        return ((f"{view.glyphs.check} {alert.ack.by}{note}", "ok"),)
    if alert.muted:
        return ((f"{view.glyphs.pause} {alert.muted}", "dim"),)
    first = alert.runbook.partition("\n")[0]
    return ((f"Look first: {first}", "dim"),) if first else ()


def _clipped(spans: Line, room: int, ellipsis: str) -> list[Span]:
    kept: list[Span] = []
    for text, role in spans:
        left = room - width_of(kept)
        if left <= 0:
            break
        kept.append((clip(text, left, ellipsis), role))
    return kept


def quiet(view: View) -> Line:
    return ((f"{view.glyphs.severity(Severity.OK)} nothing holds", "dim"),)
