"""Who may do something, by password: names and hashes in one private file (`users.json`).

Tries in vain are counted per user and place they come from, in the state directory: after five
the next has to wait, longer each time. Nobody is locked out for good, and a restart forgets
nothing. Time is an argument: wall time, because it outlives the program.

Several programs share both files: each change is read, made and written under a lock. A try counts
from before the password is looked at, so that many at once get no more of them than one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from sysmon_tui.security.errors import Corrupt, Missing, SecretsError, TooNew
from sysmon_tui.security.files import private_directory, read_private, write_atomic
from sysmon_tui.security.lock import FileLock
from sysmon_tui.security.passwords import ITERATIONS, hash_password, is_hash, verify
from sysmon_tui.security.secret import Secret

USERS_NAME = "users.json"
TRIES_NAME = "tries.json"
FREE = 5
"""Tries in vain before the first wait."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
REMEMBERED = 1000
"""(user, place) pairs; those that failed longest ago are forgotten."""

PATIENCE = 5.0
"""Seconds to wait for another program that changes the same file."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}")


VERSION = 1


class _Version(msgspec.Struct, frozen=True):
    v: int = VERSION


class _Users(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    users: dict[str, str]
    v: int = VERSION


class _Try(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user: str
    place: str
    failures: int
    at: float


class Wait(SecretsError):
    """Too many tries; `seconds` until the next is looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many tries; wait {seconds:.0f} s")
        self.seconds = seconds


class Users:
    def __init__(self, config: Path, state: Path, *, iterations: int = ITERATIONS) -> None:
        self.path = config / USERS_NAME
        self._tries_path = state / TRIES_NAME
        self._iterations = iterations

    def names(self) -> tuple[str, ...]:
        """Raises `SecretsError` where the file cannot be believed."""
        return tuple(sorted(self._read()))

    def set_password(self, name: str, password: Secret[str]) -> None:
        """Raises `Unacceptable` or `SecretsError`."""
        if not _NAME.fullmatch(name):
            raise SecretsError("no name of a user", "Use letters, digits and . _ @ -")
        hashed = hash_password(password, self._iterations)
        with _changing(self.path):
            self._write(self._read() | {name: hashed})

    def remove(self, name: str) -> None:
        with _changing(self.path):
            users = self._read()
            if users.pop(name, None) is None:
                raise Missing(f"there is no user {name}", "sysmon-tui config set-password NAME")
            self._write(users)

    def check(self, name: str, password: Secret[str], place: str, now: float) -> bool:
        """Whether it is this user's password; takes a tenth of a second, known name or not.

        Raises `Wait` while tries are not looked at, `SecretsError` where the file is not usable.
        """
        stored = self._read().get(name)
        uncounted = self._count(name, place, now)
        verdict = verify(password, stored, self._iterations)
        if not verdict.right:
            if uncounted is not None:
                raise uncounted
            return False
        # Nobody is kept out by a disk that takes nothing more.
        with suppress(SecretsError):
            self._forget(name, place)
            if verdict.outdated:
                self._renew(name, stored, password)
        return True

    def _count(self, name: str, place: str, now: float) -> SecretsError | None:
        """Note a try as one in vain, for now. Raises `Wait`; an error that kept it from the disk
        comes back, for those who do not have the password."""
        before = self._tries().get((name, place))
        try:
            with _changing(self._tries_path):
                tries = self._tries()
                before = tries.get((name, place))
                _require_time(before, now)
                failures = before.failures if before is not None else 0
                tries[name, place] = _Try(name, place, failures + 1, now)
                self._write_tries(tries)
        except Wait:
            raise
        except SecretsError as error:
            _require_time(before, now)
            return error
        return None

    def _forget(self, name: str, place: str) -> None:
        with _changing(self._tries_path):
            tries = self._tries()
            if tries.pop((name, place), None):
                self._write_tries(tries)

    def _renew(self, name: str, stored: str | None, password: Secret[str]) -> None:
        """Hash anew, unless somebody changed the password meanwhile."""
        hashed = hash_password(password, self._iterations)
        with _changing(self.path):
            users = self._read()
            if users.get(name) == stored:
                self._write(users | {name: hashed})

    def _read(self) -> dict[str, str]:
        try:
            raw, _ = read_private(self.path)
        except Missing:
            return {}
        try:
            if msgspec.json.decode(raw, type=_Version).v > VERSION:
                raise TooNew(
                    f"{self.path} was written by a newer version of this program",
                    "Use the program that wrote it",
                )
            users = msgspec.json.decode(raw, type=_Users)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            raise self._damaged() from None
        if users.v != VERSION or not all(map(is_hash, users.users.values())):
            raise self._damaged()
        return users.users

    def _damaged(self) -> Corrupt:
        return Corrupt(f"{self.path} is damaged", "Restore it, or remove it and set passwords anew")

    def _write(self, users: dict[str, str]) -> None:
        _put(self.path, msgspec.json.format(msgspec.json.encode(_Users(users))) + b"\n")

    def _tries(self) -> dict[tuple[str, str], _Try]:
        """Damaged, nothing is remembered: a lock out of one's own machine would be worse."""
        try:
            tries = msgspec.json.decode(read_private(self._tries_path)[0], type=list[_Try])
        except (SecretsError, msgspec.DecodeError, RecursionError, UnicodeError):
            return {}
        return {(one.user, one.place): one for one in tries}

    def _write_tries(self, tries: dict[tuple[str, str], _Try]) -> None:
        latest = sorted(tries.values(), key=lambda one: one.at)[-REMEMBERED:]
        _put(self._tries_path, msgspec.json.encode(latest))


def _put(path: Path, content: bytes) -> None:
    try:
        write_atomic(path, content)
    except OSError as error:
        raise _unwritable(path, error) from None


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile. Raises `SecretsError`."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        private_directory(path.parent)
        held = lock.wait(PATIENCE)
    except OSError as error:
        raise _unwritable(path, error) from None
    if not held:
        raise SecretsError(f"another program is changing {path}", "Try again")
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path, error: OSError) -> SecretsError:
    return SecretsError(
        f"{path} cannot be written: {error.strerror}", "Check the disk and its permissions"
    )


def _require_time(before: _Try | None, now: float) -> None:
    """Raises `Wait`."""
    if before is not None and (left := wait_left(before.failures, before.at, now)) > 0:
        raise Wait(left)


def wait_left(failures: int, failed_at: float, now: float) -> float:
    """Seconds until the next try is looked at; a clock set back does not make it longer."""
    if failures < FREE:
        return 0.0
    wait = min(FIRST_WAIT * 2.0 ** min(failures - FREE, 16), LONGEST_WAIT)
    return max(0.0, wait - max(0.0, now - failed_at))
