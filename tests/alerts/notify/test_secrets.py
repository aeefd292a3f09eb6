"""Receivers get their secrets from the vault; what is locked is told before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.alerts.notify.deliverer import DeliveryError, create_deliverer, no_vault
from sysmon_tui.alerts.notify.http import credentials
from sysmon_tui.alerts.notify.secret import Locks, line_of, text_of
from sysmon_tui.security.keys import Keys, KeySources
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.receivers import Unusable, receiver_of, secrets_of
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify.lives import message


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path / "state")
    made.put("token", Secret(" t0ken\n"))
    made.put("pages", Secret("json://a\njson://b"))
    return made


def hook(**fields: str) -> Receiver:
    return receiver_of({"name": "hook", "kind": "webhook", "url": "http://x", **fields}, ())


def test_a_secret_of_the_vault_logs_in(vault: Vault) -> None:
    assert credentials(hook(token_secret="token"), vault.get) == {"Authorization": "Bearer t0ken"}
    basic = credentials(hook(user="u", password_secret="token"), vault.get)
    assert basic == {"Authorization": "Basic dTp0MGtlbg=="}
    assert credentials(hook(), vault.get) == {}
    assert text_of("", "pages", vault.get) == "json://a\njson://b"
    with pytest.raises(DeliveryError, match="secret pages holds more than one line"):
        line_of("", "pages", vault.get)


async def test_what_is_locked_fails_with_the_remedy_and_is_tried_again(vault: Vault) -> None:
    receiver = receiver_of({"name": "h", "kind": "webhook", "url_secret": "gone"}, ())
    with pytest.raises(
        DeliveryError, match=r"locked: there is no secret gone\. Enter it"
    ) as caught:
        await create_deliverer(receiver, vault.get).deliver(message())
    assert caught.value.retry
    with pytest.raises(DeliveryError, match="there is no vault"):
        await create_deliverer(receiver, no_vault).deliver(message())
    vault.put("gone", Secret("ftp://canary"))
    with pytest.raises(DeliveryError, match="the secret gone holds no http") as caught:
        await create_deliverer(receiver, vault.get).deliver(message())
    assert "canary" not in str(caught.value)


def test_locks_are_told_once_for_each_change(vault: Vault, tmp_path: Path) -> None:
    locks = Locks([hook(token_secret="token"), hook(user="u", password_secret="smtp")], vault)
    assert locks.problems == (
        "Notifier hook is locked: there is no secret smtp. "
        "Enter it: sysmon-tui config set-secret smtp",
    )
    assert locks.locked == 1
    vault.put("smtp", Secret("x"))
    assert list(locks.problems) == []
    assert locks.locked == 0
    assert list(Locks([hook()], vault).problems) == []


def test_a_lost_key_locks_all(vault: Vault, tmp_path: Path) -> None:
    locks = Locks([hook(token_secret="token")], vault)
    assert list(locks.problems) == []
    (tmp_path / "key").write_text("nonsense")
    fresh = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path / "state")
    (problem,) = Locks([hook(token_secret="token")], fresh).problems
    assert "is locked" in problem
    assert "holds no key" in problem


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"token_secret": "a", "token_file": "/x"}, "stands beside token_file"),
        ({"token_secret": "../x"}, "no name of a secret"),
        ({"token_secret": "a", "user": "u"}, "stands beside user"),
        ({"password_secret": "a"}, "is missing beside password_secret"),
        ({"url_secret": "a"}, "stands beside url"),
    ],
)
def test_a_receiver_names_each_secret_once(fields: dict[str, str], words: str) -> None:
    with pytest.raises(Unusable, match=words):
        hook(**fields)


def test_the_secrets_a_receiver_names() -> None:
    assert secrets_of(hook(token_secret="a")) == ["a"]
    assert secrets_of(hook()) == []
