"""The Strategy's choice: a URL's scheme names the backend. `monitor.assemble` calls this.

A backend is one module in this package with `open_store`, `open_past` and `open_ledger`, which take
what follows the scheme and otherwise what the functions here do, and a line here.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import Derive, Ledger, Outbox, Past, Store
from sysmon_tui.storage.gather import no_derive

BACKENDS = ("memory", "jsonl", "sqlite")
"""Schemes, each the name of its module."""
SERVERS = ("prometheus+http", "prometheus+https")
"""Schemes of a module and the protocol it is to speak."""


def open_store(
    url: str, *, state: Path, retention: float, quota: int, derive: Derive = no_derive
) -> Store:
    """History by URL: `retention` of raw figures in seconds, `quota` in bytes on disk.

    A store that another program records to is opened for reading (`Store.recording` is false).
    Without `derive` only raw figures are rolled up and found. Raises `StoreError`.
    """
    module, rest = _backend(url)
    store: Store = module.open_store(
        rest, state=state, retention=retention, quota=quota, derive=derive
    )
    return store


def open_past(url: str, *, state: Path, derive: Derive = no_derive) -> Past:
    """Stored history for a program that only looks back: reports, backtests, exports.

    `open_store` would make the caller the one that records, and no other program started meanwhile
    would record anything. Here no lock is taken and no file is made. Raises `StoreError`.
    """
    module, rest = _backend(url)
    past: Past = module.open_past(rest, state=state, derive=derive)
    return past


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
    if not colon or scheme not in (*BACKENDS, *SERVERS):
        known = ", ".join(f"{name}:" for name in (*BACKENDS, *SERVERS))
        raise StoreError(f"{url!r} is no place for history", f"Use one of {known}")
    module, plus, protocol = scheme.partition("+")
    return import_module(f"sysmon_tui.storage.{module}"), f"{protocol}:{rest}" if plus else rest
