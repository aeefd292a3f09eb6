"""`sysmon-tui config`: where the settings are, what is in force and why, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

import click

from sysmon_tui.cli import EX_CONFIG
from sysmon_tui.cli.output import say, say_json
from sysmon_tui.cli.places import chosen_dirs, places

LATER: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        (
            "set-secret",
            "list-secrets",
            "remove-secret",
            "rotate-key",
            "reset-secrets",
            "set-password",
            "remove-password",
        ),
        "config_secrets",
    )
    | dict.fromkeys(("set", "unset"), "config_set")
)
"""Command to the module that has it among its `COMMANDS`; loaded when it is called."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        commands = import_module(f"sysmon_tui.cli.{LATER[cmd_name]}").COMMANDS
        return cast("click.Command", commands[cmd_name])


@click.group("config", cls=Commands)
@places
def command() -> None:
    """Where the settings are, what is in force, and whether they are right.

    Edit the file with any editor, or with `set` and `unset`, which keep its comments. A running
    screen takes an edit over. Secrets are kept apart, sealed.
    """


@command.command("path")
@places
def path() -> None:
    """Print the path of the settings file, which need not exist."""
    # Nothing but the directories is loaded: shells run this in $(...).
    from sysmon_tui.settings.dirs import settings_path

    say(str(settings_path(chosen_dirs())))


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option("--defaults", is_flag=True, help="Print every setting with its meaning instead.")
@places
def show(as_json: bool, defaults: bool) -> None:
    """Print the settings in force, each with where it comes from: file, environment or default.

    The output is a settings file itself. With --defaults it is the manual, every setting
    commented out: a file to start from.
    """
    from sysmon_tui.settings import document

    if as_json and defaults:
        raise click.UsageError("--json and --defaults exclude each other")
    if defaults:
        say(document.manual().rstrip())
        return
    from sysmon_tui.cli.start import open_settings, warn

    loaded, _ = open_settings()
    warn(loaded.problems)
    if as_json:
        say_json(document.as_object(loaded))
    else:
        say(f"# {loaded.path}\n\n{document.effective(loaded.settings, loaded.provenance).rstrip()}")


@command.command("check")
@places
@click.pass_context
def check(ctx: click.Context) -> None:
    """Exit with 0 when every setting and rule can be used, else with 78, all problems listed.

    Besides the file it checks what the environment sets, and that secrets and passwords are not
    locked. Warnings are listed, and exit with 0.
    """
    from sysmon_tui.cli.audit import audit
    from sysmon_tui.cli.audit_secrets import locked
    from sysmon_tui.cli.keys import open_vault
    from sysmon_tui.cli.start import open_settings

    loaded, dirs = open_settings()
    errors, warnings = audit(loaded)
    vault = open_vault(dirs)
    errors = (*errors, *locked(loaded, dirs, vault))
    for problem in errors:
        say(f"error: {problem}")
    for warning in (*warnings, *vault.warnings):
        say(f"warning: {warning}")
    if errors:
        ctx.exit(EX_CONFIG)
    say(f"{loaded.path}: {'fine' if loaded.stamp else 'does not exist; the defaults are in force'}")
