"""The first line: which machine, seen from where, in what state, and what watching costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.sample import HostFacts, Status
from sysmon_tui.ui.lines import clip, fit, width_of
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.banner import banner
from sysmon_tui.ui.widgets.line_panel import LinePanel

NOTICE_WIDTH = 24


def _vantage(host: HostFacts) -> str:
    limits = []
    if "cpu" in host.limits:
        limits.append(f"{host.limits['cpu']:g} cpu")
    if "memory" in host.limits:
        limits.append(units.size(host.limits["memory"]))
    return f"{host.vantage} ({', '.join(limits)})" if limits else host.vantage


def _badges(view: View) -> list[Span]:
    """Counts of firing alerts, worst first, and of those somebody has."""
    tally = view.tally
    open_ = [alert.severity for alert in tally.open]
    spans: list[Span] = [
        (f"{view.glyphs.severity(level)}{open_.count(level)} ", level.word)
        for level in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
        if level in open_
    ]
    if taken := len(tally.calling) - len(open_):
        spans.append((f"{view.glyphs.check}{taken} taken ", "dim"))
    return spans


def _muted(view: View) -> list[Line]:
    """How many alerts are muted and when the next mute ends: in full, and ever shorter.

    Always to be seen: a mute that is forgotten is how outages are slept through.
    """
    now = view.tick.wall
    alerts = view.tally.muted
    silences = [silence for silence in view.tick.silences if silence.at <= now]
    if not alerts and not silences:
        return [()]
    ends = [silence.until for silence in silences]
    ends += [alert.shelf.until for alert in alerts if alert.shelf is not None]
    number = f"{view.glyphs.pause}{len(alerts)}"
    until = units.clock(min(ends)) if ends else ""
    texts = [f"{number} muted until {until} ", f"{number} until {until[:5]} "] if until else []
    return [((text, "warning"),) for text in (*texts, f"{number} muted ", f"{number} ")]


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
    if view.notices:
        # Also where the verdict has worse to tell: what is not recorded is missed later.
        what = clip(view.notices[0].partition(":")[0], NOTICE_WIDTH, view.glyphs.ellipsis)
        return (f"{view.glyphs.severity(Severity.WARNING)} {what}", "warning")
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
    return [((f"  {part}", "header"),) for part in parts if part]


def header(view: View, width: int) -> Line:
    """The host and what is muted come before all else, then the other parts by their worth."""
    host = clip(view.host.hostname, max(4, width * 2 // 5), view.glyphs.ellipsis)
    left: list[Span] = [(f" {host}", "title")]
    room = width - width_of(left)
    forms = _muted(view)
    muted = next((form for form in forms if width_of(form) <= room // 2), forms[-1])
    badges = _badges(view)
    right: list[Line] = [
        ((f"  {units.clock(view.tick.wall)} ", "header"),),
        ((f"  {view.banner}", "critical"),) if view.banner else (),
        (("  ", "header"), _link(view)),
        (("  ", "header"), *badges, *muted) if badges or muted else (),
        ((f"  {_self(view)}", "dim"),),
    ]
    must = right[3] if muted else ()
    room -= width_of(must)
    taken: list[Line] = []
    for part in right:
        if part is must or width_of(part) <= room:
            taken.append(part)
            room -= 0 if part is must else width_of(part)
    for part in _left(view):
        if width_of(part) <= room:
            left += part
            room -= width_of(part)
    # Read from the right edge: the clock is last, the cost first.
    left.append((" " * max(room, 0), "header"))
    for part in reversed(taken):
        left += part
    return fit(tuple(left), width, "header")


class Header(LinePanel):
    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        if view.shown is not None:
            return [banner(view, view.shown, width)]
        return [header(view, width)]
