"""Retention and quota of a history file: what is oldest goes, before it is too much.

The quota holds for everything on disk, the write-ahead log included. So a part of it is the
log's, the rest is the database's, and SQLite itself is told not to let the database grow beyond.

Where the quota is too small for every tier's retention, the kind that takes most of its share
gives up its oldest first: raw history makes room for itself long before a year of rollups goes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from pathlib import Path

from sysmon_tui.storage.database import transaction

SMALLEST = 512 << 10
"""Bytes: with less there would be no room for a flush."""
WORTH_KEEPING = 8 << 20
"""Bytes of history that nothing displaces on a full disk: new history waits in memory instead."""
AT_ONCE = 64
"""Blobs deleted for their age in one flush. Spreads the work, and a clock that is wrong for a
moment cannot take the whole history with it."""

STOCK_FLUSHES = 30
"""Flushes between two looks at what each kind takes."""

DAY = 86400.0

_SHM = 64 << 10
"""Bytes the log's index may take."""
_MARGIN = 24
"""Pages a flush may need beside its blobs: indexes, layouts, the map of pages."""
_SPARE = 64
"""Free pages left in the file for the next flushes rather than given back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Blobs that are kept equally long."""

    table: str
    where: str
    share: float
    """Of the quota, where there is not enough for all."""
    retention: float
    """Seconds; of raw history the settings say it, and nothing is kept for less long."""


KINDS = (
    Kind("chunk", "TRUE", 0.45, 0.0),
    Kind("snapshot", "TRUE", 0.10, 7 * DAY),
    Kind("rollup", "tier = 0", 0.20, 30 * DAY),
    Kind("rollup", "tier = 1", 0.15, 366 * DAY),
    Kind("rollup", "tier = 2", 0.10, 5 * 366 * DAY),
)


class Room:
    def __init__(self, path: Path, retention: float, quota: int) -> None:
        self._retention = retention
        self._quota = max(quota, SMALLEST)
        self._wal = path.with_name(path.name + "-wal")
        self._wal_limit = min(self._quota // 4, 8 << 20)
        self._page = 4096
        self._pages = 0
        self._orphans = True
        self._taken = dict.fromkeys(KINDS, 0.0)
        self._flushes = STOCK_FLUSHES

    def enter(self, db: sqlite3.Connection) -> None:
        """Set a new connection's limits."""
        self._page = _pragma(db, "page_size")
        self._pages = (self._quota - self._wal_limit - _SHM) // self._page
        db.execute(f"PRAGMA wal_autocheckpoint = {self._wal_limit // self._page // 4}").fetchall()
        db.execute(f"PRAGMA journal_size_limit = {self._wal_limit // 2}").fetchall()

    def stand_still(self, db: sqlite3.Connection) -> None:
        """On a full disk, until the next `enter`: let the file grow no more, and write the log from
        its beginning again as soon as there is anything in it."""
        most = max(_pragma(db, "page_count"), WORTH_KEEPING // self._page)
        self._pages = min(self._pages, most)
        db.execute("PRAGMA wal_autocheckpoint = 1").fetchall()
        db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def make(self, db: sqlite3.Connection, large: Iterable[int], small: int, now: float) -> None:
        """Delete what is older than the retention at `now`, then what the new blobs displace.

        `large` are the sizes of blobs of pages, `small` is the size of all that share pages.
        """
        self._flushes += 1
        for kind in KINDS:
            self._delete(db, kind, AT_ONCE, now - max(kind.retention, self._retention))
        need = sum(size // (self._page - 64) + 2 for size in large) + _MARGIN
        need += 2 * small // self._page
        while (lacking := need - self._free(db)) > 0:
            if not self._delete(db, self._greediest(db), AT_ONCE, size=lacking * self._page):
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
            for table in ("process", "fact"):
                db.execute(f"DELETE FROM {table} WHERE t1 < (SELECT min(t0) FROM snapshot)")  # noqa: S608 (constants)  # nosec B608
        if _pragma(db, "freelist_count") > _SPARE:
            _vacuum(db, _SPARE)
        if self._wal_size() > self._wal_limit // 2:
            self._checkpoint(db)
        return deleted

    def _free(self, db: sqlite3.Connection) -> int:
        """Pages."""
        return self._pages - _pragma(db, "page_count") + _pragma(db, "freelist_count")

    def _greediest(self, db: sqlite3.Connection) -> Kind:
        if self._flushes >= STOCK_FLUSHES:
            self._flushes = 0
            for kind in KINDS:
                total = f"SELECT total(length(body)) FROM {kind.table} WHERE {kind.where}"  # noqa: S608 (constants of this module)  # nosec B608
                self._taken[kind] = db.execute(total).fetchall()[0][0]
        return max(KINDS, key=lambda kind: self._taken[kind] / kind.share)

    def _delete(
        self,
        db: sqlite3.Connection,
        kind: Kind,
        limit: int,
        before: float = inf,
        size: float = inf,
    ) -> int:
        """The oldest `limit` from `before`, or as many as have `size` bytes; how many they were."""
        oldest = db.execute(
            f"SELECT id, length(body) FROM {kind.table}"  # noqa: S608 (constants of this module)  # nosec B608
            f" WHERE {kind.where} AND t1 < ? ORDER BY t1 LIMIT ?",
            (before, limit),
        ).fetchall()
        taken = list(accumulate((size for _, size in oldest), initial=0))
        chosen = [
            number for (number, _), so_far in zip(oldest, taken, strict=False) if so_far < size
        ]
        if not chosen:
            return 0
        with transaction(db):
            db.executemany(f"DELETE FROM {kind.table} WHERE id = ?", [(n,) for n in chosen])  # noqa: S608 (as above)  # nosec B608
        self._orphans = True
        self._taken[kind] -= taken[len(chosen)]
        if self._wal_size() > self._wal_limit // 2:
            self._checkpoint(db)
        return len(chosen)

    def _checkpoint(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _wal_size(self) -> int:
        return self._wal.stat().st_size if self._wal.exists() else 0


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchall()[0][0])


def _vacuum(db: sqlite3.Connection, pages: int) -> None:
    # A script, because `execute` takes one step of it, and a step frees one page.
    db.executescript(f"PRAGMA incremental_vacuum({pages})")
