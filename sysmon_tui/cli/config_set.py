"""`sysmon-tui config set` and `unset`: one setting of the file, its comments left alone."""

from __future__ import annotations

from types import MappingProxyType

import click

from sysmon_tui.cli.places import chosen_dirs, places


@click.command("set")
@click.argument("setting", metavar="SECTION.NAME")
@click.argument("value")
@places
def set_value(setting: str, value: str) -> None:
    """Change one setting in the file, e.g. collection.interval 2.

    Lists are separated by commas, tables are name=value pairs separated by commas. Comments and
    order stay; the file before is kept as settings.toml.prev.
    """
    from sysmon_tui.settings.dirs import settings_path
    from sysmon_tui.settings.save import save, value_of_text

    save(settings_path(chosen_dirs()), {setting: value_of_text(setting, value)})


@click.command("unset")
@click.argument("setting", metavar="SECTION.NAME")
@places
def unset(setting: str) -> None:
    """Take one setting out of the file, so that its default holds again."""
    from sysmon_tui.settings.dirs import settings_path
    from sysmon_tui.settings.save import UNSET, save

    save(settings_path(chosen_dirs()), {setting: UNSET})


COMMANDS = MappingProxyType({"set": set_value, "unset": unset})
