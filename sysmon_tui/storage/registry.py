"""The Strategy's choice: a URL's scheme names the backend. `monitor.assemble` calls this.

A backend is one module in this package with `open_store(rest, *, state, retention, quota)` and
`open_ledger(rest, *, state)`, where `rest` is what follows the scheme, and a line here.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import Ledger, Outbox, Store

BACKENDS = ("memory", "sqlite")
"""Schemes, each the name of its module."""


def open_store(url: str, *, state: Path, retention: float, quota: int) -> Store:
    """History by URL: `retention` in seconds, `quota` in bytes on disk. Raises `StoreError`.

    A store that another program records to is opened for reading (`Store.recording` is false).
    """
    module, rest = _backend(url)
    store: Store = module.open_store(rest, state=state, retention=retention, quota=quota)
    return store


def open_ledger(url: str, *, state: Path) -> Ledger:
    """The ledger that goes with a history URL; touches no file yet. Raises `StoreError`."""
    module, rest = _backend(url)
    ledger: Ledger = module.open_ledger(rest, state=state)
    return ledger


def open_outbox(url: str, *, state: Path) -> Outbox:
    """The outbox that goes with a history URL; touches no file yet. Raises `StoreError`.

    A history elsewhere keeps its messages in the state directory, as the ledger does.
    """
    from sysmon_tui.storage import outbox

    _backend(url)
    return outbox.SqliteOutbox(None if url.startswith("memory:") else state / "outbox.db")


def _backend(url: str) -> tuple[Any, str]:
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in BACKENDS:
        known = ", ".join(f"{name}:" for name in BACKENDS)
        raise StoreError(f"{url!r} is no place for history", f"Use one of {known}")
    return import_module(f"sysmon_tui.storage.{scheme}"), rest
