"""`sysmon-tui compare`: what changed between two recorded moments."""

from __future__ import annotations

import os
import time
from shutil import get_terminal_size

import click

from sysmon_tui.cli.times import Moment

EACH = 8
"""Processes shown of each resource."""
NARROWEST = 60


@click.command(name="compare", context_settings={"ignore_unknown_options": True})
@click.argument("before", type=Moment())
@click.argument("after", type=Moment(), default="-15s")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def command(before: float, after: float, as_json: bool) -> None:
    """What changed between BEFORE and AFTER (what was recorded last, if left out).

    Processes that came, went, or use more or less CPU, memory and storage, by their share of the
    difference; and the metrics that moved most for what they usually do. Moments are written as
    "03:12", "-2h", "yesterday 14:00" or "2026-11-24 03:12".
    """
    from sysmon_tui.cli.output import say, say_json
    from sysmon_tui.cli.start import open_settings, warn
    from sysmon_tui.collectors.host import read_host
    from sysmon_tui.model import compared
    from sysmon_tui.model.errors import SysmonError
    from sysmon_tui.model.when import FORM
    from sysmon_tui.monitor.lookback import Lookback
    from sysmon_tui.monitor.roots import roots_of
    from sysmon_tui.processors.registry import derive
    from sysmon_tui.storage import open_ledger, open_past

    loaded, dirs = open_settings()
    warn(loaded.problems)
    settings = loaded.settings
    url, interval = settings.storage.url, settings.collection.interval
    past = open_past(url, state=dirs.state, derive=derive)
    ledger = open_ledger(url, state=dirs.state)
    lookback = Lookback(lambda: past, ledger, interval=interval, charted=frozenset())
    then, later = (lookback.tick(at) for at in sorted((before, after)))
    if not then.families and not later.families:
        raise SysmonError("nothing was recorded at either moment", FORM)
    boot_time = read_host(roots_of(settings), os.environ).boot_time
    found = lookback.difference(then, later, boot_time)
    if as_json:
        say_json(compared.plain(found))
    else:
        width = max(NARROWEST, get_terminal_size().columns)
        say("\n".join(compared.lines(found, width=width, each=EACH, now=time.time())))
