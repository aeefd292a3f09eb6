"""What is locked: secrets that settings name and nobody can have, and damaged users files.

`config check` lists it. Without secrets nothing of the cipher is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.security.errors import Missing, SecretsError
from sysmon_tui.security.users import Users
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.receivers import secrets_of
from sysmon_tui.settings.store import Loaded, place_of

if TYPE_CHECKING:
    from sysmon_tui.security.vault import Vault


def locked(loaded: Loaded, dirs: Dirs, vault: Vault) -> Iterator[SettingsError]:
    users = Users(dirs.config, dirs.state)
    for path, read in ((vault.path, vault.names), (users.path, users.names)):
        try:
            read()
        except SecretsError as error:
            yield SettingsError(str(path), "", f"locked: {error.problem}", error.remedy)
    yield from _missing(loaded, vault)
    yield from _unknown_user(loaded, users)


def _unknown_user(loaded: Loaded, users: Users) -> Iterator[SettingsError]:
    """A lock that nobody can open."""
    user = loaded.settings.lock.user
    with suppress(SecretsError):
        if user and user not in users.names():
            where = place_of(loaded, ("lock", "user"))
            remedy = f"Set one: sysmon-tui config set-password {clean(user, 60)}"
            yield SettingsError(where, "lock.user", f"{clean(user, 60)} has no password", remedy)


def _missing(loaded: Loaded, vault: Vault) -> Iterator[SettingsError]:
    for index, receiver in enumerate(loaded.settings.notify.to):
        for name in secrets_of(receiver):
            try:
                vault.get(name)
            except Missing as error:
                where = place_of(loaded, ("notify", "to", index))
                yield SettingsError(
                    where, f"notify.to.{receiver.name}", error.problem, error.remedy
                )
            except SecretsError:
                continue  # Said once, of the whole file.
