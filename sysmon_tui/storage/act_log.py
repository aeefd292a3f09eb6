"""The audit log: a line of JSON for everything done to a process, or tried.

In the state directory, readable to its user alone, appended to by every program of this user.
`monitor.acting` writes it.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.process_act import ProcessAct
from sysmon_tui.security.files import private_directory

FILE_NAME = "acts.jsonl"
LARGEST = 4 << 20
"""Bytes from which the file becomes `.prev`, in the place of the one before."""

_FLAGS = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class ActLog:
    def __init__(self, state: Path, largest: int = LARGEST) -> None:
        self.path = state / FILE_NAME
        self._largest = largest

    def append(self, act: ProcessAct) -> None:
        """In one write, so that lines of several programs do not mix. Raises `StoreError`."""
        line = json.dumps(_fields(act), separators=(",", ":")).encode() + b"\n"
        try:
            private_directory(self.path.parent)
            self._turn_over()
            descriptor = os.open(self.path, _FLAGS, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise StoreError(f"{self.path} is not a regular file", "Remove it")
                if os.write(descriptor, line) < len(line):
                    # Half a line must not begin the next one.
                    os.write(descriptor, b"\n")
                    raise StoreError(f"{self.path} took half a line", "Free space there")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from None

    def _turn_over(self) -> None:
        with suppress(FileNotFoundError):
            if self.path.lstat().st_size >= self._largest:
                self.path.replace(self.path.with_name(f"{FILE_NAME}.prev"))


def _fields(act: ProcessAct) -> dict[str, object]:
    target = act.target
    return {
        "at": round(act.at, 3),
        "by": act.by,
        "act": act.act,
        "pid": target.key.pid,
        "start": target.key.start_time,
        "uid": target.uid,
        "user": target.user,
        "name": target.name,
        "command": target.command,
        "outcome": act.outcome,
    }
