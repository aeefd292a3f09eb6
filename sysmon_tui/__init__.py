"""sysmon-tui: what is wrong on this machine, since when, and who causes it.

Importing the package loads nothing: a headless command pays for no screen.
"""

from __future__ import annotations

__version__ = "0.1.0"
