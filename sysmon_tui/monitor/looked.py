"""When each user last looked, and how the machine stood then: one small file a user.

The screen writes it when it is left and `sysmon-tui brief` when it has told; both read it first.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import msgspec

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.standing import Standing

DIRECTORY = "looked"
SIZE_LIMIT = 1 << 20
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 100


def _path(state: Path, user: str) -> Path:
    """A name from outside becomes one that is no path and differs from every other's."""
    spelled = _ODD.sub(lambda odd: f"%{ord(odd[0]):x}.", user)
    return state / DIRECTORY / f"{spelled[:_LONGEST]}.json"


def last_look(state: Path, user: str) -> Standing | None:
    """None where this user never looked, or nobody can say."""
    try:
        with _path(state, user).open("rb") as file:
            return msgspec.convert(json.loads(file.read(SIZE_LIMIT)), Standing)
    except (OSError, ValueError, RecursionError):
        return None


def keep_look(state: Path, user: str, standing: Standing) -> None:
    """Replace what was kept; a reader sees the old one or the new one. Raises `StoreError`."""
    path = _path(state, user)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    body = json.dumps(msgspec.to_builtins(standing), separators=(",", ":")).encode()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, flags, 0o600)
        try:
            os.write(descriptor, body)
        finally:
            os.close(descriptor)
        beside.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", "Make its directory writable"
        ) from None
