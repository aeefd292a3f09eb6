"""Where the watched machine's kernel files are; apart from `assemble`, which loads all there is."""

from __future__ import annotations

from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.settings.schema import Settings


def roots_of(settings: Settings) -> Roots:
    """Where to read, by the `host` settings."""
    host = settings.host
    proc = Path(host.proc)
    return Roots(proc=proc, sys=Path(host.sys), root=Path(host.root), foreign=proc != Path("/proc"))
