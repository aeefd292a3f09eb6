"""CPU and allocations of one tick on the screen, without a terminal: the scene in motion."""

from __future__ import annotations

import asyncio
import statistics
import time

from sysmon_tui.ui.messages import TickReady
from tests.scene import tick
from tests.ui.stage import Stage, stage

TICKS = 60
SIZES = ((80, 24), (120, 40), (200, 60))


async def cost(shown: Stage, step: int) -> float:
    """CPU seconds from a tick to the drawn panels."""
    before = time.thread_time()
    shown.app.post_message(TickReady(tick(step)))
    await shown.pilot.pause()
    return time.thread_time() - before


async def measure(width: int, height: int) -> str:
    async with stage(width, height) as shown:
        costs = [await cost(shown, 601 + step) for step in range(TICKS)]
    median = statistics.median(costs[10:]) * 1e3
    worst = max(costs[10:]) * 1e3
    return f"{width}x{height}: {median:.2f} ms a tick, worst {worst:.2f} ms"


async def main() -> None:
    for size in SIZES:
        print(await measure(*size), flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    asyncio.run(main())
