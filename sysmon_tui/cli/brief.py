"""`sysmon-tui brief`: what changed since you last looked, for the login shell.

A line in a profile is what it is made for: it says nothing where there is nothing to say, takes
a moment, and its exit code is for scripts.
"""

from __future__ import annotations

import os
import sys
import time

import click

from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import places
from sysmon_tui.cli.times import Duration

UNKNOWN = 3


@click.command("brief")
@click.option(
    "--since",
    type=Duration(),
    help="Tell of that time, such as 8h, instead of since you last looked.",
)
@click.option("--peek", is_flag=True, help="Do not count this as a look.")
@click.option("--quiet", is_flag=True, help="Print nothing where there is nothing new.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@places
@click.pass_context
def command(
    ctx: click.Context, since: float | None, peek: bool, quiet: bool, as_json: bool
) -> None:
    """Say what changed since you last looked: alerts and who has them, reboots, OOM kills, units
    that failed or were restarted, filesystems that grow, new listening ports, top consumers.

    Exits with 0 when nothing is new, with 1 when something is, with 2 when something critical
    fires now that nobody has silenced or shelved, and with 3 when that cannot be told. Looking at
    the live screen, or having this printed, is a look; --since and --peek are none.
    """
    from sysmon_tui.cli.brief_read import as_object, gather, printed
    from sysmon_tui.model.errors import SysmonError
    from sysmon_tui.monitor.actor import login_name
    from sysmon_tui.monitor.looked import keep_look

    try:
        found, now, dirs = gather(login_name(), time.time(), since)
        if as_json:
            say_json(as_object(found))
        elif found.news or not quiet:
            colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            say("\n".join(printed(found, colour=colour, width=_width())))
        if not peek and since is None:
            keep_look(dirs.state, login_name(), now)
    except SysmonError as error:
        click.echo(f"sysmon-tui: {error}", err=True)
        ctx.exit(UNKNOWN)
    ctx.exit(2 if found.urgent else int(found.news))


def _width() -> int:
    """Columns a line may have; where no terminal says, a line may be as long as it is."""
    from shutil import get_terminal_size

    return get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 10_000
