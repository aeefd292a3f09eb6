"""Where the vault's key comes from: the first of six places that has one.

A key file named on the command line or by `SYSMON_TUI_KEY_FILE`, a systemd credential,
`SYSMON_TUI_KEY`, the desktop's keyring (an extra), the key generated beside the secrets, a
passphrase. The generated key protects backups, exports and shared settings; against the same user
or root it does not.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sysmon_tui.security.errors import Missing, SecretsError, WrongKey
from sysmon_tui.security.files import read_private, write_atomic
from sysmon_tui.security.sealed import (
    LOG_N,
    SMALL_LOG_N,
    Key,
    ScryptWrap,
    Wrap,
    key_of_passphrase,
    key_of_text,
    new_key_text,
)
from sysmon_tui.security.secret import Secret

KEY_NAME = "key"
NEXT_NAME = "key.next"
"""A generated key that is not in force yet."""
CREDENTIAL = "sysmon-tui.key"
SERVICE = "sysmon-tui"
LIMIT = 4096
ENOUGH_MEMORY = 256 << 20

Ask = Callable[[str], Secret[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySources:
    """The places to look in, besides the keyring."""

    directory: Path
    """Holds the generated key."""
    key_file: str = ""
    credentials: str = ""
    """systemd's `$CREDENTIALS_DIRECTORY`."""
    environment: Secret[str] | None = None
    ask: Ask | None = None
    """Asks for a passphrase; None where nobody sits at a terminal."""


class Keys:
    """Finds the key when it is needed, and keeps it: a passphrase is asked for once."""

    def __init__(self, sources: KeySources) -> None:
        self.sources = sources
        self._ask = sources.ask
        self.warnings: list[str] = []
        self._found: Key | None = None

    @property
    def generated(self) -> Path:
        return self.sources.directory / KEY_NAME

    def keep(self, key: Key) -> None:
        """From now on this one."""
        self._found = key

    def unattended(self) -> None:
        """From now on nobody can be asked: the screen has the terminal."""
        self._ask = None

    def to_open(self, wraps: Sequence[Wrap]) -> Key:
        """A key for secrets that exist. Raises `SecretsError`; never makes a key."""
        if self._found is None or all(wrap.kid != self._found.id for wrap in wraps):
            self._found = self._given() or self._for(wraps)
        return self._found

    def to_create(self) -> Key:
        """A key for the first secret: the one given, else a generated one, new if need be."""
        self._found = self._given() or self._read_generated() or self.generate()
        return self._found

    def generate(self, name: str = KEY_NAME) -> Key:
        """A new key in the directory."""
        text, path = new_key_text(), self.sources.directory / name
        try:
            write_atomic(path, text)
        except OSError as error:
            raise SecretsError(
                f"{path} cannot be written: {error.strerror}", "Name a key with --key-file"
            ) from None
        return key_of_text(text, str(path))

    def _given(self) -> Key | None:
        """The key somebody provided. Raises `WrongKey` where two differ: one is meant."""
        given = [key for key in self._explicit() if key is not None]
        for other in given[1:]:
            if other.id != given[0].id:
                raise WrongKey(
                    f"{given[0].source} and {other.source} hold different keys", "Provide one"
                )
        return given[0] if given else _from_keyring()

    def _explicit(self) -> tuple[Key | None, ...]:
        sources = self.sources
        file = self._mounted(Path(sources.key_file)) if sources.key_file else None
        credential = None
        if sources.credentials:
            with suppress(Missing):
                credential = self._mounted(Path(sources.credentials) / CREDENTIAL)
        if sources.environment is None:
            return (file, credential)
        self._warn("SYSMON_TUI_KEY is readable in /proc for your other programs; use a key file")
        text = sources.environment.reveal().encode("utf-8", "surrogateescape")
        return (file, credential, key_of_text(text, "SYSMON_TUI_KEY"))

    def _mounted(self, path: Path) -> Key:
        text, warning = read_private(path, LIMIT, mounted=True)
        if warning:
            self._warn(warning)
        return key_of_text(text, str(path))

    def _for(self, wraps: Sequence[Wrap]) -> Key:
        generated = self._read_generated()
        phrases = [wrap for wrap in wraps if isinstance(wrap, ScryptWrap)]
        wanted = " or ".join(wrap.kid for wrap in wraps)
        if generated is not None and (not phrases or any(w.kid == generated.id for w in wraps)):
            return generated
        if not phrases:
            raise Missing(
                f"the key {wanted} of the secrets is missing",
                f"Restore {self.generated} or name it with --key-file",
            )
        if self._ask is None:
            raise Missing(
                "the secrets need a passphrase and nobody is there to be asked",
                "Use a key file for programs that run unattended",
            )
        phrase = self._ask("Passphrase of the secrets")
        return key_of_passphrase(phrase, phrases[0].salt, phrases[0].logn)

    def _read_generated(self) -> Key | None:
        try:
            text, _ = read_private(self.generated, LIMIT)
        except Missing:
            return None
        return key_of_text(text, str(self.generated))

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def new_passphrase_key(phrase: Secret[str], log_n: int = 0) -> Key:
    """As costly to guess as the memory there is allows; `log_n` says otherwise."""
    cost = log_n or (LOG_N if _available_memory() >= ENOUGH_MEMORY else SMALL_LOG_N)
    return key_of_passphrase(phrase, secrets.token_hex(16), cost)


def _available_memory() -> int:
    """Bytes, by Linux's own estimate; where there is none, enough."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii", "replace").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return ENOUGH_MEMORY


def keyring() -> Any:
    """The extra's module, or None. Loaded late: it brings D-Bus."""
    if SERVICE_MODULE in sys.modules or find_spec(SERVICE_MODULE):
        return import_module(SERVICE_MODULE)
    return None


SERVICE_MODULE = "keyring"


def _from_keyring() -> Key | None:
    ring = keyring()
    if ring is None:
        return None
    try:
        text = ring.get_password(SERVICE, KEY_NAME)
    except Exception:  # noqa: BLE001 - a desktop that does not answer is no reason to stop
        return None
    return key_of_text(text.encode(), "the keyring") if text else None


def key_into_keyring() -> Key:
    """A new key, kept by the desktop. Raises `SecretsError`."""
    ring, text = keyring(), new_key_text()
    if ring is None:
        raise SecretsError("there is no keyring", "Install sysmon-tui[keyring]")
    try:
        ring.set_password(SERVICE, KEY_NAME, text.decode().strip())
    except Exception as error:  # noqa: BLE001 - each desktop fails in its own way
        raise SecretsError(f"the keyring fails ({type(error).__name__})", "Unlock it") from None
    return key_of_text(text, "the keyring")
