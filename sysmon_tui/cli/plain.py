"""The line mode: one line a tick and one for each change of an alert, nothing but text.

For pipes, terminals that cannot place a cursor, and screen readers. It follows the same stream as
the screen, so history and alerts are kept while it runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from sysmon_tui.cli.figures import busiest_interface, headline
from sysmon_tui.cli.output import say
from sysmon_tui.cli.signals import ending
from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.culprit import culprit
from sysmon_tui.model.tick import Tick

_NO_NEWS = "moved"


class Streaming(Protocol):
    """What the line mode needs of a `Monitor`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def stream(self) -> AsyncIterator[Tick]: ...


def follow(monitor: Streaming, count: int | None) -> None:
    """Print until `count` ticks are printed, the monitor ends or a signal comes.

    Raises `SystemExit` with the shell's code for the signal.
    """
    with ending():
        try:
            asyncio.run(_follow(monitor, count))
        finally:
            monitor.stop()


async def _follow(monitor: Streaming, count: int | None) -> None:
    # Once there is a loop: where descriptors are few, collectors would leave none for it.
    monitor.start()
    printed = 0
    first = True
    async for tick in monitor.stream():
        if text := "\n".join(lines(tick, first=first)):
            say(text)
        printed += _measured(tick, first=first)
        first = False
        if count is not None and printed >= count:
            return


def lines(tick: Tick, *, first: bool) -> Iterator[str]:
    """What is printed of one tick; on the first, what was wrong before we came."""
    if first:
        yield from (_standing(alert, tick.wall) for alert in tick.alerts if alert.active)
    else:
        yield from (_news(event) for event in tick.events if event.kind != _NO_NEWS)
    if _measured(tick, first=first):
        yield _summary(tick)


def _measured(tick: Tick, *, first: bool) -> bool:
    """Whether its figures are new: rates need two readings, and news of alerts come without any."""
    return bool(tick.batches) and not first


def _summary(tick: Tick) -> str:
    parts = [figure.text for figure in headline(tick)]
    parts.append(busiest_interface(tick))
    if top := culprit(tick, "cpu"):
        parts.append(f"top {top}")
    return f"{units.clock(tick.wall)} {', '.join(part for part in parts if part)}"


def _standing(alert: Alert, now: float) -> str:
    age = units.duration(now - alert.since)
    return f"{units.clock(now)} {_named(alert.state, alert)}, for {age}{_holder(alert)}"


def _news(event: AlertEvent) -> str:
    actor = f", by {event.actor}" if event.actor else ""
    return f"{units.clock(event.at)} {_named(event.kind, event.alert)}{actor}"


def _named(what: str, alert: Alert) -> str:
    return f"alert {what} {alert.severity.word}: {alert.summary or alert.rule}"


def _holder(alert: Alert) -> str:
    return f", taken by {alert.ack.by}" if alert.ack else ""
