"""One line that answers first: what is wrong, since when, who causes it, who has it."""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, Severity, State
from sysmon_tui.model.culprit import culprit
from sysmon_tui.ui.lines import fit, spread, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.tally import Tally
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets import gauges
from sysmon_tui.ui.widgets.line_panel import LinePanel


def worst_alert(tally: Tally) -> Alert | None:
    """The firing alert to speak of: the first nobody has, else the first somebody has.

    What is muted is nothing to speak of: the header counts it.
    """
    calling = tally.calling
    return next((alert for alert in calling if alert.ack is None), next(iter(calling), None))


def _speak(alert: Alert, others: int, view: View, width: int) -> Line:
    """The alert in as many words as fit: what, then who causes it, who has it, since when."""
    role = alert.severity.word
    age = units.duration(max(0.0, view.tick.wall - alert.since))
    head: Line = ((f"{view.glyphs.severity(alert.severity)} {role.upper()} ", role),)
    what: Line = ((f" {alert.summary}", "text"),)
    since: Line = ((f"  since {units.clock(alert.since)} ({age})", "dim"),)
    cause = culprit(view.tick, alert.resource)
    who: Line = ((f"  {view.glyphs.arrow_right} {cause}", "accent"),) if cause else ()
    more: Line = ((f"  +{others} more", "dim"),) if others else ()
    holder, brief = _holder(alert, over=view.over)
    for left, right in (
        ((*what, *since, *who), (*more, *holder)),
        ((*what, (f"  {age}", "dim"), *who), (*more, *holder)),
        ((*what, (f"  {age}", "dim"), *who), (*more, *brief)),
        ((*what, *who), brief),
        ((*what, *who), ()),
    ):
        if width_of(head) + width_of(left) + width_of(right) <= width:
            return spread((*head, *left), right, width)
    return fit((*head, *what), width)


def _holder(alert: Alert, *, over: bool) -> tuple[Line, Line]:
    """Who has it, or had it, in full and in brief."""
    has = "had" if over else "has"
    if alert.ack is not None:
        return ((f"  {alert.ack.by} {has} it", "ok"),), ((f"  {alert.ack.by}", "ok"),)
    if over:
        return (("  nobody had it", "dim"),), ()
    brief: Line = (("  a a", "key"), (" take", "dim"))
    return (("  nobody has it", "dim"), *brief), brief


NOT_YET = ("  not for long enough to be an alert", "  no alert yet", "")
"""In full, and ever shorter."""


def _strained(view: View, width: int) -> Line:
    """What a rule would not call an alert yet; who causes it is worth more than why it is none."""
    bad = [(gauges.severity(gauge, view), gauge) for gauge in gauges.GAUGES]
    bad = sorted((pair for pair in bad if pair[0]), key=lambda pair: -pair[0])
    if not bad:
        return ()
    level, _ = bad[0]
    titles = ", ".join(gauge.title for _, gauge in bad[:4])
    cause = culprit(view.tick, _RESOURCE.get(bad[0][1].signal, ""))
    blamed: list[Span] = [(f"  {view.glyphs.arrow_right} {cause}", "accent")] if cause else []
    lines: list[Line] = [
        (
            (f"{view.glyphs.severity(level)} ", level.word),
            (f"Strained {'then' if view.over else 'now'}: {titles}", level.word),
            (why, "dim"),
            *blamed,
        )
        for why in NOT_YET
    ]
    return next((line for line in lines if width_of(line) <= width), lines[-1])


_RESOURCE = {
    "cpu": "cpu",
    "load": "cpu",
    "pressure.cpu": "cpu",
    "memory": "memory",
    "swap": "memory",
    "pressure.memory": "memory",
    "disk": "io",
    "pressure.io": "io",
}
"""Whose top process to name when a gauge is lit."""


def verdict(view: View, width: int) -> Line:
    if view.shown is not None and not view.tick.families:
        return fit((("  Nothing was recorded at that moment", "warning"),), width)
    tally = view.tally
    if alert := worst_alert(tally):
        return _speak(alert, len(tally.calling) - 1, view, width)
    notice: Line = ((f"  {view.notices[0]}", "warning"),) if view.notices else ()
    told = notice if width_of(notice) * 2 < width else ()
    if line := _strained(view, width - width_of(told)):
        return spread(line, told, width)
    pending = sum(alert.state is State.PENDING for alert in view.tick.alerts)
    note = f"  {pending} pending" if pending else ""
    calm: Line = ((f"{view.glyphs.severity(Severity.OK)} All calm", "ok"), (note, "dim"))
    return spread(calm, notice, width)


class Verdict(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [verdict(view, width)]
