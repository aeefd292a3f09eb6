"""The commands. Each is imported when it runs, and it alone imports what it needs.

`main` is what `sysmon-tui` starts: without a command the live screen, which is the only one that
loads Textual. Errors a user can do something about end as one line on stderr.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, cast

import click

from sysmon_tui import __version__
from sysmon_tui.cli.options import as_flags, live_options
from sysmon_tui.cli.places import places, take_key
from sysmon_tui.model.errors import SettingsError, SysmonError

EX_CONFIG = 78
"""sysexits.h: something in the configuration is wrong."""
INTERRUPTED = 130

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        name: f"sysmon_tui.cli.{name}_" if name == "import" else f"sysmon_tui.cli.{name}"
        for name in (
            "record",
            "health",
            "check",
            "doctor",
            "brief",
            "incident",
            "replay",
            "alerts",
            "rules",
            "compare",
            "query",
            "report",
            "export",
            "import",
            "config",
            "completion",
        )
    }
)
"""Command to the module whose `command` it is."""


class Commands(click.Group):
    """Finds a command by its name alone, so that no other one is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            return cast("click.Command", import_module(COMMANDS[cmd_name]).command)
        if ctx.resilient_parsing or cmd_name.startswith("-"):
            return None
        raise click.UsageError(f"No such command {cmd_name!r}.{_nearest(cmd_name)}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SysmonError as error:
            click.echo(f"sysmon-tui: {error}", err=True)
            ctx.exit(EX_CONFIG if isinstance(error, SettingsError) else 1)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="sysmon-tui")
@places
@live_options
@click.pass_context
def main(ctx: click.Context, /, plain: bool, count: int | None, **options: Any) -> None:
    """What is wrong on this machine, since when, and who causes it.

    Without a command: the live screen. It ends with 0, with 128 and the number of the signal
    that ended it, or with 2 where there is no terminal to draw on.
    """
    take_key(ctx)
    flags = as_flags(**options)
    plain = plain or count is not None
    if ctx.invoked_subcommand is None:
        from sysmon_tui.cli import live

        ctx.exit(live.run(flags, plain=plain, count=count))
    if flags or plain:
        raise click.UsageError(
            "Only --config-dir, --state-dir and --key-file may stand before "
            f"{ctx.invoked_subcommand}"
        )
