"""`sysmon-tui config` for what must not be read: secrets, their key, passwords.

No command takes a secret as an argument: everybody on the machine can read those.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from sysmon_tui.cli.keys import open_vault, typed
from sysmon_tui.cli.output import say
from sysmon_tui.cli.places import chosen_dirs, places
from sysmon_tui.cli.start import warn

if TYPE_CHECKING:
    from sysmon_tui.security.sealed import Key
    from sysmon_tui.security.users import Users
    from sysmon_tui.security.vault import Vault


@click.command("set-secret")
@click.argument("name")
@places
def set_secret(name: str) -> None:
    """Keep a secret, sealed, for the settings to name: a password, a token, a URL.

    It is asked for without echo, or read from a pipe. A receiver names it as in
    password_secret = "NAME".
    """
    vault = _vault()
    vault.put(name, typed(f"Secret {name}"))
    warn(vault.warnings)


@click.command("list-secrets")
@places
def list_secrets() -> None:
    """Print the names of the secrets."""
    for name in _vault().names():
        say(name)


@click.command("remove-secret")
@click.argument("name")
@places
def remove_secret(name: str) -> None:
    """Forget a secret."""
    _vault().remove(name)


@click.command("rotate-key")
@click.option("--new-key-file", metavar="FILE", help="Seal with the key in this file from now on.")
@click.option("--passphrase", is_flag=True, help="Seal with a passphrase, asked for.")
@click.option("--keyring", is_flag=True, help="Keep the new key in the desktop's keyring.")
@places
def rotate_key(new_key_file: str | None, passphrase: bool, keyring: bool) -> None:
    """Seal all secrets anew with another key; the old one then opens nothing.

    Without an option the new key is generated beside the settings, in a file only you can read.
    """
    if sum((new_key_file is not None, passphrase, keyring)) > 1:
        raise click.UsageError("--new-key-file, --passphrase and --keyring exclude each other")
    vault = _vault()
    # Whoever cannot open it now must not be asked for a new key first.
    vault.names()
    key = _new_key(vault, new_key_file, passphrase, keyring)
    vault.rotate(key, lambda: _install(vault, key))
    generated = vault.keys.generated
    say(f"sealed anew for {generated if _is_next(vault, key) else key.source}")


def _new_key(vault: Vault, new_key_file: str | None, passphrase: bool, keyring: bool) -> Key:
    from pathlib import Path

    from sysmon_tui.security.files import read_private
    from sysmon_tui.security.keys import NEXT_NAME, key_into_keyring, new_passphrase_key
    from sysmon_tui.security.sealed import key_of_text

    if new_key_file is not None:
        return key_of_text(read_private(Path(new_key_file))[0], new_key_file)
    if passphrase:
        return new_passphrase_key(typed("New passphrase"))
    return key_into_keyring() if keyring else vault.keys.generate(NEXT_NAME)


def _install(vault: Vault, key: Key) -> None:
    """A generated key takes the place of the one before."""
    if _is_next(vault, key):
        os.replace(key.source, vault.keys.generated)


def _is_next(vault: Vault, key: Key) -> bool:
    from sysmon_tui.security.keys import NEXT_NAME

    return key.source == str(vault.keys.generated.with_name(NEXT_NAME))


@click.command("reset-secrets")
@click.confirmation_option(prompt="Every secret must be entered again. Set the file aside?")
@places
def reset_secrets() -> None:
    """Begin anew where the key is lost: rename the sealed file, which is kept."""
    vault = _vault()
    if not vault.exists:
        say("there are no secrets")
        return
    stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
    say(f"set aside as {vault.set_aside(stamp)}")


@click.command("set-password")
@click.argument("user")
@places
def set_password(user: str) -> None:
    """Give somebody a password for the screen's lock; asked for without echo, or piped in."""
    _users().set_password(user, typed(f"Password of {user}"))


@click.command("remove-password")
@click.argument("user")
@places
def remove_password(user: str) -> None:
    """Let somebody in no longer."""
    _users().remove(user)


def _vault() -> Vault:
    return open_vault(chosen_dirs())


def _users() -> Users:
    from sysmon_tui.security.users import Users

    dirs = chosen_dirs()
    return Users(dirs.config, dirs.state)


COMMANDS = MappingProxyType(
    {
        "set-secret": set_secret,
        "list-secrets": list_secrets,
        "remove-secret": remove_secret,
        "rotate-key": rotate_key,
        "reset-secrets": reset_secrets,
        "set-password": set_password,
        "remove-password": remove_password,
    }
)
