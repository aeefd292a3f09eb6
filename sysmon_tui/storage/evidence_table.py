"""Evidence in the ledger's file: compressed, shared by the alerts of a storm, and bounded.

`storage.ledger` calls these inside its own transactions. What cannot be decoded (a newer
version's, a damaged one) is left out.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection

import msgspec

from sysmon_tui.model.evidence import Evidence, shedding

SECONDS = 400 * 86400.0
"""How long evidence is kept: the same day of last year can still be looked up."""
QUOTA = 16 << 20
"""Bytes of all evidence; the oldest goes first."""
LARGEST = 32 << 10
"""Bytes of one, compressed."""
EACH = 20
"""Kept for one alert, so that one that flaps does not push the others out."""
_UNPACKED = 1 << 20

DDL = (
    "CREATE TABLE evidence (id INTEGER PRIMARY KEY, at REAL NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE TABLE evidence_of (fingerprint TEXT NOT NULL, at REAL NOT NULL,"
    " evidence INTEGER NOT NULL, PRIMARY KEY (fingerprint, at)) STRICT, WITHOUT ROWID",
)


def encoded(evidence: Evidence) -> bytes:
    """At most `LARGEST` bytes; where all of it takes more, the logs and series go first."""
    for smaller in shedding(evidence):
        # Not msgspec's own JSON: it writes NaN, which a figure may be, as null.
        text = json.dumps(msgspec.to_builtins(smaller), separators=(",", ":"))
        body = zlib.compress(text.encode(), 6)
        if len(body) <= LARGEST:
            break
    return body


def decoded(body: bytes) -> Evidence | None:
    try:
        text = zlib.decompressobj().decompress(body, _UNPACKED)
        return msgspec.convert(json.loads(text), Evidence)
    except (zlib.error, msgspec.ValidationError, ValueError, TypeError):
        return None


def keep(db: sqlite3.Connection, evidence: Evidence, also: Collection[str]) -> None:
    """Keep it for its alert and for those that share it; the first one of a moment stays."""
    key = (evidence.fingerprint, evidence.at)
    query = "SELECT 1 FROM evidence_of WHERE fingerprint = ? AND at = ?"
    if db.execute(query, key).fetchone():
        return
    row = db.execute(
        "INSERT INTO evidence (at, body) VALUES (?, ?)", (evidence.at, encoded(evidence))
    ).lastrowid
    db.executemany(
        "INSERT OR IGNORE INTO evidence_of VALUES (?, ?, ?)",
        [(fingerprint, evidence.at, row) for fingerprint in (evidence.fingerprint, *also)],
    )
    _forget(db, evidence)


def _forget(db: sqlite3.Connection, newest: Evidence) -> None:
    db.execute(
        "DELETE FROM evidence_of WHERE fingerprint = ?1 AND at NOT IN (SELECT at FROM evidence_of"
        " WHERE fingerprint = ?1 ORDER BY at DESC LIMIT ?2)",
        (newest.fingerprint, EACH),
    )
    db.execute("DELETE FROM evidence WHERE at < ?", (newest.at - SECONDS,))
    db.execute(
        "DELETE FROM evidence WHERE id IN (SELECT id FROM (SELECT id,"
        " sum(length(body)) OVER (ORDER BY id DESC) AS total FROM evidence) WHERE total > ?)",
        (QUOTA,),
    )
    db.execute("DELETE FROM evidence_of WHERE evidence NOT IN (SELECT id FROM evidence)")
    db.execute("DELETE FROM evidence WHERE id NOT IN (SELECT evidence FROM evidence_of)")


def read(db: sqlite3.Connection, fingerprint: str) -> tuple[Evidence, ...]:
    """Newest first; nothing in a file of an older version, which has no such table."""
    query = "SELECT count(*) FROM sqlite_schema WHERE name = 'evidence_of'"
    if not db.execute(query).fetchone()[0]:
        return ()
    rows = db.execute(
        "SELECT body FROM evidence JOIN evidence_of ON evidence.id = evidence_of.evidence"
        " WHERE fingerprint = ? ORDER BY evidence_of.at DESC",
        (fingerprint,),
    ).fetchall()
    found = (decoded(body) for (body,) in rows)
    return tuple(evidence for evidence in found if evidence is not None)
