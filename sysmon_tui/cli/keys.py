"""The vault as the command line finds it: where its key is, and how people type secrets."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from sysmon_tui.cli.places import KEY_FILE, chosen, taken_key
from sysmon_tui.security.secret import Secret

if TYPE_CHECKING:
    from sysmon_tui.security.vault import Vault
    from sysmon_tui.settings.dirs import Dirs
    from sysmon_tui.settings.schema import Settings

INPUT_LIMIT = 1 << 20


def open_vault(dirs: Dirs) -> Vault:
    """Not yet unlocked; nothing is read or asked for until a secret is needed."""
    from sysmon_tui.security.keys import Keys, KeySources
    from sysmon_tui.security.vault import Vault
    from sysmon_tui.settings.environment import KEY_FILE as VARIABLE

    _keep_out_of_cores()
    sources = KeySources(
        directory=dirs.config,
        key_file=chosen(KEY_FILE) or os.environ.get(VARIABLE, ""),
        credentials=os.environ.get("CREDENTIALS_DIRECTORY", ""),
        environment=taken_key(),
        ask=ask if sys.stdin.isatty() else None,
    )
    return Vault(dirs.config, Keys(sources), dirs.state)


def vault_for(settings: Settings, dirs: Dirs) -> Vault | None:
    """The vault where receivers name secrets; a passphrase is asked for now, and not later.

    What is locked whoever delivers says: here only the question matters.
    """
    from sysmon_tui.security.errors import SecretsError
    from sysmon_tui.settings.receivers import secrets_of

    if not any(map(secrets_of, settings.notify.to)):
        return None
    vault = open_vault(dirs)
    with suppress(SecretsError, click.Abort):
        vault.names()
    vault.keys.unattended()
    return vault


def _keep_out_of_cores() -> None:
    """What is decrypted must not land in the dump of a crash."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows has none
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ask(what: str) -> Secret[str]:
    """A secret that exists, without echo."""
    return Secret(click.prompt(what, hide_input=True, err=True))


def typed(what: str) -> Secret[str]:
    """A new one, twice without echo, or what is piped in without its last line break."""
    if sys.stdin.isatty():
        return Secret(click.prompt(what, hide_input=True, confirmation_prompt=True, err=True))
    text = sys.stdin.read(INPUT_LIMIT)
    return Secret(text.removesuffix("\n").removesuffix("\r"))
