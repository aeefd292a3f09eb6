"""An SQLite file that is ours: opened, brought up to date, or set aside when it is beyond use.

History and the alert ledger share this. The files are only ever opened through SQLite, because
closing any other descriptor of them would drop SQLite's locks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident

from sysmon_tui.model.errors import StoreError

KEPT = 2
"""Files set aside that are kept; older ones make room."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REMEDIES = {
    sqlite3.SQLITE_FULL: "Free space on its file system or lower storage.quota_mib",
    sqlite3.SQLITE_READONLY: "Make the file and its directory writable",
    sqlite3.SQLITE_CANTOPEN: "Make its directory exist and writable",
    sqlite3.SQLITE_IOERR: "Check its file system and device",
    sqlite3.SQLITE_BUSY: "End the other program that holds it",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a file of one kind looks like."""

    title: str
    application_id: int
    migrations: tuple[tuple[str, ...], ...]
    """DDL by version: the first entry makes version 1."""
    synchronous: str


class Corrupt(sqlite3.DatabaseError):
    """Damage that SQLite or Python's module for it takes for something else."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class _Beyond(sqlite3.DatabaseError):
    """Damaged, empty or another program's."""


def _text(raw: bytes) -> str:
    """A text that is damaged is one row that is not understood, and no reason to read none."""
    return raw.decode("utf-8", "replace")


def is_damage(error: sqlite3.Error) -> bool:
    return _primary(error) in _DAMAGE


def store_error(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """What went wrong with the file, with a remedy where one is known."""
    if isinstance(error, OSError):
        return StoreError(
            f"{path} cannot be used: {error.strerror}", _REMEDIES[sqlite3.SQLITE_CANTOPEN]
        )
    return StoreError(f"{path} cannot be used: {error}", _REMEDIES.get(_primary(error), ""))


def _primary(error: sqlite3.Error) -> int:
    """The result code without its extension; -1 for what Python's module raises by itself."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else code


def open_for_writing(
    path: Path,
    form: Form,
    *,
    ours: bool,
    shared: bool = False,
    aside: Callable[[Path], None] = lambda _path: None,
) -> tuple[sqlite3.Connection, str]:
    """A connection in WAL mode at the newest version, and a notice if the old file was set aside.

    `ours` says that nobody else can have put a file there; only then, or where it carries our
    mark, is a file that cannot be used moved, and `aside` told where it is now. `shared` is for
    use by several threads in turn. Raises `StoreError`.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _open(path, form, ours=ours, shared=shared), ""
        except _Beyond as beyond:
            marked = str(beyond) == _DAMAGED and _mark(path) == form.application_id
            if not (ours or marked):
                raise StoreError(
                    f"{path} is {beyond}", f"Name another file for the {form.title}"
                ) from None
            moved = set_aside(path)
            aside(moved)
            notice = f"{form.title.capitalize()} was {beyond}; kept as {moved.name}"
            return _open(path, form, ours=ours, shared=shared), notice
    except (sqlite3.Error, OSError) as error:
        raise store_error(error, path) from None


_DAMAGED = "damaged"


def _open(path: Path, form: Form, *, ours: bool, shared: bool) -> sqlite3.Connection:
    if not path.exists():
        _make(path, form)
    elif ours and path.stat().st_size == 0:
        raise _Beyond("empty")
    unclean = path.with_name(path.name + "-wal").exists()
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=not shared)
    db.text_factory = _text
    try:
        _identify(db, path, form)
        if unclean and db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _Beyond(_DAMAGED)
        _prepare(db, path, form)
    except sqlite3.Error as error:
        db.close()
        if is_damage(error):
            raise _Beyond(_DAMAGED) from None
        raise
    except BaseException:
        db.close()
        raise
    return db


