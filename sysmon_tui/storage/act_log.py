"""The audit log: a line of JSON for everything done to a process, or tried.

In the state directory, readable to its user alone, appended to by every program of this user.
`monitor.acting` writes it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.process_act import ProcessAct
from sysmon_tui.security.files import append_line, private_directory

FILE_NAME = "acts.jsonl"
LARGEST = 4 << 20
"""Bytes from which the file becomes `.prev`, in the place of the one before."""


class ActLog:
    def __init__(self, state: Path, largest: int = LARGEST) -> None:
        self.path = state / FILE_NAME
        self._largest = largest

    def append(self, act: ProcessAct) -> None:
        """Raises `StoreError`."""
        line = json.dumps(_fields(act), separators=(",", ":")).encode() + b"\n"
        try:
            private_directory(self.path.parent)
            self._turn_over()
            append_line(self.path, line, "Remove it")
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from None
        except SysmonError as error:
            raise StoreError(error.problem, error.remedy) from None

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
