"""Secrets of receivers, asked for each time: a changed one counts at once.

A receiver names a file nobody else can read (`password_file`), or a secret in the vault
(`password_secret`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup, no_vault
from sysmon_tui.security.errors import SecretsError
from sysmon_tui.security.files import read_private
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.receivers import secrets_of
from sysmon_tui.settings.schema import Receiver

LIMIT = 16_384


def read_secret(path: str) -> str:
    """The text of the file without blanks around it. Raises `DeliveryError`, which may pass."""
    try:
        raw, _ = read_private(Path(path), LIMIT)
    except SecretsError as error:
        raise DeliveryError(error.problem, error.remedy) from None
    try:
        secret = raw.decode().strip()
    except UnicodeDecodeError:
        raise DeliveryError(f"{path} is not UTF-8", "Write it anew") from None
    if not secret:
        raise DeliveryError(f"{path} is empty", "Write the secret into it")
    return secret


def text_of(path: str, name: str, lookup: Lookup) -> str:
    """What is in the file, else in the vault under `name`, else nothing. Raises `DeliveryError`."""
    if path:
        return read_secret(path)
    if not name:
        return ""
    try:
        return lookup(name).reveal().strip()
    except SecretsError as error:
        raise DeliveryError(f"locked: {error.problem}", error.remedy) from None


def line_of(path: str, name: str, lookup: Lookup = no_vault) -> str:
    """A secret that goes into a header or URL: one line. Raises `DeliveryError`."""
    secret = text_of(path, name, lookup)
    if not secret.isprintable():
        raise DeliveryError(
            f"{path or f'the secret {name}'} holds more than one line", "Write the secret only"
        )
    return secret


class Locks:
    """Which receivers cannot get their secrets, told before there is anything to deliver."""

    def __init__(self, receivers: Iterable[Receiver], vault: Vault) -> None:
        self._needs = [
            (receiver.name, name) for receiver in receivers for name in secrets_of(receiver)
        ]
        self._vault = vault
        self._seen: object = None
        self._problems: tuple[str, ...] = ()
        self.locked = 0
        """How many of the secrets could not be had when it was last looked."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Looked into again only after the vault or its key was changed."""
        if self._needs and (version := self._vault.version) != self._seen:
            self._seen = version
            locked = tuple(self._locked())
            self.locked = len(locked)
            self._problems = (*locked, *self._vault.warnings)
        return self._problems

    def _locked(self) -> Iterable[str]:
        for receiver, name in self._needs:
            try:
                self._vault.get(name)
            except SecretsError as error:
                yield f"Notifier {receiver} is locked: {error}"
