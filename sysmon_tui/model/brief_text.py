"""A brief in words: a head and at most nineteen lines, for the login shell and the screen alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from math import isfinite
from typing import NamedTuple

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.brief import SOON, Brief, Consumer, Growth, NewPort, Story, UnitNews

TOPIC_WIDTH = 10
STORIES, GROWING, NAMED = 5, 3, 4
WEEK = 6 * 86400.0


class BriefLine(NamedTuple):
    topic: str
    """What it is about, in a word; empty where the line above said so."""
    text: str
    severity: Severity = Severity.OK

    def __str__(self) -> str:
        return f"{self.topic:<{TOPIC_WIDTH}}{self.text}"


def when(moment: float, now: float, tz: tzinfo | None = None) -> str:
    """`14:03` today, `Tue 14:03` within a week, else with the date; local without a zone."""
    try:
        at, today = datetime.fromtimestamp(moment, tz), datetime.fromtimestamp(now, tz)
    except (ValueError, OverflowError, OSError):
        return units.MISSING
    if at.date() == today.date():
        return f"{at:%H:%M}"
    return f"{at:%a %H:%M}" if 0.0 <= now - moment < WEEK else f"{at:%Y-%m-%d %H:%M}"


def headline(brief: Brief, tz: tzinfo | None = None) -> str:
    """`db-7 since Tue 22:10 (9h ago), when you last looked: 2 alerts firing, 1 reboot`."""
    ago = units.duration(brief.until - brief.since)
    last = ", when you last looked" if brief.looked else ""
    told = ", ".join(_counts(brief)) or "nothing new"
    return f"{brief.host} since {when(brief.since, brief.until, tz)} ({ago}){last}: {told}"


def _counts(brief: Brief) -> Iterator[str]:
    firing = sum(story.firing for story in brief.stories)
    counts = (
        (firing, "alert fires", "alerts fire"),
        (len(brief.stories) - firing, "alert over", "alerts over"),
        (len(brief.boots), "reboot", "reboots"),
        (brief.oom_kills, "OOM kill", "OOM kills"),
        (len(brief.units), "unit in trouble", "units in trouble"),
        (len(brief.growth), "filesystem grows", "filesystems grow"),
        (len(brief.ports), "new port", "new ports"),
    )
    return (f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


def brief_lines(brief: Brief, tz: tzinfo | None = None) -> tuple[BriefLine, ...]:
    """Everything there is to say, what matters first."""
    return (
        *_stories(brief, tz),
        *_boots(brief, tz),
        *_oom(brief),
        *_units(brief.units),
        *_growth(brief.growth),
        *_ports(brief.ports),
        *_consumers("CPU", brief.cpu, units.duration),
        *_consumers("memory", brief.memory, units.size),
        *(BriefLine("", remark) for remark in brief.remarks[:1]),
    )


def _stories(brief: Brief, tz: tzinfo | None) -> Iterator[BriefLine]:
    topic = ""
    for story in brief.stories[:STORIES]:
        word = "firing" if story.firing else "over"
        yield BriefLine(word if word != topic else "", _story(story, brief, tz), story.severity)
        topic = word
    more = len(brief.stories) - STORIES
    if more > 0:
        yield BriefLine("", f"and {more} more: sysmon-tui alerts history")


def _story(story: Story, brief: Brief, tz: tzinfo | None) -> str:
    parts = [f"{story.severity.word}: {story.summary or story.rule}", _span(story, brief, tz)]
    if story.times > 1:
        parts.append(f"{story.times} times")
    if story.hands:
        had = ", ".join(story.hands)
        parts.append(f"{had}: {story.note}" if story.note else had)
    elif story.muted:
        parts.append(story.muted)
    elif story.firing or story.unseen:
        parts.append("nobody has it" if story.firing else "nobody saw it")
    return "  ".join(parts)


def _span(story: Story, brief: Brief, tz: tzinfo | None) -> str:
    began = when(story.began, brief.until, tz)
    if not isfinite(story.ended):
        return f"since {began} ({units.duration(brief.until - story.began)})"
    return f"{began} for {units.duration(story.ended - story.began)}"


def _boots(brief: Brief, tz: tzinfo | None) -> Iterator[BriefLine]:
    if brief.boots:
        times = [when(boot, brief.until, tz) for boot in brief.boots]
        yield BriefLine("reboot", _listed(times[::-1]), Severity.WARNING)


def _oom(brief: Brief) -> Iterator[BriefLine]:
    if brief.oom_kills:
        plural = "es" if brief.oom_kills > 1 else ""
        text = f"{brief.oom_kills} process{plural} killed for lack of memory"
        yield BriefLine("OOM", text, Severity.WARNING)


def _units(news: Sequence[UnitNews]) -> Iterator[BriefLine]:
    failed = [unit.name for unit in news if unit.failed]
    others = [
        f"{unit.name} {unit.restarts}x" if unit.restarts else f"{unit.name} failed, is back"
        for unit in news
        if not unit.failed
    ]
    if failed:
        yield BriefLine("failed", _listed(failed), Severity.WARNING)
    if others:
        yield BriefLine("restarted", _listed(others), Severity.INFO)


def _growth(growing: Sequence[Growth]) -> Iterator[BriefLine]:
    for number, one in enumerate(growing[:GROWING]):
        text = f"{one.mountpoint} +{units.size(one.grown)} to {units.percent(one.space.share)}"
        soon = one.full_in <= SOON
        if soon:
            text += f", full in {units.duration(one.full_in)} at this pace"
        severity = Severity.WARNING if soon else Severity.INFO
        yield BriefLine("" if number else "grew", text, severity)


def _ports(ports: Sequence[NewPort]) -> Iterator[BriefLine]:
    if ports:
        named = [f"{new.port} {new.owner}".rstrip() for new in ports]
        yield BriefLine("listens", _listed(named), Severity.INFO)


def _consumers(
    topic: str, who: Sequence[Consumer], spell: Callable[[float], str]
) -> Iterator[BriefLine]:
    if who:
        named = [f"{one.name} ({one.pid}) {spell(one.amount)}" for one in who]
        yield BriefLine(topic, _listed(named))


def _listed(texts: Iterable[str]) -> str:
    everything = list(texts)
    more = len(everything) - NAMED
    return ", ".join([*everything[:NAMED], *([f"{more} more"] if more > 0 else [])])
