"""`sysmon-tui check`: one look, one verdict, for Nagios-like pollers, scripts and CI.

Output and exit codes follow the Monitoring Plugins guidelines: `STATUS - text | performance data`
and 0, 1, 2 or 3. The rules are those of the live screen, judged at once.
"""

from __future__ import annotations

import time

import click

from sysmon_tui.cli.options import MAX_INTERVAL
from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import places


@click.command("check")
@click.option(
    "--interval",
    type=click.FloatRange(0.3, MAX_INTERVAL),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between the two readings that rates are made of.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@places
@click.pass_context
def command(ctx: click.Context, interval: float, as_json: bool) -> None:
    """Look once and exit with 0 ok, 1 warning, 2 critical or 3 unknown.

    Every rule is judged by what is seen now: its `for` and its averaging time are ignored, so
    this reports what the live screen would only call pending. Unknown means that something could
    not be looked at (a collector failed or hangs, a rule or setting cannot be used) and nothing
    worse was seen. Nothing is recorded.
    """
    from sysmon_tui.cli.assess import as_object, examine, report
    from sysmon_tui.cli.look import in_memory
    from sysmon_tui.cli.start import open_settings
    from sysmon_tui.monitor.assemble import assemble

    loaded, dirs = open_settings()
    monitor = assemble(in_memory(loaded.settings), dirs)
    health = examine(monitor, interval, time.sleep, [str(error) for error in loaded.errors])
    if as_json:
        say_json(as_object(health, monitor.host))
    else:
        say("\n".join(report(health)))
    ctx.exit(health.verdict)
