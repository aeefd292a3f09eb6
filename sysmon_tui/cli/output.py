"""Writing to stdout, whatever stdout is: a closed pipe, a full disk, an encoding with no dash.

Every command prints through `say`, so that none ends with a traceback for its reader's sake.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar

import click

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.units import MISSING

F = TypeVar("F", bound=Callable[..., Any])

PIPE_CLOSED = 141
"""128 + SIGPIPE: what a program that just dies of it shows to the shell."""

_GONE = (errno.EPIPE, errno.EIO)
_ASCII = str.maketrans({MISSING: "-", "°": " ", "…": "."})


def say(text: str) -> None:
    """Print lines and flush.

    Raises `click.exceptions.Exit` when nobody reads any more, `SysmonError` when it cannot be
    written.
    """
    try:
        click.echo(encodable(text, sys.stdout.encoding or "ascii"))
    except OSError as error:
        _silence_stdout()
        if error.errno in _GONE:
            raise click.exceptions.Exit(PIPE_CLOSED) from None
        raise SysmonError(f"the output cannot be written: {error.strerror}") from None


def encodable(text: str, encoding: str) -> str:
    """The text with what `encoding` lacks replaced."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text


def say_json(of: Any) -> None:
    """Print as JSON, indented; what is not finite becomes null, as JSON has no word for it."""
    import json

    say(json.dumps(finite(of), indent=2, ensure_ascii=False, default=str))


def answer(of: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print what was asked for as JSON, or as the lines a person reads."""
    if as_json:
        say_json(of)
    else:
        say("\n".join(lines))


def json_option(command: F) -> F:
    """`--json`, for commands that `answer`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")(command)


def finite(of: Any) -> Any:
    """The same with null for every figure that JSON has no word for."""
    if isinstance(of, float):
        return of if isfinite(of) else None
    if isinstance(of, dict):
        return {str(name): finite(value) for name, value in of.items()}
    if isinstance(of, list | tuple):
        return [finite(value) for value in of]
    return of


def _silence_stdout() -> None:
    """Let the flush at exit go nowhere: it would fail again and say so."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
