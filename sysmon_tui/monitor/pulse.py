"""The health file: a small proof, beside the history, that a recorder lives and ticks.

`monitor.service` writes it while it records, `sysmon-tui health` reads it for container health
checks and exec probes. Only what a start in milliseconds can afford is imported here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sysmon_tui.model.errors import SysmonError

FILE_NAME = "health.json"
SIZE_LIMIT = 1 << 16
EVERY = 5.0
"""Seconds between two writes where nothing changes."""
PATIENCE = 10.0
"""Seconds a tick may be late beyond three intervals: a write or two of the file, a busy disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How the recorder was when it last said so."""

    version: str
    pid: int
    tick: int
    """The last tick's number; 0 before the first."""
    wall: float
    """When that tick was, seconds since the epoch; or when the program started."""
    mono: float
    """The same on the clock that never steps, which is one for all programs until a reboot."""
    interval: float
    """Seconds between ticks."""
    recording: str
    """`RecordingState`."""
    reason: str = ""
    collectors: Mapping[str, str] = field(default_factory=dict)
    """Collector to `Status`."""

    def age(self, wall: float, mono: float) -> float:
        """Seconds since the last tick: by either clock, whichever says more.

        One was set back, or the machine was started anew: the other one knows.
        """
        return max(wall - self.wall, mono - self.mono)

    def differs(self, before: Pulse | None) -> bool:
        """Whether more than time has passed: whoever asks should know it at once."""
        return before is None or self.standing != before.standing

    @property
    def standing(self) -> tuple[object, ...]:
        """What does not change from tick to tick on a machine that is well."""
        return self.recording, self.reason, self.collectors

    @property
    def patience(self) -> float:
        """Seconds after which the last tick is too old."""
        return 3.0 * self.interval + PATIENCE


def write(path: Path, pulse: Pulse) -> None:
    """Replace the file; readers see the old one or the new one. Raises `OSError`.

    Not synced: after a crash of the machine nobody should believe it anyway.
    """
    beside = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(beside, flags, 0o600)
    try:
        os.write(descriptor, json.dumps(asdict(pulse)).encode() + b"\n")
    finally:
        os.close(descriptor)
    beside.replace(path)


def read(path: Path) -> Pulse:
    """What the file says. Raises `SysmonError`."""
    try:
        with path.open("rb") as file:
            said: dict[str, Any] = json.loads(file.read(SIZE_LIMIT))
        return Pulse(**said)
    except FileNotFoundError:
        raise SysmonError(f"no recorder runs here: there is no {path}", REMEDY) from None
    except OSError as error:
        raise SysmonError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise SysmonError(f"{path} is not a health file", REMEDY) from None


REMEDY = "Start `sysmon-tui record`, or name its --state-dir"
