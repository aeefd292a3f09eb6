"""The brief as the command has it: gathered without a running program, printed, or as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.cli.start import open_settings
from sysmon_tui.collectors.host import read_host
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.brief import Brief, Story
from sysmon_tui.model.brief_text import TOPIC_WIDTH, brief_lines, headline
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families
from sysmon_tui.model.ports import Past
from sysmon_tui.model.standing import Standing
from sysmon_tui.monitor.briefing import SOURCES, Briefing, families_of, take_standing
from sysmon_tui.monitor.looked import last_look
from sysmon_tui.monitor.roots import roots_of
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_ledger, open_past

FRESH = 90.0
"""Seconds: what was recorded no longer ago is how it stands now."""
_COLOURS = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def gather(user: str, wall: float, since: float | None) -> tuple[Brief, Standing, Dirs]:
    """What is new to the user, and how the machine stands now. Raises `SysmonError`."""
    loaded, dirs = open_settings()
    settings = loaded.settings
    past = _past(settings, dirs)
    roots = roots_of(settings)
    host = read_host(roots, os.environ)
    now = take_standing(_figures(past, wall, settings, dirs), wall, host, roots)
    ledger = open_ledger(settings.storage.url, state=dirs.state)
    rules = load_rules(settings.rules, str(loaded.path)).rules
    briefing = Briefing(ledger, past, host, roots, rules)
    if since is not None:
        return briefing.over(since, now), now.standing, dirs
    return briefing.since(last_look(dirs.state, user), now), now.standing, dirs


def _past(settings: Settings, dirs: Dirs) -> Past | None:
    """None where history is kept in another program's memory, or nowhere."""
    try:
        return open_past(settings.storage.url, state=dirs.state, derive=derive)
    except StoreError:
        return None


def _figures(past: Past | None, wall: float, settings: Settings, dirs: Dirs) -> Families:
    """As a running program has just recorded them, else by a look of our own."""
    batches = past.moment(wall).batches if past is not None else ()
    fresh = [batch for batch in batches if batch.wall >= wall - FRESH]
    if {batch.collector for batch in fresh} >= SOURCES - {"unit"}:
        return families_of(fresh)
    return _looked_up(settings, dirs)


def _looked_up(settings: Settings, dirs: Dirs) -> Families:
    # Loads half the program, which where one records is not needed.
    import time

    import msgspec

    from sysmon_tui.cli.look import in_memory, look
    from sysmon_tui.collectors.registry import COLLECTORS
    from sysmon_tui.monitor.assemble import assemble

    collection = msgspec.structs.replace(
        settings.collection, disabled=tuple(frozenset(COLLECTORS) - SOURCES)
    )
    monitor = assemble(in_memory(msgspec.structs.replace(settings, collection=collection)), dirs)
    try:
        return look(monitor, 0.0, time.sleep, beats=1)[-1].families
    finally:
        monitor.stop()


def printed(found: Brief, *, colour: bool, width: int) -> Iterator[str]:
    """The head, then a line for each thing there is to say."""
    head = _cut(headline(found), width)
    yield click.style(head, bold=True) if colour else head
    for line in brief_lines(found):
        text = _cut(str(line), width)
        wanted = _COLOURS.get(line.severity) if colour else None
        yield click.style(text[:TOPIC_WIDTH], fg=wanted) + text[TOPIC_WIDTH:] if wanted else text


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


def as_object(found: Brief) -> dict[str, Any]:
    """The same as plain values, for `--json`; times in seconds since the epoch."""
    return {
        "host": found.host,
        "since": found.since,
        "until": found.until,
        "looked": found.looked,
        "code": 2 if found.urgent else int(found.news),
        "alerts": [_story(story) for story in found.stories],
        "reboots": list(found.boots),
        "oom_kills": found.oom_kills,
        "units": [unit._asdict() for unit in found.units],
        "filesystems": [
            {"mountpoint": one.mountpoint, "grown": one.grown, "used": one.space.share,
             "full_in": one.full_in}
            for one in found.growth
        ],
        "ports": [{**new.port._asdict(), "owner": new.owner} for new in found.ports],
        "cpu": [one._asdict() for one in found.cpu],
        "memory": [one._asdict() for one in found.memory],
        "remarks": list(found.remarks),
    }  # fmt: skip


def _story(story: Story) -> dict[str, Any]:
    return {
        **story._asdict(),
        "labels": dict(story.labels),
        "severity": story.severity.word,
        "urgent": story.urgent,
    }
