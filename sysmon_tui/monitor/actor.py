"""Who acts on alerts: the person behind sudo, and from where over SSH.

The screen and the commands that acknowledge call this; the ledger keeps what it says.
"""

from __future__ import annotations

import getpass
import os

from sysmon_tui.model.text import SafeText, clean


def login_name() -> str:
    """The person, not the role: who called sudo, else who is logged in."""
    if sudo := os.environ.get("SUDO_USER"):
        return sudo
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a uid that nobody gave a name.
        return str(os.getuid())


def actor(name: str, remote: str) -> SafeText:
    """Who acts, as the ledger keeps it: the login user, and from where over SSH."""
    return clean(f"{name} from {remote}" if remote else name, 100)
