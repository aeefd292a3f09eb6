"""`sysmon-tui` and `python -m sysmon_tui`."""

from __future__ import annotations

from sysmon_tui import cli


def main() -> None:
    """Run the command line under its own name, however it was started; does not return."""
    cli.main(prog_name="sysmon-tui")


if __name__ == "__main__":
    main()
