"""The two places we own on this machine, asked of platformdirs once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs

from sysmon_tui.model.errors import SysmonError

CONFIG_DIR = "SYSMON_TUI_CONFIG_DIR"
STATE_DIR = "SYSMON_TUI_STATE_DIR"
FILE_NAME = "settings.toml"


@dataclass(frozen=True, slots=True)
class Dirs:
    config: Path
    """Settings and rules: the user's, read by us, never rewritten unasked."""
    state: Path
    """History, the alert ledger, locks and logs: ours."""


def settings_path(dirs: Dirs) -> Path:
    return dirs.config / FILE_NAME


def default_dirs() -> Dirs:
    dirs = PlatformDirs("sysmon-tui", appauthor=False)
    return Dirs(config=dirs.user_config_path, state=dirs.user_state_path)


def find_dirs(environ: Mapping[str, str], config: str = "", state: str = "") -> Dirs:
    """Where the command line, else the environment, else the platform puts them; absolute.

    Raises `SysmonError` where the platform has no place, as for a user id without a home.
    """
    fallback = default_dirs()
    return Dirs(
        config=_absolute(config or environ.get(CONFIG_DIR, ""), fallback.config),
        state=_absolute(state or environ.get(STATE_DIR, ""), fallback.state),
    )


def _absolute(chosen: str, fallback: Path) -> Path:
    if chosen:
        return Path(os.path.abspath(Path(chosen).expanduser()))
    # Without a home, `~` stays as it is and would become a directory of that name.
    if not fallback.is_absolute():
        remedy = f"Set HOME, or {CONFIG_DIR} and {STATE_DIR}"
        raise SysmonError("this user has no home directory", remedy)
    return fallback
