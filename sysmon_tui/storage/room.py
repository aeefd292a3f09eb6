"""Retention and quota of a history file: what is oldest goes, before it is too much.

The quota holds for everything on disk, the write-ahead log included. So a part of it is the
log's, the rest is the database's, and SQLite itself is told not to let the database grow beyond.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sysmon_tui.storage.database import transaction

SMALLEST = 512 << 10
"""Bytes: with less there would be no room for a flush."""
AT_ONCE = 64
"""Chunks deleted for their age in one flush. Spreads the work, and a clock that is wrong for a
moment cannot take the whole history with it."""

_SHM = 64 << 10
"""Bytes the log's index may take."""
_MARGIN = 24
"""Pages a flush may need beside its blobs: indexes, layouts, the map of pages."""
_SPARE = 64
"""Free pages left in the file for the next flushes rather than given back."""


class Room:
    def __init__(self, path: Path, retention: float, quota: int) -> None:
        self._retention = retention
        self._quota = max(quota, SMALLEST)
        self._wal = path.with_name(path.name + "-wal")
        self._wal_limit = min(self._quota // 4, 8 << 20)
        self._page = 4096
        self._pages = 0
        self._orphans = True

    def enter(self, db: sqlite3.Connection) -> None:
        """Set a new connection's limits."""
        self._page = _pragma(db, "page_size")
        self._pages = (self._quota - self._wal_limit - _SHM) // self._page
        db.execute(f"PRAGMA wal_autocheckpoint = {self._wal_limit // self._page // 4}").fetchall()
        db.execute(f"PRAGMA journal_size_limit = {self._wal_limit // 2}").fetchall()

    def make(self, db: sqlite3.Connection, bodies: Sequence[int], now: float) -> None:
        """Delete what is older than the retention at `now`, then what the new blobs displace."""
        self._delete(
            db,
            "SELECT id FROM chunk WHERE t1 < ? ORDER BY t1 LIMIT ?",
            (now - self._retention, AT_ONCE),
        )
        need = sum(size // (self._page - 64) + 2 for size in bodies) + _MARGIN
        while self._pages - _pragma(db, "page_count") + _pragma(db, "freelist_count") < need:
            if not self._delete(db, "SELECT id FROM chunk ORDER BY t1 LIMIT ?", (AT_ONCE // 4,)):
                break
        surplus = _pragma(db, "page_count") - self._pages
        if surplus > 0:
            # The quota was lowered.
            _vacuum(db, surplus)
            self._checkpoint(db)
        db.execute(f"PRAGMA max_page_count = {self._pages}").fetchall()

    def tidy(self, db: sqlite3.Connection) -> bool:
        """After a flush: give pages back, keep the log small. True if layouts were deleted."""
        deleted = False
        if self._orphans:
            self._orphans = False
            cursor = db.execute(
                "DELETE FROM layout WHERE NOT EXISTS"
                " (SELECT 1 FROM chunk WHERE chunk.layout = layout.id)"
            )
            deleted = cursor.rowcount > 0
        if _pragma(db, "freelist_count") > _SPARE:
            _vacuum(db, _SPARE)
        if self._wal_size() > self._wal_limit // 2:
            self._checkpoint(db)
        return deleted

    def _delete(self, db: sqlite3.Connection, which: str, values: tuple[float, ...]) -> int:
        with transaction(db):
            deleted = db.execute(f"DELETE FROM chunk WHERE id IN ({which})", values).rowcount  # noqa: S608 (constants of this module)
        self._orphans |= deleted > 0
        if self._wal_size() > self._wal_limit // 2:
            self._checkpoint(db)
        return deleted

    def _checkpoint(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _wal_size(self) -> int:
        return self._wal.stat().st_size if self._wal.exists() else 0


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchall()[0][0])


def _vacuum(db: sqlite3.Connection, pages: int) -> None:
    # A script, because `execute` takes one step of it, and a step frees one page.
    db.executescript(f"PRAGMA incremental_vacuum({pages})")
