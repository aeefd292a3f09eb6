"""When each user last looked, and how the machine stood then: one small file a user.

The screen writes it when it is left and `sysmon-tui brief` when it has told; both read it first.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.standing import Standing
from sysmon_tui.security.files import write_atomic
from sysmon_tui.security.paths import OutOfPlace, confine

DIRECTORY = "looked"
SIZE_LIMIT = 1 << 20
_ODD = re.compile(r"[^A-Za-z0-9-]")
_LONGEST = 90


def _path(state: Path, user: str) -> Path:
    """A name from outside becomes one that is no path and differs from every other's."""
    spelled = _ODD.sub(lambda odd: f"_{ord(odd[0]):x}.", user)
    return confine(state / DIRECTORY, f"{spelled[:_LONGEST] or '_'}.json")


def last_look(state: Path, user: str) -> Standing | None:
    """None where this user never looked, or nobody can say."""
    try:
        with _path(state, user).open("rb") as file:
            return msgspec.convert(json.loads(file.read(SIZE_LIMIT)), Standing)
    except (OSError, ValueError, RecursionError, OutOfPlace):
        return None


def keep_look(state: Path, user: str, standing: Standing) -> None:
    """Replace what was kept; a reader sees the old one or the new one. Raises `StoreError`."""
    body = json.dumps(msgspec.to_builtins(standing), separators=(",", ":")).encode()
    try:
        path = _path(state, user)
        write_atomic(path, body)
    except OutOfPlace as error:
        raise StoreError(error.problem, error.remedy) from None
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", "Make its directory writable"
        ) from None
