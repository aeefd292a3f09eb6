"""Makes the pictures beside it from the real app over the seeded scene of the tests.

.venv/bin/python screenshots/make.py [NAME ...]
"""

from __future__ import annotations

import asyncio
import sys
import time
from os import environ
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.evidence import dossier  # noqa: E402 - the tests are beside us, not installed
from tests.scene import scene  # noqa: E402 - the tests are beside us, not installed
from tests.ui.stage import stage  # noqa: E402

PICTURES = (
    # name, width, height, theme, in trouble, keys
    ("overview-80x24", 80, 24, "sysmon-dark", True, ()),
    ("overview-120x40", 120, 40, "sysmon-dark", True, ()),
    ("overview-200x60", 200, 60, "sysmon-dark", True, ()),
    ("calm-light-120x40", 120, 40, "sysmon-light", False, ()),
    ("contrast-120x40", 120, 40, "sysmon-contrast", True, ()),
    ("detail-120x40", 120, 40, "sysmon-dark", True, ("enter",)),
    ("alerts-120x40", 120, 40, "sysmon-dark", True, ("3",)),
    ("alert-120x40", 120, 40, "sysmon-dark", True, ("a", "enter")),
    ("past-120x40", 120, 40, "sysmon-dark", True, ("left_curly_bracket",) * 4),
    ("help-120x40", 120, 40, "sysmon-dark", True, ("question_mark",)),
)


async def picture(
    name: str, width: int, height: int, theme: str, trouble: bool, keys: tuple[str, ...]
) -> None:
    source = scene(trouble=trouble, inspect=True)
    source.dossiers["a1"] = dossier()
    async with stage(width, height, source, theme=theme) as shown:
        await shown.press(*keys)
        while any(worker.is_running for worker in shown.app.workers if worker.group == "past"):
            await shown.pilot.pause()
        for worker in [one for one in shown.app.workers if one.group == "dossier"]:
            await worker.wait()
        await shown.pilot.pause()
        svg = shown.app.export_screenshot()
        (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


async def main() -> None:
    environ["TZ"] = "UTC"
    time.tzset()
    for each in PICTURES:
        if each[0] in (sys.argv[1:] or [each[0]]):
            await picture(*each)


if __name__ == "__main__":
    asyncio.run(main())
