"""Secrets by name, sealed with Fernet in one file beside the settings (`secrets.json`).

Commands put them in, receivers of alerts get them out when they deliver. Reading never writes it, a
file that could not be read is never written over, and no key is made while sealed secrets exist.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from sysmon_tui.security.errors import Corrupt, Missing, SecretsError
from sysmon_tui.security.files import private_directory, read_private, write_atomic
from sysmon_tui.security.generation import Generations
from sysmon_tui.security.keys import Keys
from sysmon_tui.security.lock import FileLock
from sysmon_tui.security.names import NAME
from sysmon_tui.security.sealed import (
    KEY_SIZE,
    Header,
    Key,
    Opened,
    new_header,
    parse,
    rewrap,
    seal,
    unseal,
    wrap,
)
from sysmon_tui.security.secret import Secret

FILE_NAME = "secrets.json"
VALUE_LIMIT = 16_384


class Vault:
    def __init__(self, directory: Path, keys: Keys, state: Path) -> None:
        """`state` is where it is remembered which generation was seen last."""
        self.path = directory / FILE_NAME
        self.keys = keys
        self._generations = Generations(state)
        self._doubt = ""
        self._mutex = threading.Lock()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of the keys, and of a vault that may be an older copy; known once it was opened."""
        return (*self.keys.warnings, *((f"{self.path}: {self._doubt}",) if self._doubt else ()))

    @property
    def exists(self) -> bool:
        return os.path.lexists(self.path)

    @property
    def version(self) -> tuple[int, ...]:
        """Differs after the file or the generated key was changed; a look, no reading."""
        found = []
        for path in (self.path, self.keys.generated):
            with suppress(OSError):
                facts = os.stat(path)
                found += [facts.st_mtime_ns, facts.st_ino, facts.st_mode]
        return tuple(found)

    def get(self, name: str) -> Secret[str]:
        """Raises `SecretsError`: locked, or `Missing` where there is no such secret."""
        opened = self._open() if self.exists else None
        if opened is None or name not in opened.secrets:
            raise Missing(
                f"there is no secret {name}", f"Enter it: sysmon-tui config set-secret {name}"
            )
        return opened.secrets[name]

    def names(self) -> tuple[str, ...]:
        """Sorted. Raises `SecretsError` where they are locked."""
        return tuple(sorted(self._open().secrets)) if self.exists else ()

    def put(self, name: str, secret: Secret[str]) -> None:
        """Keep a secret, in the place of one of that name. Raises `SecretsError`."""
        _check(name, secret)
        with self._writing():
            if self.exists:
                opened = self._open()
            else:
                data_key = Secret(secrets.token_bytes(KEY_SIZE))
                opened = Opened(new_header(self.keys.to_create(), data_key), data_key, {})
            self._write(opened, opened.secrets | {name: secret})

    def remove(self, name: str) -> None:
        """Raises `Missing` where there is none."""
        with self._writing():
            self.get(name)
            opened = self._open()
            left = {other: one for other, one in opened.secrets.items() if other != name}
            self._write(opened, left)

    def rotate(self, new: Key, install: Callable[[], None] = lambda: None) -> None:
        """Seal everything anew for `new` alone; `install` puts a generated key in its place.

        Until the new key is proven by reading the file back both keys open it, so that an end at
        any moment locks nobody out. The data key is another one afterwards: who kept the old key
        and an old copy of the file reads that copy, and nothing later.
        """
        with self._writing():
            opened, old = self._open(), self._key()
            mine = next(one for one in opened.header.wraps if one.kid == old.id)
            both = (*opened.header.wraps, rewrap(mine, old, new))
            self._write(opened, opened.secrets, msgspec.structs.replace(opened.header, wraps=both))
            self._prove(new, opened)
            install()
            self.keys.keep(new)
            data_key = Secret(secrets.token_bytes(KEY_SIZE))
            header = msgspec.structs.replace(
                opened.header, wraps=(wrap(data_key, new),), gen=opened.header.gen + 1
            )
            self._write(Opened(header, data_key, {}), opened.secrets)
            self._prove(new, opened)
            # What the old key still opens must not stay.
            with suppress(FileNotFoundError):
                self.path.with_name(f"{FILE_NAME}.prev").unlink()

    def set_aside(self, stamp: str) -> Path:
        """Rename a vault that nobody can open, so that a new one can begin. Raises `OSError`."""
        aside = self.path.with_name(f"{FILE_NAME}.locked-{stamp}")
        with self._writing():
            os.rename(self.path, aside)
        return aside

    def _open(self) -> Opened:
        with self._mutex:
            sealed = parse(self._raw())
            key = self.keys.to_open(sealed.h.wraps)
            opened = unseal(sealed, key)
            self._doubt = self._generations.doubt(opened.header, key)
            return opened

    def _key(self) -> Key:
        return self.keys.to_open(parse(self._raw()).h.wraps)

    def _prove(self, key: Key, before: Opened) -> None:
        """Raises `Corrupt` unless what is on the disk opens with `key` and says the same."""
        if unseal(parse(self._raw()), key).secrets != before.secrets:
            raise Corrupt(f"{self.path} does not read back as written", "Check the disk")

    def _raw(self) -> bytes:
        return read_private(self.path)[0]

    def _write(
        self, opened: Opened, named: dict[str, Secret[str]], header: Header | None = None
    ) -> None:
        header = header or opened.header
        later = msgspec.structs.replace(header, gen=self._generations.later(header))
        try:
            write_atomic(self.path, seal(later, opened.data_key, named), keep=True)
        except OSError as error:
            raise SecretsError(
                f"{self.path} cannot be written: {error.strerror}", "Nothing was changed"
            ) from None
        self._generations.note(later, self.keys.to_open(later.wraps))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        lock = FileLock(self.path.with_name("secrets.lock"))
        try:
            private_directory(self.path.parent)
            held = lock.acquire()
        except OSError as error:
            raise SecretsError(
                f"{lock.path} cannot be written: {error.strerror}", "Check the directory"
            ) from None
        if not held:
            raise SecretsError("another program is writing the secrets", "Try again")
        try:
            yield
        finally:
            lock.release()


def _check(name: str, secret: Secret[str]) -> None:
    if not NAME.fullmatch(name):
        raise SecretsError(
            "a secret's name has letters, digits, dots, dashes and underscores, 100 at most",
            "Choose another one",
        )
    try:
        size = len(secret.reveal().encode())
    except UnicodeEncodeError:
        raise SecretsError("the secret is not UTF-8", "Enter it as text") from None
    if not 0 < size <= VALUE_LIMIT:
        raise SecretsError(f"a secret has from 1 to {VALUE_LIMIT} bytes", "Enter another one")
