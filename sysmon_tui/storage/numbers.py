"""The numbers of rows: those that will soon be replaced stand apart from those that stay.

SQLite keeps rows in the order of their numbers, and what is deleted from among others leaves pages
half empty. So rows that stay are only ever appended, which fills every page, and the short-lived
have numbers below zero. The writer's parts of `sqlite` share this.
"""

from __future__ import annotations

import sqlite3

LOOSE = -(1 << 20)
"""The first number of what will be replaced; after -1 it comes round again."""
TABLES = ("chunk", "rollup", "snapshot")


class Numbers:
    def __init__(self) -> None:
        self._lasting = dict.fromkeys(TABLES, 0)
        self._loose = dict.fromkeys(TABLES, LOOSE)

    def enter(self, db: sqlite3.Connection) -> None:
        """Learn what a file has; anew after each connection, because it may be another file."""
        for table in TABLES:
            query = f"SELECT coalesce(max(id), 0) FROM {table} WHERE id > 0"  # noqa: S608 (constants of this module)  # nosec B608
            self._lasting[table] = db.execute(query).fetchall()[0][0]

    def lasting(self, table: str) -> int:
        self._lasting[table] += 1
        return self._lasting[table]

    def loose(self, db: sqlite3.Connection, table: str) -> int:
        number = self._loose[table]
        while db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (number,)).fetchall():  # noqa: S608  # nosec B608
            number = _after(number)
        self._loose[table] = _after(number)
        return number

    def settle(self, db: sqlite3.Connection, table: str) -> None:
        """What a program that was killed left loose stays as it is, so it makes room."""
        query = f"SELECT id FROM {table} WHERE id < 0 ORDER BY id"  # noqa: S608  # nosec B608
        moved = [(self.lasting(table), number) for (number,) in db.execute(query).fetchall()]
        db.executemany(f"UPDATE {table} SET id = ? WHERE id = ?", moved)  # noqa: S608  # nosec B608


def _after(number: int) -> int:
    return number + 1 if number < -1 else LOOSE
