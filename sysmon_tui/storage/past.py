"""Stored history for a program that only looks back: `rules backtest` calls `read_past`.

`open_store` would make the caller the one that records, and no other program started meanwhile
would record anything. Here no lock is taken and no file is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.sample import Batch


def read_past(
    url: str, start: float, end: float, *, state: Path, collectors: frozenset[str], step: float
) -> Iterator[Batch]:
    """As `Store.read` does; nothing where nothing was recorded yet. Raises `StoreError`."""
    from sysmon_tui.storage.sqlite import history_path
    from sysmon_tui.storage.sqlite_read import Reader

    scheme, _, rest = url.partition(":")
    if scheme != "sqlite":
        raise StoreError(f"{url!r} keeps no history that another program could read", "Use sqlite:")
    path = history_path(rest, state)
    return Reader(path, start, end, step, _pass_over).batches(collectors)


def _pass_over(_whole_file: bool) -> None:
    """Damage is for the one that records to deal with."""