def _create(path: Path) -> bool:
    """Make the file for nobody but us, before SQLite does it by the umask."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def _make(path: Path, form: Form) -> None:
    """A whole file at once: another thread or program that looks meanwhile sees none or all of it.

    A file that is half made looks like a damaged one to them.
    """
    draft = path.with_name(f"{path.name}.new-{os.getpid()}-{get_ident()}")
    try:
        _create(draft)
        db = sqlite3.connect(draft, isolation_level=None)
        try:
            _prepare(db, draft, form)
        finally:
            db.close()
        # Not renamed: whoever was quicker has made the file that counts.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _identify(db: sqlite3.Connection, path: Path, form: Form) -> None:
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    tables = _read_schema(db)
    if mark != form.application_id and (tables or mark):
        raise _Beyond("another program's file")
    if version > len(form.migrations):
        raise StoreError(
            f"{path} was written by a newer version of this program",
            "Update sysmon-tui or name another file",
        )


def _read_schema(db: sqlite3.Connection) -> int:
    """How many tables and indexes there are. Raises `Corrupt`."""
    try:
        (entries,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except UnicodeDecodeError:
        # SQLite says what it made no sense of as it found it, and Python cannot read that.
        raise Corrupt("malformed database schema") from None
    return int(entries)


def _prepare(db: sqlite3.Connection, path: Path, form: Form) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not version:
        # Only takes effect before the first table, and writes even where it has none.
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute(f"PRAGMA synchronous = {form.synchronous}")
    db.execute("PRAGMA cache_size = -1024")
    backup = path.with_name(f"{path.name}.before-{len(form.migrations)}")
    if 0 < version < len(form.migrations):
        _back_up(db, backup)
    else:
        # It was opened once more since it was brought up to date, so that went well.
        backup.unlink(missing_ok=True)
    with transaction(db):
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for step in form.migrations[version:]:
            for statement in step:
                db.execute(statement)
        if version != len(form.migrations):
            db.execute(f"PRAGMA application_id = {form.application_id}")
            db.execute(f"PRAGMA user_version = {len(form.migrations)}")


def _back_up(db: sqlite3.Connection, target: Path) -> None:
    """A copy of a file of an older version, by SQLite itself; none where there is no room for it,
    because the change to come is one transaction anyway."""
    _create(target)
    copy = sqlite3.connect(target)
    try:
        db.backup(copy)
    except sqlite3.Error:
        target.unlink()
    finally:
        copy.close()


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, the write lock taken at once."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back after some errors (full disk, I/O).
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Read only, beside a writer. Raises `sqlite3.Error`.

    A file in WAL mode needs its `-shm` beside it; where that cannot be made (read-only file
    system), nobody can be writing and the file is read as it is.
    """
    uri = path.absolute().as_uri()
    db = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=5.0, isolation_level=None)
    db.text_factory = _text
    try:
        _read_schema(db)
    except sqlite3.Error as error:
        db.close()
        if _primary(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        db = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
        db.text_factory = _text
    return db


def _mark(path: Path) -> int:
    """The application id a damaged file still carries; 0 where not even that can be read."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        try:
            (mark,) = db.execute("PRAGMA application_id").fetchone()
            return int(mark)
        finally:
            db.close()
    except sqlite3.Error:
        return 0


def set_aside(path: Path) -> Path:
    """Rename the file and its companions, named by when it was last written. Raises `OSError`."""
    target = path.with_name(f"{path.name}.corrupt-{int(path.stat().st_mtime)}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{int(path.stat().st_mtime)}-{number}")
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    _forget_old(path, target)
    return target


def _forget_old(path: Path, newest: Path) -> None:
    """Damage that comes again and again must not fill the disk."""
    kept = [
        file
        for file in path.parent.glob(f"{path.name}.corrupt-*")
        if not file.name.endswith(("-wal", "-shm")) and file != newest
    ]
    kept.sort(key=lambda file: file.stat().st_ctime_ns, reverse=True)
    for file in kept[KEPT - 1 :]:
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
