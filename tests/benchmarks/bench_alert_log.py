"""CPU of one tick, and of one key, with 10,000 active alerts: `python tests/benchmarks/...`."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from sysmon_tui.model.alert import Alert
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean
from sysmon_tui.ui.messages import TickReady
from tests.scene import alerts, scene, tick
from tests.ui.stage import Stage, stage

COUNT = 10_000
TICKS = 30
REFRESHED = 1_000
"""Alerts with new figures in one tick, as the engine renews them in a storm."""


def storm() -> list[Alert]:
    first = alerts()[0]
    return [
        replace(
            first,
            fingerprint=f"{n:016x}",
            rule=f"Rule{n % 20}",
            labels=labels(mountpoint=f"/srv/{n}"),
            summary=clean(f"/srv/{n} is 93% full"),
        )
        for n in range(COUNT)
    ]


def renewed(now: list[Alert], turn: int) -> tuple[Alert, ...]:
    for index in range(turn % (COUNT // REFRESHED), COUNT, COUNT // REFRESHED):
        now[index] = replace(now[index], value=now[index].value + 0.001)
    return tuple(now)


async def ticks(shown: Stage, now: list[Alert]) -> list[float]:
    spent = []
    for step in range(TICKS):
        message = TickReady(replace(tick(601 + step), alerts=renewed(now, step)))
        before = time.thread_time()
        shown.app.post_message(message)
        await shown.pilot.pause()
        spent.append(time.thread_time() - before)
    return spent


async def keys(shown: Stage) -> list[float]:
    spent = []
    for _ in range(TICKS):
        before = time.thread_time()
        await shown.pilot.press("down")
        spent.append(time.thread_time() - before)
    return spent


def report(title: str, spent: Sequence[float]) -> None:
    median = statistics.median(spent[5:]) * 1e3
    print(f"{title:<28} {median:7.2f} ms, worst {max(spent[5:]) * 1e3:7.2f} ms", flush=True)  # noqa: T201 - a benchmark prints


async def main() -> None:
    for title, pressed in (
        ("grouped", ("3",)),
        ("one by one", ("3", "t")),
        ("filtered", ("3", "t", "slash", "7", "enter")),
        ("by value", ("3", "t", "o", "o", "o", "o")),
        ("on the overview", ("a",)),
    ):
        source, now = scene(), storm()
        source.ticks = (replace(source.ticks[-1], alerts=tuple(now)),)
        async with stage(120, 40, source) as shown:
            await shown.press(*pressed)
            report(f"{title}, a tick", await ticks(shown, now))
            report(f"{title}, a key", await keys(shown))


if __name__ == "__main__":
    asyncio.run(main())
