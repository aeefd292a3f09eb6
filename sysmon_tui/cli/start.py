"""What every command that looks at the machine does first: find the settings and install them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import click

from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.store import Loaded, load

NO_FLAGS: Mapping[str, Any] = {}


def open_settings(flags: Mapping[str, Any] = NO_FLAGS) -> tuple[Loaded, Dirs]:
    """The settings in force, installed as the current ones, problems and all."""
    dirs = chosen_dirs()
    loaded = load(dirs, os.environ, flags)
    current.install(loaded)
    return loaded, dirs


def warn(problems: Iterable[object]) -> None:
    """One line each on stderr, so that output can still be piped."""
    for problem in problems:
        click.echo(f"sysmon-tui: {problem}", err=True)
