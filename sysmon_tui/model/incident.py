"""An incident: the time in which people deal with trouble, and the report that is left of it.

`monitor.incidents` keeps the one that goes on and gathers the `Account`; `report` is what is
handed on, as Markdown. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import isfinite

from sysmon_tui.model import units, when
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.brief import Consumer, Story
from sysmon_tui.model.curve import Curve
from sysmon_tui.model.evidence import Evidence, Suspect
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText

LONGEST = 4 * 3600.0
"""Seconds after which an incident that nobody ends is over."""
BARS = "▁▂▃▄▅▆▇█"
SUSPECTS = 5
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")
_QUIET = frozenset({"moved", "pending", "inactive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    name: str
    """Of its files: the time it began, as `20260326T030300Z`."""
    began: float
    """Seconds since the epoch, T0."""
    by: SafeText
    why: SafeText = NO_TEXT
    ended: float | None = None
    ended_by: SafeText = NO_TEXT
    """Empty where it ended by itself."""
    note: SafeText = NO_TEXT
    """What the one who ended it says."""

    def over(self, now: float) -> bool:
        return self.ended is not None or now >= self.began + LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of the report's table."""

    title: str
    curve: Curve
    spell: Callable[[float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that is known of an incident."""

    incident: Incident
    host: HostFacts
    until: float
    """When it ended, or now."""
    stories: tuple[Story, ...] = ()
    before: tuple[AlertEvent, ...] = ()
    """The last word on each alert that was there before all this."""
    events: tuple[AlertEvent, ...] = ()
    """Oldest first."""
    silences: tuple[Silence, ...] = ()
    marks: tuple[Mark, ...] = ()
    """Set meanwhile, by the moments they mark."""
    evidence: tuple[Evidence, ...] = ()
    cpu: tuple[Consumer, ...] = ()
    memory: tuple[Consumer, ...] = ()
    figures: tuple[Figures, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Who had a hand in it, first one first."""
        incident = self.incident
        actors = [event.actor for event in self.events]
        others = (*(one.by for one in self.silences), *(one.by for one in self.marks))
        named = (incident.by, *actors, *others, incident.ended_by)
        return tuple(dict.fromkeys(filter(None, named)))


def report(account: Account, tz: tzinfo | None = None) -> str:
    """The report as Markdown; text from outside cannot become markup in it."""
    return "\n".join(_lines(account, tz)) + "\n"


def _lines(account: Account, tz: tzinfo | None) -> Iterator[str]:
    incident, host = account.incident, account.host
    worst = max((story.severity for story in account.stories), default=Severity.OK)
    yield f"# Incident on {plain(host.hostname)}, {_date(incident.began, tz)}"
    yield ""
    yield f"- **What:** {plain(incident.why) or _what(account)}"
    yield f"- **Worst:** {worst.word}"
    yield f"- **When:** {_date(incident.began, tz)} to {_end(account, tz)}"
    yield f"- **How long:** {units.duration(account.until - incident.began)}"
    yield f"- **Who:** {', '.join(map(plain, account.people))}"
    if incident.note:
        yield f"- **In the end:** {plain(incident.note)}"
    yield f"- **Machine:** {plain(host.system)}, kernel {plain(host.kernel)}, {host.cores} cores"
    yield from (f"- {plain(remark)}" for remark in account.remarks)
    yield from _alerts(account, tz)
    yield from _timeline(account, tz)
    yield from _figures(account.figures)
    yield from _consumers(account)
    for evidence in account.evidence:
        yield from _evidence(evidence, tz)


def _what(account: Account) -> str:
    if not account.stories:
        return "no alert fired"
    return "; ".join(plain(story.summary or story.rule) for story in account.stories[:3])


def _end(account: Account, tz: tzinfo | None) -> str:
    if account.incident.ended is None:
        return "now, it goes on"
    by_itself = "" if account.incident.ended_by else ", by itself"
    return f"{_date(account.until, tz)}{by_itself}"


def _alerts(account: Account, tz: tzinfo | None) -> Iterator[str]:
    if not account.stories:
        return
    yield from (
        "",
        "## Alerts",
        "",
        "| severity | alert | since | for | who |",
        "|---|---|---|---|---|",
    )
    for story in account.stories:
        ended = story.ended if isfinite(story.ended) else account.until
        had = ", ".join(map(plain, story.hands)) or plain(story.muted) or "nobody"
        lasted = units.duration(ended - story.began) + (", fires still" if story.firing else "")
        what = plain(story.summary or story.rule)
        yield f"| {story.severity.word} | {what} | {_clock(story.began, tz)} | {lasted} | {had} |"


def _timeline(account: Account, tz: tzinfo | None) -> Iterator[str]:
    incident = account.incident
    rows = [(incident.began, f"incident begun: {incident.why}".rstrip(": "), incident.by)]
    rows += [
        (event.at, _told(event), event.actor)
        for event in account.events
        if event.kind not in _QUIET
    ]
    rows += [
        (one.at, f"silenced {', '.join(map(str, one.matchers))}: {one.note}".rstrip(": "), one.by)
        for one in account.silences
    ]
    rows += [(one.set_at, _marked(one, tz), one.by) for one in account.marks]
    if incident.ended is not None:
        rows.append(
            (incident.ended, f"incident over: {incident.note}".rstrip(": "), incident.ended_by)
        )
    yield from ("", "## Timeline", "", "| time | what | who |", "|---|---|---|")
    for at, what, who in sorted(rows, key=lambda row: row[0]):
        yield f"| {_clock(at, tz)} | {plain(what)} | {plain(who)} |"


def _marked(mark: Mark, tz: tzinfo | None) -> str:
    """Which moment, where it was not the one at which that was done."""
    past = mark.set_at - mark.at >= 1.0
    what = f"marked {when.spelled(mark.at, mark.set_at, tz)}" if past else "marked"
    return f"{what}: {mark.note}".rstrip(": ")


def _told(event: AlertEvent) -> str:
    alert = event.alert
    what = f"{event.kind}, {alert.severity.word}: {alert.summary or alert.rule}"
    note = alert.ack.note if alert.ack is not None and event.actor else ""
    return f"{what} ({note})" if note else what


def _figures(figures: Sequence[Figures]) -> Iterator[str]:
    if not figures:
        return
    yield from (
        "",
        "## Figures",
        "",
        "| what | least | mean | most | course |",
        "|---|---|---|---|---|",
    )
    for one in figures:
        known = [value for value in one.curve.mean if isfinite(value)]
        lows = [value for value in one.curve.minimum if isfinite(value)]
        highs = [value for value in one.curve.maximum if isfinite(value)]
        if known:
            cells = map(one.spell, (min(lows), sum(known) / len(known), max(highs)))
            yield f"| {plain(one.title)} | {' | '.join(cells)} | {sparkline(one.curve.mean)} |"


def sparkline(values: Sequence[float]) -> str:
    """A character for each value, from the least to the most; a blank for a gap."""
    known = [value for value in values if isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(
        BARS[round((value - low) * scale)] if isfinite(value) else " " for value in values
    )


def _consumers(account: Account) -> Iterator[str]:
    if not (account.cpu or account.memory):
        return
    yield from ("", "## Top consumers", "", "| process | control group | used |", "|---|---|---|")
    for of, spell, unit in (
        (account.cpu, units.duration, "of CPU"),
        (account.memory, units.size, "of memory at most"),
    ):
        for one in of:
            who = f"{plain(one.name)} ({one.pid}) | {plain(one.cgroup)}"
            yield f"| {who} | {spell(one.amount)} {unit} |"


def _evidence(evidence: Evidence, tz: tzinfo | None) -> Iterator[str]:
    name = plain(evidence.summary or evidence.rule)
    yield from ("", f"## Evidence at {_clock(evidence.at, tz)}: {name}", "")
    yield from ("| process | user | CPU | memory | command |", "|---|---|---|---|---|")
    for suspect in evidence.processes[:SUSPECTS]:
        yield _suspect(suspect)
    for log in evidence.logs:
        yield from ("", f"{plain(log.source)}:", "")
        yield from (f"    {_clock(line.at, tz)} {line.text}" for line in log.lines)


def _suspect(suspect: Suspect) -> str:
    cells = (
        f"{plain(suspect.name)} ({suspect.pid})",
        plain(suspect.user),
        units.percent(suspect.cpu),
        units.size(suspect.rss),
        plain(suspect.command),
    )
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def _date(moment: float, tz: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(moment, tz):%Y-%m-%d %H:%M:%S}"


def _clock(moment: float, tz: tzinfo | None) -> str:
    return units.clock(moment, tz)
