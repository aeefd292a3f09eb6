"""The two places we own on this machine, asked of platformdirs once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs


@dataclass(frozen=True, slots=True)
class Dirs:
    config: Path
    """Settings and rules: the user's, read by us, never rewritten unasked."""
    state: Path
    """History, the alert ledger, locks and logs: ours."""


def default_dirs() -> Dirs:
    dirs = PlatformDirs("sysmon-tui", appauthor=False)
    return Dirs(config=dirs.user_config_path, state=dirs.user_state_path)
