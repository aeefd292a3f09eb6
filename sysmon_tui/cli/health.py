"""`sysmon-tui health`: whether the recorder lives, for health checks and exec probes.

Reads one small file and loads next to nothing, because it is run every few seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from sysmon_tui.cli.output import say
from sysmon_tui.cli.places import chosen_dirs, places

if TYPE_CHECKING:
    from sysmon_tui.model.text import SafeText
    from sysmon_tui.monitor.pulse import Pulse

_FAILING = ("stale", "timeout", "error")


@click.command("health")
@click.option(
    "--max-age",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="How old the last tick may be (three intervals and 10 seconds).",
)
@places
@click.pass_context
def command(ctx: click.Context, max_age: float | None) -> None:
    """Exit with 0 when `sysmon-tui record` has ticked lately, with 1 otherwise.

    Prints one line with the age of the last tick and how recording fares. A recorder that ticks
    but cannot write (a full disk) is alive: starting it anew would not mend that.
    """
    from sysmon_tui.monitor import pulse

    said = pulse.read(chosen_dirs().state / pulse.FILE_NAME)
    age = said.age(time.time(), time.monotonic())
    well = age <= (said.patience if max_age is None else max_age)
    say(f"{'ok' if well else 'stale'}: {in_words(said, age)}")
    ctx.exit(not well)


def in_words(said: Pulse, age: float) -> SafeText:
    """What a recorder said, `age` seconds after its last tick; `doctor` says it too."""
    from sysmon_tui.model.text import clean

    failing = [name for name, status in said.collectors.items() if status in _FAILING]
    parts = (
        f"last tick {max(age, 0.0):.1f} s ago",
        f"{said.recording}{f' ({said.reason})' if said.reason else ''}",
        f"not answering: {', '.join(failing)}" if failing else "",
        f"pid {said.pid}",
    )
    return clean(", ".join(part for part in parts if part))
