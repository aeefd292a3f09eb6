"""`sysmon-tui` and `python -m sysmon_tui`."""

from __future__ import annotations

from sysmon_tui.cli import main

if __name__ == "__main__":
    main()
