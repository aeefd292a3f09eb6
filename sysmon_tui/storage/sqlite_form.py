"""What a history file looks like, version by version; `sqlite` and its parts share this."""

from __future__ import annotations

from sysmon_tui.storage.database import Form

FORM = Form(
    title="history",
    application_id=0x73_6D_68_31,
    migrations=(
        (
            "CREATE TABLE collector (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
            "CREATE TABLE layout (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
            """CREATE TABLE chunk (
                id INTEGER PRIMARY KEY, collector INTEGER NOT NULL, session INTEGER NOT NULL,
                t0 REAL NOT NULL, t1 REAL NOT NULL, m1 REAL NOT NULL, count INTEGER NOT NULL,
                crc INTEGER NOT NULL, layout INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
            "CREATE INDEX chunk_order ON chunk (collector, session, m1, t1, t0)",
            "CREATE INDEX chunk_age ON chunk (t1)",
            "CREATE INDEX chunk_layout ON chunk (layout)",
        ),
        (
            # Rollups: a series has a slot in a band for good, a row is some spans of a band.
            """CREATE TABLE series (
                band INTEGER NOT NULL, slot INTEGER NOT NULL, collector INTEGER NOT NULL,
                name TEXT NOT NULL, labels TEXT NOT NULL, PRIMARY KEY (band, slot)
                ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX series_name ON series (name)",
            """CREATE TABLE rollup (
                id INTEGER PRIMARY KEY, tier INTEGER NOT NULL, band INTEGER NOT NULL,
                t0 REAL NOT NULL, t1 REAL NOT NULL, count INTEGER NOT NULL,
                slots INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
            "CREATE INDEX rollup_order ON rollup (band, tier, t0, t1, count)",
            "CREATE INDEX rollup_age ON rollup (tier, t1)",
            # Processes: facts once, what they used in snapshots.
            """CREATE TABLE process (
                id INTEGER PRIMARY KEY, t1 REAL NOT NULL, pid INTEGER NOT NULL,
                start_time REAL NOT NULL, ppid INTEGER NOT NULL, uid INTEGER NOT NULL,
                name TEXT NOT NULL, kernel INTEGER NOT NULL, command TEXT NOT NULL,
                user TEXT NOT NULL) STRICT""",
            "CREATE INDEX process_age ON process (t1)",
            """CREATE TABLE snapshot (
                id INTEGER PRIMARY KEY, t0 REAL NOT NULL, t1 REAL NOT NULL, count INTEGER NOT NULL,
                crc INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
            "CREATE INDEX snapshot_age ON snapshot (t1, t0)",
        ),
        ("ALTER TABLE process ADD COLUMN cgroup TEXT NOT NULL DEFAULT ''",),
        (
            # Facts of processes, packed: those with the numbers from `id` on, `count` of them.
            """CREATE TABLE fact (
                id INTEGER PRIMARY KEY, t1 REAL NOT NULL, count INTEGER NOT NULL,
                crc INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
            "CREATE INDEX fact_age ON fact (t1)",
        ),
    ),
    synchronous="NORMAL",
)
