"""The commands. Each imports what it needs when it runs; only the live one loads the screen."""

from __future__ import annotations

import click

from sysmon_tui import __version__


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="sysmon-tui")
def main() -> None:
    """What is wrong on this machine, since when, and who causes it."""
