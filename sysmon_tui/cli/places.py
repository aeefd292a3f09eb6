"""`--config-dir`, `--state-dir`, `--key-file`: taken anywhere, looked up when needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from sysmon_tui.security.secret import Secret
    from sysmon_tui.settings.dirs import Dirs

F = TypeVar("F", bound=Callable[..., Any])

KEY_FILE = "key_file"
KEY = "SYSMON_TUI_KEY"
"""The variable that may hold the key of the secrets."""
_KEY = "sysmon_tui.{}"
"""In `Context.meta`, which a command shares with the group it is called from."""


def _remember(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.meta[_KEY.format(parameter.name)] = value


def places(command: F) -> F:
    """The options, for every command that reads settings."""
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
    return click.option(
        "--key-file",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        expose_value=False,
        callback=_remember,
        help="The key of the secrets.",
    )(command)


def take_key(ctx: click.Context) -> None:
    """Take the key of the secrets out of the environment, before anything we start inherits it."""
    if key := os.environ.pop(KEY, ""):
        from sysmon_tui.security.secret import Secret

        ctx.meta[_KEY.format("key")] = Secret(key)


def taken_key() -> Secret[str] | None:
    """The key that was in the environment."""
    return cast("Secret[str] | None", click.get_current_context().meta.get(_KEY.format("key")))


def chosen(name: str) -> str:
    """What the command line says for one of the options, or nothing."""
    return str(click.get_current_context().meta.get(_KEY.format(name), ""))


def chosen_dirs() -> Dirs:
    """The directories for the command that runs; raises `SysmonError` where there are none."""
    from sysmon_tui.settings.dirs import find_dirs

    return find_dirs(os.environ, chosen("config_dir"), chosen("state_dir"))
