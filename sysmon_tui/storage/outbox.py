"""Notifications on their way, kept until they have arrived: a small SQLite file of its own.

A message is durable before its first try and goes only after it has arrived, so that a crash can
make it arrive twice and never not at all. The notifiers' thread opens and uses it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf
from pathlib import Path

import msgspec

from sysmon_tui.model.message import Letter, Message, Told, Unsent
from sysmon_tui.storage.database import Form, open_for_writing, store_error, transaction

ROOM = 1000
"""Messages kept for each receiver; then the oldest goes."""
KNOWN = 20_000
"""Alerts of which is kept that a receiver was told, for each receiver; the newest."""
REMEMBERED = 7 * 86400.0
"""Seconds for which what was lost is shown."""
FURTHEST = 900.0
"""No try is put off longer; one due later than that was put off by a clock set wrong."""

FORM = Form(
    title="outbox",
    application_id=0x73_6D_6F_31,
    migrations=(
        (
            "CREATE TABLE letter (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
            " receiver TEXT NOT NULL, next_at REAL, attempts INTEGER NOT NULL, at REAL NOT NULL,"
            " reason TEXT NOT NULL, body TEXT NOT NULL) STRICT",
            "CREATE INDEX letter_due ON letter (receiver, next_at)",
            "CREATE TABLE told (number INTEGER PRIMARY KEY, receiver TEXT NOT NULL,"
            " fingerprint TEXT NOT NULL, kind TEXT NOT NULL, severity INTEGER NOT NULL,"
            " UNIQUE (receiver, fingerprint)) STRICT",
            "CREATE TABLE dropped (receiver TEXT PRIMARY KEY, count INTEGER NOT NULL,"
            " at REAL NOT NULL) STRICT",
        ),
    ),
    synchronous="FULL",
)


class SqliteOutbox:
    """Holds its file open from first use on."""

    def __init__(self, path: Path | None, *, room: int = ROOM) -> None:
        """Without a path it is kept in memory only."""
        self._path = path
        self._room = room
        self._db: sqlite3.Connection | None = None
        self.notice = ""
        """What the user should know about the file: it was damaged and is kept elsewhere."""

    def put(self, message: Message, told: Mapping[str, Told | None]) -> None:
        body = json.dumps(msgspec.to_builtins(message), separators=(",", ":"))
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO letter (id, receiver, next_at, attempts, at, reason, body)"
                " VALUES (?, ?, ?, 0, ?, '', ?)",
                (message.id, message.receiver, message.at, message.at, body),
            )
            _tell(db, message.receiver, told)
            self._make_room(db, message)

    def remember(self, receiver: str, told: Mapping[str, Told | None]) -> None:
        with self._writing() as db:
            _tell(db, receiver, told)

    def told(self, receiver: str) -> Mapping[str, Told]:
        query = "SELECT fingerprint, kind, severity FROM told WHERE receiver = ?"
        with self._reading() as db:
            return {name: Told(kind, worst) for name, kind, worst in db.execute(query, (receiver,))}

    def due(self, receiver: str, now: float, limit: int) -> tuple[Letter, ...]:
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, body, attempts FROM letter WHERE receiver = ?"
                " AND (next_at <= ? OR next_at > ?) ORDER BY number LIMIT ?",
                (receiver, now, now + FURTHEST, limit),
            ).fetchall()
        letters = []
        for name, body, attempts in rows:
            try:
                letters.append(Letter(msgspec.convert(json.loads(body), Message), attempts))
            except (msgspec.ValidationError, ValueError):
                self.failed(name, None, "it was kept in a form that is not known")
        return tuple(letters)

    def next_due(self, receiver: str) -> float:
        query = "SELECT min(next_at) FROM letter WHERE receiver = ?"
        with self._reading() as db:
            (moment,) = db.execute(query, (receiver,)).fetchone()
        return inf if moment is None else float(moment)

    def waiting(self, receiver: str) -> int:
        query = "SELECT count(*) FROM letter WHERE receiver = ? AND next_at IS NOT NULL"
        with self._reading() as db:
            return int(db.execute(query, (receiver,)).fetchone()[0])

    def done(self, id: str) -> None:  # noqa: A002 - as in the port
        with self._writing() as db:
            db.execute("DELETE FROM letter WHERE id = ?", (id,))

    def failed(self, id: str, next_at: float | None, reason: str) -> None:  # noqa: A002 - as above
        with self._writing() as db:
            db.execute(
                "UPDATE letter SET next_at = ?, reason = ?, attempts = attempts + 1 WHERE id = ?",
                (next_at, reason, id),
            )

    def unsent(self) -> tuple[Unsent, ...]:
        given_up = (
            "SELECT receiver, count(*), reason, max(number) FROM letter"
            " WHERE next_at IS NULL GROUP BY receiver"
        )
        with self._reading() as db:
            lost = {name: (count, reason) for name, count, reason, _ in db.execute(given_up)}
            dropped = dict(db.execute("SELECT receiver, count FROM dropped").fetchall())
        return tuple(
            Unsent(name, *lost.get(name, (0, "")), dropped.get(name, 0))
            for name in sorted({*lost, *dropped})
        )

    def close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def _make_room(self, db: sqlite3.Connection, newest: Message) -> None:
        old = newest.at - REMEMBERED
        db.execute("DELETE FROM letter WHERE next_at IS NULL AND at < ?", (old,))
        db.execute("DELETE FROM dropped WHERE at < ?", (old,))
        gone = db.execute(
            "DELETE FROM letter WHERE number IN (SELECT number FROM letter WHERE receiver = ?"
            " ORDER BY next_at IS NULL, number DESC LIMIT -1 OFFSET ?)",
            (newest.receiver, self._room),
        ).rowcount
        if gone:
            db.execute(
                "INSERT INTO dropped VALUES (?, ?, ?) ON CONFLICT (receiver)"
                " DO UPDATE SET count = count + excluded.count, at = excluded.at",
                (newest.receiver, gone, newest.at),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, transaction(db):
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        path = self._path
        try:
            if self._db is None:
                self._db = self._open()
            yield self._db
        except sqlite3.Error as error:
            # The next use opens the file anew: that is where damage is seen and set aside.
            self.close()
            raise store_error(error, path or Path(":memory:")) from None

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            db, notice = open_for_writing(self._path, FORM, ours=True, shared=True)
            self.notice = notice or self.notice
            return db
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for statement in (statement for step in FORM.migrations for statement in step):
            db.execute(statement)
        return db


def _tell(db: sqlite3.Connection, receiver: str, told: Mapping[str, Told | None]) -> None:
    db.executemany(
        "DELETE FROM told WHERE receiver = ? AND fingerprint = ?",
        [(receiver, fingerprint) for fingerprint in told],
    )
    db.executemany(
        "INSERT INTO told (receiver, fingerprint, kind, severity) VALUES (?, ?, ?, ?)",
        [(receiver, name, news.kind, news.severity) for name, news in told.items() if news],
    )
    db.execute(
        "DELETE FROM told WHERE number IN (SELECT number FROM told WHERE receiver = ?"
        " ORDER BY number DESC LIMIT -1 OFFSET ?)",
        (receiver, KNOWN),
    )
