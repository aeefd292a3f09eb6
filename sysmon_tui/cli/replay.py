"""`sysmon-tui replay`: an incident's file on the screen, on any machine and with no server."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from sysmon_tui.cli.output import say
from sysmon_tui.cli.places import places


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report", is_flag=True, help="Print the report in it instead.")
@places
@click.pass_context
def command(ctx: click.Context, file: Path, report: bool) -> None:
    """Show the incident recorded in FILE on the live screen, from its beginning, at its pace.

    Space or z pauses, [ and ] step by ten seconds, End goes to the end. Nothing is collected, and
    nobody can act on what was. FILE comes from `sysmon-tui incident stop`; it is unpacked to a
    private place, checked, and taken away again.
    """
    from sysmon_tui.cli.live import EX_NO_TERMINAL, NO_TERMINAL
    from sysmon_tui.cli.start import open_settings
    from sysmon_tui.monitor.capsule import open_capsule, read_report

    with tempfile.TemporaryDirectory(prefix="sysmon-tui-replay-") as name:
        capsule = open_capsule(file, Path(name))
        if report:
            say(read_report(Path(name)))
            return
        from sysmon_tui.monitor.rerun import Rerun
        from sysmon_tui.ui.terminal import inspect_terminal

        if not inspect_terminal(os.environ, sys.stdin, sys.stdout, sys.stderr).interactive:
            click.echo(NO_TERMINAL, err=True)
            ctx.exit(EX_NO_TERMINAL)
        loaded, _ = open_settings()
        from sysmon_tui.alerts.rules import load_rules
        from sysmon_tui.ui import replay

        rules = load_rules(loaded.settings.rules, "settings.toml").rules
        ctx.exit(replay.run(loaded, Rerun(capsule, rules), rules))
