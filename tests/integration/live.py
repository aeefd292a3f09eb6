"""The installed program on a real pty, with a home of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import Signals

from sysmon_tui.alerts.rules import load_rules
from tests.pty import Pty

COMMAND = (sys.executable, "-m", "sysmon_tui")
FIRST_DATA = r"Memory .*\d%"


def environ(home: Path, **extra: str) -> dict[str, str]:
    """Nothing of the developer's: settings and state below `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("COVERAGE_", "COV_")) or name in ("PATH", "PYTHONPATH", "TZ")
    }
    return kept | {
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "",
        "LANG": "C.UTF-8",
        "SYSMON_TUI_CONFIG_DIR": str(home / "config"),
        "SYSMON_TUI_STATE_DIR": str(home / "state"),
        **extra,
    }


def no_other_rules(*ours: str) -> str:
    """Settings without the rules of the default pack but for these: a machine that was booted just
    now, or whose disk is full, has alerts of its own, perhaps above those of the test."""
    others = [rule.name for rule in load_rules((), "pack").rules if rule.name not in ours]
    return "".join(f'[[rules]]\nname = "{name}"\nenabled = false\n' for name in others)


def live(
    home: Path,
    *arguments: str,
    columns: int = 120,
    rows: int = 40,
    ignored: Sequence[Signals] = (),
    extra: Mapping[str, str] | None = None,
) -> Pty:
    return Pty(
        [*COMMAND, *arguments],
        columns=columns,
        rows=rows,
        environ=environ(home, **(extra or {})),
        ignored=ignored,
    )
