"""The alert ledger in a small SQLite file of its own, which several programs may share.

Every operation opens the file anew: alerts change rarely, and so the ledger may be called from any
thread (the engine's loads, the writer's records) and holds nothing in between. It is written with
full synchronisation: an acknowledgement that was shown survives a power cut.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.evidence import LIFE, Dossier, Evidence
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.transition import UNSEEN, UNSEEN_FOR
from sysmon_tui.storage import evidence_table
from sysmon_tui.storage.database import (
    Form,
    is_damage,
    open_for_reading,
    open_for_writing,
    set_aside,
    store_error,
    transaction,
)
from sysmon_tui.storage.merge import last_touched, merge

EVENTS = 10_000
"""Events kept, newest."""
RESOLVED_SECONDS = 86400.0
"""How long a resolved alert that was seen is kept, counted back from the newest event."""

FORM = Form(
    title="alert ledger",
    application_id=0x73_6D_61_31,
    migrations=(
        (
            "CREATE TABLE alert (fingerprint TEXT PRIMARY KEY, active INTEGER NOT NULL,"
            " changed_at REAL NOT NULL, body TEXT NOT NULL) STRICT",
            "CREATE TABLE event (id INTEGER PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL)"
            " STRICT",
        ),
        (
            "CREATE TABLE silence (id TEXT PRIMARY KEY, until REAL NOT NULL, body TEXT NOT NULL)"
            " STRICT",
        ),
        ("ALTER TABLE alert ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0",),
        evidence_table.DDL,
    ),
    synchronous="FULL",
)

T = TypeVar("T", Alert, AlertEvent, Silence)


class SqliteLedger:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.notice = ""
        """What the user should know about the file: it was damaged and is kept elsewhere."""

    def load(self) -> tuple[Alert, ...]:
        """What cannot be decoded is left out. Raises `StoreError`."""
        with self._open_if_any() as db:
            rows = (
                db.execute("SELECT body FROM alert ORDER BY fingerprint").fetchall() if db else ()
            )
        return tuple(_decoded(rows, Alert))

    def record(self, events: Iterable[AlertEvent]) -> None:
        """Raises `StoreError`; then nothing of it was kept."""
        with self._written() as db:
            for event in events:
                _record(db, event)
            _forget(db)

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        """Raises `StoreError`."""
        query = "SELECT body FROM event ORDER BY id DESC LIMIT ?"
        with self._open_if_any() as db:
            rows = db.execute(query, (limit,)).fetchall() if db else ()
        return tuple(_decoded(rows, AlertEvent))

    def silences(self) -> tuple[Silence, ...]:
        """Raises `StoreError`."""
        query = (
            "SELECT body FROM silence"
            " WHERE until > coalesce((SELECT at FROM event ORDER BY id DESC LIMIT 1), 0)"
        )
        with self._open_if_any() as db:
            rows = db.execute(query).fetchall() if db and _has_silences(db) else ()
        return tuple(sorted(_decoded(rows, Silence), key=lambda silence: (silence.at, silence.id)))

    def keep_silence(self, silence: Silence) -> None:
        """Raises `StoreError`; then it was not kept. Those that ended a day ago are dropped."""
        with self._written() as db:
            db.execute(
                "INSERT OR REPLACE INTO silence VALUES (?, ?, ?)",
                (silence.id, silence.until, _encoded(silence)),
            )
            db.execute("DELETE FROM silence WHERE until < ?", (silence.at - RESOLVED_SECONDS,))

    def keep_evidence(self, evidence: Evidence, also: Collection[str] = ()) -> None:
        """Raises `StoreError`; then it was not kept."""
        with self._written() as db:
            evidence_table.keep(db, evidence, also)

    def dossier(self, fingerprint: str) -> Dossier:
        """Raises `StoreError`."""
        # Most events are of other alerts: SQLite looks for the name before any is decoded.
        query = "SELECT body FROM event WHERE instr(body, ?) ORDER BY id DESC LIMIT ?"
        named = f'"fingerprint":{json.dumps(fingerprint)}'
        with self._open_if_any() as db:
            if db is None:
                return Dossier()
            rows = db.execute(query, (named, LIFE)).fetchall()
            evidence = evidence_table.read(db, fingerprint)
        return Dossier(tuple(_decoded(reversed(rows), AlertEvent)), evidence)

    def stamp(self) -> object:
        """When file and log were last written, and which files they are; () where there is none."""
        return tuple(
            (found.st_mtime_ns, found.st_size, found.st_ino)
            for name in (self._path, self._path.with_name(self._path.name + "-wal"))
            if (found := _stat(name)) is not None
        )

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        try:
            db, notice = open_for_writing(self._path, FORM, ours=True)
            self.notice = notice or self.notice
            with self._used(db), transaction(db):
                yield db
        except sqlite3.Error as error:
            raise store_error(error, self._path) from None

    @contextmanager
    def _open_if_any(self) -> Iterator[sqlite3.Connection | None]:
        """Nothing where there is no file yet: looking must not leave one."""
        if not self._path.exists():
            yield None
            return
        try:
            db = self._open()
            with self._used(db):
                yield db
        except sqlite3.Error as error:
            raise store_error(error, self._path) from None

    @contextmanager
    def _used(self, db: sqlite3.Connection) -> Iterator[None]:
        """A file in which damage is met is put aside, so that the next who writes begins anew."""
        file = _stat(self._path)
        try:
            try:
                yield
            finally:
                db.close()
        except sqlite3.Error as error:
            now = _stat(self._path)
            # Another thread may have met it too, and begun anew already.
            if is_damage(error) and file and now and file.st_ino == now.st_ino:
                with suppress(OSError):
                    self.notice = f"Alert ledger was damaged; kept as {set_aside(self._path).name}"
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            db, notice = open_for_writing(self._path, FORM, ours=True)
        except StoreError:
            # A read-only file system, or a newer version's file: what is there may yet be read.
            return open_for_reading(self._path)
        self.notice = notice or self.notice
        return db


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _has_silences(db: sqlite3.Connection) -> bool:
    """A file of an older version that may only be read has no such table."""
    (found,) = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'silence'").fetchone()
    return bool(found)


def _record(db: sqlite3.Connection, event: AlertEvent) -> None:
    db.execute("INSERT INTO event (at, body) VALUES (?, ?)", (event.at, _encoded(event)))
    fingerprint = event.alert.fingerprint
    rows = db.execute("SELECT body FROM alert WHERE fingerprint = ?", (fingerprint,)).fetchall()
    alert = merge(next(_decoded(rows, Alert), None), event)
    if alert is None:
        db.execute("DELETE FROM alert WHERE fingerprint = ?", (fingerprint,))
    else:
        db.execute(
            "INSERT OR REPLACE INTO alert (fingerprint, active, changed_at, body, unseen)"
            " VALUES (?, ?, ?, ?, ?)",
            (fingerprint, alert.active, last_touched(alert), _encoded(alert), alert.unseen),
        )


def _forget(db: sqlite3.Connection) -> None:
    db.execute(
        "DELETE FROM alert WHERE NOT active"
        " AND changed_at < (SELECT at FROM event ORDER BY id DESC LIMIT 1)"
        " - CASE WHEN unseen THEN ? ELSE ? END",
        (UNSEEN_FOR, RESOLVED_SECONDS),
    )
    db.execute(
        "DELETE FROM alert WHERE unseen AND fingerprint NOT IN (SELECT fingerprint FROM alert"
        " WHERE unseen ORDER BY changed_at DESC, fingerprint DESC LIMIT ?)",
        (UNSEEN,),
    )
    db.execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (EVENTS,))


def _encoded(value: Alert | AlertEvent | Silence) -> str:
    # Not msgspec's own JSON: it writes NaN, which a figure may be, as null.
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def _decoded(rows: Iterable[tuple[Any, ...]], kind: type[T]) -> Iterator[T]:
    for (body,) in rows:
        try:
            yield msgspec.convert(json.loads(body), kind)
        except (msgspec.ValidationError, ValueError, TypeError):
            continue
