"""History in one SQLite file: `sqlite:` is `history.sqlite` in the state directory.

What is written is the business of its parts, `sqlite_tail` for figures, `sqlite_rollup` and
`sqlite_process`; here is when, in one transaction a flush, and what is done about a file that is
damaged or full. `monitor.writer` owns the store.

A session is one time of being open for recording. Monotonic times of two sessions are not
comparable (the machine may have been started anew), so the reader keeps them apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path
from urllib.parse import unquote

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import Derive, Ledger, Past, Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.security.lock import FileLock
from sysmon_tui.storage.database import (
    is_damage,
    open_for_writing,
    set_aside,
    store_error,
    transaction,
)
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.numbers import Numbers
from sysmon_tui.storage.reserve import Reserve
from sysmon_tui.storage.room import Room
from sysmon_tui.storage.salvage import Salvage
from sysmon_tui.storage.sqlite_form import FORM
from sysmon_tui.storage.sqlite_past import SqlitePast, pass_over
from sysmon_tui.storage.sqlite_process import Snapshots
from sysmon_tui.storage.sqlite_rollup import Rollups
from sysmon_tui.storage.sqlite_tail import Tails

RESUME_SECONDS = 600.0
"""Of what was recorded before we began, so much at most is rolled up again."""

SALVAGED = 2 << 20
"""Bytes for which room is made before a few rows of a damaged file are taken over."""


class SqliteStore(SqlitePast):
    def __init__(
        self, path: Path, *, retention: float, quota: int, ours: bool, derive: Derive = no_derive
    ) -> None:
        """`retention` of raw history in seconds, `quota` in bytes. Raises `StoreError`."""
        super().__init__(path, derive, self._on_damage)
        self._path = path
        self._ours = ours
        self._reserve = Reserve(path, quota)
        self._room = Room(path, retention, quota - self._reserve.size)
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._db: sqlite3.Connection | None = None
        self._collectors: dict[str, int] = {}
        self._numbers = Numbers()
        self._tails = Tails(self._numbers)
        self._rollups = Rollups(derive, self._numbers)
        self._snapshots = Snapshots(self._numbers)
        self._salvage: Salvage | None = None
        self._newest = 0.0
        self._broken = False
        self._skipped = 0
        self._remark = ""
        self._elsewhere = False
        if self._acquire():
            try:
                self._resume(self._open())
                self._reserve.take()
            except StoreError:
                self._lock.release()
                raise

    @property
    def recording(self) -> bool:
        return self._lock.held

    @property
    def elsewhere(self) -> bool:
        return self._elsewhere

    @property
    def notice(self) -> str:
        if self._reserve.spent:
            return "The disk is full: the oldest history makes room for what is recorded"
        if self._remark or not self._skipped:
            return self._remark
        return f"{self._skipped} damaged pieces of history were left out"

    @property
    def recorder(self) -> str:
        """The program that records instead; empty where it does not say or none does."""
        pid = None if self.recording else self._lock.holder()
        return "" if pid is None else f"pid {pid}"

    def append(self, batches: Iterable[Batch]) -> None:
        if not self.recording:
            return
        for batch in batches:
            self._newest = max(self._newest, batch.wall)
            self._tails.add(batch)
            self._rollups.add(batch)
            if batch.processes is not None:
                self._snapshots.add(batch.wall, batch.processes)

    def flush(self) -> None:
        self._write(seal_all=False)

    def close(self) -> None:
        try:
            self._write(seal_all=True)
        finally:
            self._disconnect()
            self._lock.release()
            # Else it would hold itself: a viewer opens and closes one every few seconds.
            self._damaged = pass_over

    def _acquire(self) -> bool:
        """Become the one that records; false where another program is, or nobody can."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._elsewhere = not self._lock.acquire()
            return not self._elsewhere
        except OSError as error:
            problem = store_error(error, self._lock.path)
            if not self._path.exists():
                raise problem from None
            self._remark = f"History is only read: {problem}"
            return False

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = self._connect()
        return self._db

    def _connect(self) -> sqlite3.Connection:
        # On a full disk there is no room for the index of the log either.
        self._reserve.give_up()
        db, notice = open_for_writing(self._path, FORM, ours=self._ours, aside=self._set_aside)
        self._remark = notice or self._remark
        try:
            self._enter(db)
        except sqlite3.Error as error:
            db.close()
            if not is_damage(error):
                raise store_error(error, self._path) from None
            self._start_afresh()
            return self._connect()
        return db

    def _enter(self, db: sqlite3.Connection) -> None:
        self._collectors = {
            name: number for number, name in db.execute("SELECT id, name FROM collector")
        }
        self._numbers.enter(db)
        self._tails.enter(db)
        self._rollups.enter(db)
        self._snapshots.enter(db)
        self._room.enter(db)
        if self._reserve.spent:
            self._room.stand_still(db)

    def _resume(self, db: sqlite3.Connection) -> None:
        """Take up the rollups that were being made when the file was written last."""
        try:
            (newest,) = db.execute("SELECT coalesce(max(t1), 0) FROM chunk").fetchone()
            with transaction(db):
                self._numbers.settle(db, "chunk")
                self._numbers.settle(db, "snapshot")
            self._rollups.resume(db, self._raw, newest - RESUME_SECONDS)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise store_error(error, self._path) from None
            self._broken = True
        except StoreError:
            # What was recorded is read through a connection of its own, which tells of damage.
            if not self._broken:
                raise
        if self._broken:
            self._start_afresh()
            self._open()

    def _raw(self, collector: str, start: float) -> Iterator[Batch]:
        def damaged(whole_file: bool) -> None:
            # A chunk is told of when somebody misses what was in it.
            self._broken |= whole_file

        past = SqlitePast(self._path, self._derive, damaged)
        return past.read(start, inf, collectors=frozenset({collector}))

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _on_damage(self, whole_file: bool) -> None:
        """Told by readers, on their threads; the writer acts on it with its next flush."""
        if whole_file:
            self._broken = True
        else:
            self._skipped += 1

    def _write(self, *, seal_all: bool) -> None:
        if not self.recording:
            return
        try:
            if self._broken:
                self._start_afresh()
            try:
                self._write_out(seal_all)
            except sqlite3.DatabaseError as error:
                if is_damage(error):
                    self._start_afresh()
                elif self._reserve.give_up() or self._reserve.spent:
                    self._room.stand_still(self._open())
                else:
                    raise
                self._write_out(seal_all)
            if self._reserve.take():
                self._room.enter(self._open())
        except sqlite3.Error as error:
            # What failed may be the descriptor itself (a remount, a failed sync): begin anew.
            self._disconnect()
            raise store_error(error, self._path) from None

    def _start_afresh(self) -> None:
        """The file turned out to be damaged: put it aside; what is in memory is written again."""
        self._disconnect()
        try:
            if self._path.exists():
                moved = set_aside(self._path)
                self._set_aside(moved)
                self._remark = f"History was damaged; kept as {moved.name}"
        except OSError as error:
            raise store_error(error, self._path) from None
        self._broken = False
        self._tails.start_afresh()
        self._snapshots.start_afresh()

    def _set_aside(self, path: Path) -> None:
        """What can be read of the old file is taken over with the next flushes."""
        self._salvage = Salvage(path)

    def _take_over(self, db: sqlite3.Connection) -> None:
        salvage = self._salvage
        if salvage is None:
            return
        self._room.make(db, (), SALVAGED, self._newest)
        if not salvage.step(db, lambda name: self._collector(db, name), self._numbers):
            self._salvage = None
            if salvage.saved:
                self._remark += f"; {salvage.saved} pieces of it were saved"

    def _write_out(self, seal_all: bool) -> None:
        # First, because what is encoded carries the numbers of the file it is for.
        db = self._open()
        pieces = self._tails.encode(seal=seal_all)
        fresh = self._snapshots.encode(seal=seal_all)
        if not pieces and fresh is None:
            return
        blobs = self._rollups.blobs()
        large = [len(piece.encoded.body) for piece in pieces]
        if fresh is not None:
            large += [len(fresh.body), len(fresh.facts)]
        self._room.make(db, large, sum(len(blob.body) for blob in blobs), self._newest)
        with transaction(db):
            self._tails.write(db, pieces, lambda name: self._collector(db, name))
            if fresh is not None:
                self._snapshots.write(db, fresh)
            self._rollups.write(db, blobs, lambda name: self._collector(db, name))
            self._rollups.pack(db)
        self._tails.written(pieces)
        if fresh is not None:
            self._snapshots.written(fresh)
        self._rollups.written(blobs)
        self._take_over(db)
        self._tails.tidied(layouts_gone=self._room.tidy(db))

    def _collector(self, db: sqlite3.Connection, name: str) -> int:
        if name not in self._collectors:
            db.execute("INSERT OR IGNORE INTO collector (name) VALUES (?)", (name,))
            rows = db.execute("SELECT id FROM collector WHERE name = ?", (name,)).fetchall()
            self._collectors[name] = rows[0][0]
        return self._collectors[name]


def open_store(
    rest: str, *, state: Path, retention: float, quota: int, derive: Derive = no_derive
) -> Store:
    """What follows the scheme: nothing, or `///absolute/path`."""
    path = history_path(rest, state)
    ours = path.parent == state.absolute()
    return SqliteStore(path, retention=retention, quota=quota, ours=ours, derive=derive)


def open_past(rest: str, *, state: Path, derive: Derive = no_derive) -> Past:
    """History as another program records it, or did; takes no lock and makes no file."""
    return SqlitePast(history_path(rest, state), derive)


def open_ledger(rest: str, *, state: Path) -> Ledger:
    """Always in the state directory: it is small, and shared by whoever watches this machine."""
    return SqliteLedger(state / "alerts.sqlite")


def history_path(rest: str, state: Path) -> Path:
    if not rest:
        return state.absolute() / "history.sqlite"
    if not rest.startswith("///") or rest.endswith("/"):
        raise StoreError(f"sqlite:{rest} names no file", "Write sqlite:///absolute/path")
    return Path(unquote(rest[2:]))
