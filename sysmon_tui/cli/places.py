"""`--config-dir` and `--state-dir`: taken anywhere on the command line, looked up when needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sysmon_tui.settings.dirs import Dirs

F = TypeVar("F", bound=Callable[..., Any])

_KEY = "sysmon_tui.{}"
"""In `Context.meta`, which a command shares with the group it is called from."""


def _remember(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.meta[_KEY.format(parameter.name)] = value


def places(command: F) -> F:
    """Both options, for every command that reads settings."""
    for name, exists, text in (
        ("--state-dir", False, "Where history and alerts are kept."),
        ("--config-dir", True, "Where settings.toml is."),
    ):
        command = click.option(
            name,
            type=click.Path(exists=exists, file_okay=False),
            metavar="DIR",
            expose_value=False,
            callback=_remember,
            help=text,
        )(command)
    return command


def chosen_dirs() -> Dirs:
    """The directories for the command that runs; raises `SysmonError` where there are none."""
    from sysmon_tui.settings.dirs import find_dirs

    meta = click.get_current_context().meta
    names = ("config_dir", "state_dir")
    return find_dirs(os.environ, *(meta.get(_KEY.format(name), "") for name in names))
