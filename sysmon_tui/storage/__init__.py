"""Where history and the alert ledger are kept: strategies behind `Store`, chosen by URL."""

from sysmon_tui.storage.registry import open_ledger, open_outbox, open_past, open_store

__all__ = ["open_ledger", "open_outbox", "open_past", "open_store"]
