"""Secrets, keys and passwords on the command line; nothing secret is ever printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sysmon_tui.cli import keys, main
from sysmon_tui.cli.places import chosen_dirs
from sysmon_tui.security import sealed
from tests.cli.conftest import Run
from tests.security.keyrings import Keyring

MAIL = """\
[[notify.to]]
name = "mail"
kind = "email"
host = "mx"
from = "a@b.c"
to = ["d@e.f"]
user = "u"
password_secret = "smtp"
"""


def put(name: str, value: str) -> Result:
    return CliRunner().invoke(main, ("config", "set-secret", name), input=value)


def test_secrets_are_kept_listed_by_name_and_forgotten(run: Run, tmp_path: Path) -> None:
    assert run("config", "list-secrets").stdout == ""
    for name in ("smtp", "hook"):
        result = put(name, "canary\n")
        assert (result.exit_code, result.output) == (0, "")
    assert run("config", "list-secrets").stdout == "hook\nsmtp\n"
    assert run("config", "remove-secret", "hook").exit_code == 0
    result = run("config", "remove-secret", "hook")
    assert result.exit_code == 1
    assert "there is no secret hook" in result.stderr
    assert sorted(os.listdir(tmp_path / "config")) == [
        "key",
        "secrets.json",
        "secrets.json.prev",
        "secrets.lock",
    ]


def test_check_lists_what_is_locked(run: Run, tmp_path: Path, settings_file: Path) -> None:
    settings_file.write_text(MAIL)
    result = run("config", "check")
    assert result.exit_code == 78
    assert f"{settings_file}:1: notify.to.mail: there is no secret smtp" in result.stdout
    put("smtp", "pw")
    assert run("config", "check").exit_code == 0
    (tmp_path / "config" / "key").rename(tmp_path / "elsewhere")
    result = run("config", "check")
    assert result.exit_code == 78
    assert "secrets.json: locked: the key" in result.stdout
    assert run("--key-file", str(tmp_path / "elsewhere"), "config", "check").exit_code == 0
    path = str(tmp_path / "elsewhere")
    assert run("config", "check", env={"SYSMON_TUI_KEY_FILE": path}).exit_code == 0


def test_the_key_of_the_environment_is_used_and_taken_out_of_it(run: Run, tmp_path: Path) -> None:
    put("smtp", "pw")
    key = (tmp_path / "config" / "key").read_text().strip()
    (tmp_path / "config" / "key").unlink()
    result = run("config", "check", env={"SYSMON_TUI_KEY": key})
    assert result.exit_code == 0
    assert "warning: SYSMON_TUI_KEY is readable" in result.stdout
    assert key not in result.output
    shown = run("config", "show", env={"SYSMON_TUI_KEY": key}).output
    assert key not in shown
    assert "SYSMON_TUI_KEY" not in shown


def test_an_older_copy_is_a_warning_until_something_is_written(run: Run, tmp_path: Path) -> None:
    put("smtp", "one")
    file = tmp_path / "config" / "secrets.json"
    older = file.read_bytes()
    put("smtp", "two")
    file.write_bytes(older)
    result = run("config", "check")
    assert result.exit_code == 0
    assert f"warning: {file}: the secrets are of generation 2, 3 was seen" in result.stdout
    assert "is this an older copy?" in put("smtp", "three").output, "said to who writes over it"
    assert "older copy" not in run("config", "check").stdout


def test_the_key_is_generated_anew(run: Run, tmp_path: Path) -> None:
    put("smtp", "pw")
    path = tmp_path / "config" / "key"
    before = path.read_bytes()
    result = run("config", "rotate-key")
    assert result.stdout == f"sealed anew for {path}\n"
    assert path.read_bytes() != before
    assert run("config", "list-secrets").stdout == "smtp\n"
    assert not (tmp_path / "config" / "key.next").exists()


def test_the_key_is_another_file_a_keyring_or_a_passphrase(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("smtp", "pw")
    other = tmp_path / "other"
    other.write_bytes(sealed.new_key_text())
    other.chmod(0o600)
    assert str(other) in run("config", "rotate-key", "--new-key-file", str(other)).stdout
    assert run("--key-file", str(other), "config", "list-secrets").stdout == "smtp\n"
    assert run("config", "list-secrets").exit_code == 1
    Keyring.install(monkeypatch)
    result = run("--key-file", str(other), "config", "rotate-key", "--keyring")
    assert result.stdout == "sealed anew for the keyring\n"
    assert run("config", "list-secrets").stdout == "smtp\n"
    assert run("config", "rotate-key", "--keyring", "--passphrase").exit_code == 2


def test_a_passphrase_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr("sysmon_tui.security.keys.LOG_N", 14)
    put("smtp", "pw")
    result = CliRunner().invoke(main, ("config", "rotate-key", "--passphrase"), input="a phrase\n")
    assert result.stdout == "sealed anew for the passphrase\n"
    (tmp_path / "config" / "key").unlink()
    result = run("config", "list-secrets")
    assert result.exit_code == 1
    assert "nobody is there to be asked" in result.stderr


def test_a_lost_key_is_begun_anew(run: Run, tmp_path: Path) -> None:
    assert run("config", "reset-secrets", "--yes").stdout == "there are no secrets\n"
    put("smtp", "pw")
    (tmp_path / "config" / "key").unlink()
    assert put("smtp", "new").exit_code == 1
    result = run("config", "reset-secrets", "--yes")
    assert result.stdout.startswith("set aside as ")
    assert Path(result.stdout.split()[-1]).exists()
    assert put("smtp", "new").exit_code == 0


def test_passwords_are_set_and_taken_back(run: Run, tmp_path: Path) -> None:
    def set_password(text: str) -> Result:
        return CliRunner().invoke(main, ("config", "set-password", "mira"), input=text)

    assert "10 characters" in set_password("short").stderr
    assert set_password("correct horse\n").exit_code == 0
    users = tmp_path / "config" / "users.json"
    assert "$pbkdf2-sha256$i=600000$" in users.read_text()
    assert run("config", "check").exit_code == 0
    users.chmod(0o644)
    assert "users.json: locked: others can read" in run("config", "check").stdout
    users.chmod(0o600)
    assert run("config", "remove-password", "mira").exit_code == 0
    assert run("config", "remove-password", "mira").exit_code == 1


def test_a_lock_that_nobody_can_open_is_told(run: Run, settings_file: Path) -> None:
    settings_file.write_text('[lock]\nuser = "mira"\n')
    result = run("config", "check")
    assert result.exit_code == 78
    assert "settings.toml:2: lock.user: mira has no password" in result.stdout
    CliRunner().invoke(main, ("config", "set-password", "mira"), input="correct horse")
    assert run("config", "check").exit_code == 0


def test_what_is_typed_is_asked_for_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    class Tty:
        def isatty(self) -> bool:
            return True

    def prompt(_what: str, **how: object) -> str:
        asked.append(how)
        return "pw"

    monkeypatch.setattr(sys, "stdin", Tty())
    monkeypatch.setattr(click, "prompt", prompt)
    assert keys.typed("Secret").reveal() == "pw"
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]
    with main.make_context("sysmon-tui", ["check"]) as ctx, ctx.scope():
        vault = keys.open_vault(chosen_dirs())
    assert vault.keys.sources.ask is not None
    assert vault.keys.sources.ask("Passphrase").reveal() == "pw"
