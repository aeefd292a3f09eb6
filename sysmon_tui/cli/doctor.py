"""`sysmon-tui doctor`: what this machine lets us see, what not, and what would change that."""

from __future__ import annotations

import os
import sys
import time

import click

from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import places

INTERVAL = 1.0
"""Seconds between two beats."""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@places
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Say what can be seen from here, what cannot, and the remedy. Takes two seconds.

    Exits with 0 when nothing is missing, with 1 when something is limited or broken. What this
    machine simply does not have (no sensors, no swap) is no reason for 1. Nothing is recorded.
    """
    from sysmon_tui.cli.findings import Case, as_object, examine, report
    from sysmon_tui.cli.look import in_memory
    from sysmon_tui.cli.start import open_settings
    from sysmon_tui.monitor.assemble import assemble
    from sysmon_tui.ui.terminal import inspect_terminal

    loaded, dirs = open_settings()
    case = Case(
        loaded=loaded,
        dirs=dirs,
        terminal=inspect_terminal(os.environ, sys.stdin, sys.stdout, sys.stderr),
        user=os.geteuid(),
    )
    monitor = assemble(in_memory(loaded.settings), dirs)
    findings = examine(case, monitor, lambda: time.sleep(INTERVAL))
    if as_json:
        say_json(as_object(findings))
    else:
        say("\n".join(report(findings)))
    ctx.exit(int(any(finding.standing.matters for finding in findings)))
