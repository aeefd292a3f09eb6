"""What is locked: secrets that settings name and nobody can have, and damaged users files.

`config check` lists it. Without secrets nothing of the cipher is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sysmon_tui.model.errors import SettingsError
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
