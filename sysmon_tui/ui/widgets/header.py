"""The first line: which machine, seen from where, in what state, and what watching costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity, State
from sysmon_tui.model.sample import HostFacts, Status
from sysmon_tui.ui.lines import fit, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel


def _vantage(host: HostFacts) -> str:
    limits = []
    if "cpu" in host.limits:
        limits.append(f"{host.limits['cpu']:g} cpu")
    if "memory" in host.limits:
        limits.append(units.size(host.limits["memory"]))
    return f"{host.vantage} ({', '.join(limits)})" if limits else host.vantage


def _badges(view: View) -> list[Span]:
    """Counts of firing alerts, worst first, and of those somebody has."""
    alerts = view.tick.alerts
    firing = [alert for alert in alerts if alert.state is State.FIRING and not alert.muted]
    open_ = [alert.severity for alert in firing if alert.ack is None]
    spans: list[Span] = [
        (f"{view.glyphs.severity(level)}{open_.count(level)} ", level.word)
        for level in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
        if level in open_
    ]
    if taken := len(firing) - len(open_):
        spans.append((f"{view.glyphs.check}{taken} taken ", "dim"))
    muted = sum(bool(alert.muted) for alert in alerts)
    if muted or view.tick.silences:
        # Always to be seen: a mute that is forgotten is how outages are slept through.
        until = min((silence.until for silence in view.tick.silences), default=0.0)
        ends = f" until {units.clock(until)}" if until else ""
        spans.append((f"{view.glyphs.pause}{muted} muted{ends} ", "warning"))
    return spans


def _link(view: View) -> Span:
    """Whether the figures are of now."""
    if view.paused:
        return (f"{view.glyphs.pause} paused", "warning")
    failing = [
        state.name
        for state in view.tick.collectors
        if state.status in (Status.STALE, Status.TIMEOUT, Status.ERROR)
    ]
    if failing:
        return (f"{view.glyphs.severity(Severity.WARNING)} stale: {', '.join(failing)}", "warning")
    return (f"{view.glyphs.bullet} live", "ok")


def _self(view: View) -> str:
    cpu = view.tick.value("sysmon_self_cpu_ratio")
    resident = view.tick.value("process_resident_memory_bytes")
    share = "" if isnan(cpu) else f"{cpu * 100:.1f}% "
    return "" if isnan(resident) else f"self {share}{units.size(resident)}"


def _left(view: View) -> list[Line]:
    """Parts in the order in which they may not be missing."""
    host = view.host
    uptime = units.duration(max(0.0, view.tick.wall - host.boot_time))
    parts = [
        f"up {uptime}",
        _vantage(host),
        f"recorded by {view.recorder}" if view.recorder else "",
        host.system,
        host.kernel,
        f"ssh from {host.remote}" if host.remote else "",
    ]
    name: Line = ((f" {host.hostname}", "title"),)
    return [name, *(((f"  {part}", "header"),) for part in parts if part)]


def header(view: View, width: int) -> Line:
    right: list[Line] = [
        ((f"  {units.clock(view.tick.wall)} ", "header"),),
        (("  ", "header"), _link(view)),
        (("  ", "header"), *_badges(view)) if _badges(view) else (),
        ((f"  {_self(view)}", "dim"),),
    ]
    left = _left(view)
    taken: list[Line] = []
    room = width - width_of(left[0])
    for part in right:
        if width_of(part) <= room:
            taken.append(part)
            room -= width_of(part)
    line = list(left[0])
    for part in left[1:]:
        if width_of(part) <= room:
            line += part
            room -= width_of(part)
    # Read from the right edge: the clock is last, the cost first.
    line.append((" " * max(room, 0), "header"))
    for part in reversed(taken):
        line += part
    return fit(tuple(line), width, "header")


class Header(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        return [header(view, width)]
