"""Secrets go in and come out; whatever happens to the file or the key is said and nothing lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.security import sealed, vault
from sysmon_tui.security.errors import (
    Corrupt,
    Insecure,
    Missing,
    SecretsError,
    TooNew,
    WrongKey,
)
from sysmon_tui.security.files import write_atomic
from sysmon_tui.security.keys import (
    Keys,
    KeySources,
    key_into_keyring,
    new_passphrase_key,
)
from sysmon_tui.security.lock import FileLock
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.vault import Vault
from tests.security.keyrings import Keyring


def opened(place: Path, **sources: Any) -> Vault:
    return Vault(place, Keys(KeySources(directory=place, **sources)), place / "state")


@pytest.fixture
def filled(tmp_path: Path) -> Vault:
    made = opened(tmp_path)
    made.put("smtp", Secret("pw-1"))
    made.put("hook", Secret("https://é/x"))
    return made


def test_a_secret_comes_back_and_is_not_in_the_file(filled: Vault, tmp_path: Path) -> None:
    again = opened(tmp_path)
    assert again.get("smtp").reveal() == "pw-1"
    assert again.names() == ("hook", "smtp")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"pw-1" not in written
    assert b"smtp" not in written, "names are sealed too"


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    empty = opened(tmp_path)
    assert empty.names() == ()
    with pytest.raises(Missing, match="set-secret smtp"):
        empty.get("smtp")
    assert os.listdir(tmp_path) == []


def test_a_secret_is_replaced_and_removed(filled: Vault) -> None:
    filled.put("smtp", Secret("pw-2"))
    assert filled.get("smtp").reveal() == "pw-2"
    filled.remove("smtp")
    assert filled.names() == ("hook",)
    with pytest.raises(Missing):
        filled.remove("smtp")


def test_the_length_of_the_file_says_little(filled: Vault) -> None:
    before = filled.path.stat().st_size
    filled.put("smtp", Secret("pw-1" * 10))
    assert filled.path.stat().st_size == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "x"), ("../x", "x"), ("a b", "x"), ("a" * 101, "x"), ("a", ""), ("a", "x" * 16_385)],
)
def test_odd_names_and_sizes_are_refused(filled: Vault, name: str, value: str) -> None:
    with pytest.raises(SecretsError):
        filled.put(name, Secret(value))
    with pytest.raises(SecretsError, match="UTF-8"):
        filled.put("a", Secret("\udcff"))


def test_a_lost_key_is_never_replaced_by_a_new_one(filled: Vault, tmp_path: Path) -> None:
    (tmp_path / "key").unlink()
    before = filled.path.read_bytes()
    for attempt in (
        lambda: opened(tmp_path).names(),
        lambda: opened(tmp_path).put("new", Secret("x")),
    ):
        with pytest.raises(Missing, match="is missing"):
            attempt()
    assert not (tmp_path / "key").exists()
    assert filled.path.read_bytes() == before


def test_another_key_is_named(filled: Vault, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(sealed.new_key_text())
    before = filled.path.read_bytes()
    with pytest.raises(WrongKey, match="need the key"):
        opened(tmp_path).put("smtp", Secret("x"))
    assert filled.path.read_bytes() == before


def test_a_loose_key_or_vault_is_not_believed(filled: Vault, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Insecure):
        opened(tmp_path).names()
    (tmp_path / "key").chmod(0o600)
    filled.path.chmod(0o666)
    with pytest.raises(Insecure):
        opened(tmp_path).names()


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    made = opened(tmp_path)
    made.put("a", Secret("b"))
    key = made.keys.to_open(())
    raw = made.path.read_bytes()
    outcomes = {Corrupt: 0, WrongKey: 0}
    for position in range(len(raw)):
        bad = bytearray(raw)
        bad[position] ^= 1 << position % 8
        with pytest.raises((Corrupt, WrongKey)) as caught:
            sealed.unseal(sealed.parse(bytes(bad)), key)
        outcomes[type(caught.value)] += 1
    assert outcomes[Corrupt] > outcomes[WrongKey] > 0


def test_every_truncation_and_addition_is_found(filled: Vault) -> None:
    raw = filled.path.read_bytes()
    for bad in (*(raw[:end] for end in range(len(raw))), raw + b" ", b" " + raw, b"[" * 100_000):
        with pytest.raises(Corrupt):
            sealed.parse(bad)


def test_a_later_version_is_told_from_damage(filled: Vault) -> None:
    raw = filled.path.read_bytes()
    later = raw.replace(b"secrets/1", b"secrets/2").replace(b'"v":1', b'"v":2')
    filled.path.write_bytes(later)
    with pytest.raises(TooNew, match="version 2"):
        filled.put("x", Secret("y"))
    assert filled.path.read_bytes() == later
    with pytest.raises(Corrupt):
        sealed.parse(raw.replace(b'"v":1', b'"v":2'))


def test_a_header_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    made = opened(tmp_path)
    made.keys.keep(new_passphrase_key(Secret("long enough"), 14))
    made.put("a", Secret("b"))
    raw = made.path.read_bytes().replace(b'"type":"raw"', b'"type":"scrypt"')
    for logn in (b"13", b"21", b"64"):
        forged = raw.replace(b'"kid"', b'"salt":"00","logn":%s,"kid"' % logn)
        with pytest.raises(Corrupt):
            sealed.parse(forged)


def test_contents_of_two_files_are_not_mixed(filled: Vault, tmp_path: Path) -> None:
    one = sealed.parse(filled.path.read_bytes())
    filled.put("smtp", Secret("pw-2"))
    two = sealed.parse(filled.path.read_bytes())
    key = filled.keys.to_open(two.h.wraps)
    for mixed in (sealed.Sealed(two.h, one.c, two.mac), sealed.Sealed(one.h, two.c, one.mac)):
        with pytest.raises(Corrupt):
            sealed.unseal(mixed, key)


def test_a_passphrase_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(what: str) -> Secret[str]:
        asked.append(what)
        return Secret("long enough")

    made = opened(tmp_path)
    made.put("a", Secret("b"))
    made.rotate(new_passphrase_key(Secret("long enough"), 14))
    (tmp_path / "key").unlink()
    again = opened(tmp_path, ask=ask)
    assert again.get("a").reveal() == "b"
    assert again.names() == ("a",)
    assert asked == ["Passphrase of the secrets"]
    with pytest.raises(WrongKey, match="passphrase"):
        opened(tmp_path, ask=lambda _: Secret("another one")).names()
    again = opened(tmp_path, ask=ask)
    again.keys.unattended()
    with pytest.raises(Missing, match="nobody is there"):
        again.names()


class TestRotation:
    def test_the_old_key_opens_nothing_afterwards(self, filled: Vault, tmp_path: Path) -> None:
        old = filled.keys.to_open(())
        new = filled.keys.generate("key.next")
        filled.rotate(new, lambda: os.replace(tmp_path / "key.next", tmp_path / "key"))
        assert opened(tmp_path).get("smtp").reveal() == "pw-1"
        raw = filled.path.read_bytes()
        with pytest.raises(WrongKey):
            sealed.unseal(sealed.parse(raw), old)
        assert not (tmp_path / "secrets.json.prev").exists()
        assert len(sealed.parse(raw).h.wraps) == 1

    @pytest.mark.parametrize("end", ["write-1", "prove-1", "install", "write-2", "prove-2"])
    def test_an_end_at_any_moment_locks_nobody_out(
        self, filled: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
    ) -> None:
        calls: list[str] = []

        def step(name: str) -> None:
            calls.append(name)
            if f"{name}-{calls.count(name)}" == end or name == end:
                raise KeyboardInterrupt

        proven = Vault._prove

        def write(path: Path, content: bytes, *, keep: bool) -> None:
            step("write")
            write_atomic(path, content, keep=keep)

        def prove(*arguments: Any) -> None:
            step("prove")
            proven(*arguments)

        monkeypatch.setattr(vault, "write_atomic", write)
        monkeypatch.setattr(Vault, "_prove", prove)

        def install() -> None:
            step("install")
            os.replace(tmp_path / "key.next", tmp_path / "key")

        with pytest.raises(KeyboardInterrupt):
            filled.rotate(filled.keys.generate("key.next"), install)
        monkeypatch.undo()
        assert opened(tmp_path).get("smtp").reveal() == "pw-1"


def test_a_second_writer_is_refused(filled: Vault, tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "secrets.lock")
    assert lock.acquire()
    with pytest.raises(SecretsError, match="another program"):
        filled.put("a", Secret("b"))
    lock.release()
    filled.put("a", Secret("b"))


def test_a_disk_that_takes_nothing_is_told(filled: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vault, "write_atomic", full)
    with pytest.raises(SecretsError, match="No space left"):
        filled.put("a", Secret("b"))
    monkeypatch.setattr(FileLock, "acquire", full)
    with pytest.raises(SecretsError, match="No space left"):
        filled.put("a", Secret("b"))


def test_a_lost_vault_is_set_aside_and_kept(filled: Vault, tmp_path: Path) -> None:
    raw = filled.path.read_bytes()
    aside = filled.set_aside("1")
    assert aside.read_bytes() == raw
    filled.put("a", Secret("b"))
    assert filled.names() == ("a",)


class TestWhereTheKeyIs:
    @pytest.fixture
    def key(self, tmp_path: Path) -> Path:
        path = tmp_path / "given"
        path.write_bytes(sealed.new_key_text())
        path.chmod(0o600)
        return path

    def test_a_key_file_goes_before_the_generated_one(self, tmp_path: Path, key: Path) -> None:
        opened(tmp_path, key_file=str(key)).put("a", Secret("b"))
        assert not (tmp_path / "key").exists()
        with pytest.raises(Missing):
            opened(tmp_path).names()

    def test_a_credential_of_systemd(self, tmp_path: Path, key: Path) -> None:
        (tmp_path / "credentials").mkdir()
        key.rename(tmp_path / "credentials" / "sysmon-tui.key")
        opened(tmp_path, credentials=str(tmp_path / "credentials")).put("a", Secret("b"))
        assert not (tmp_path / "key").exists()

    def test_a_unit_without_our_credential(self, tmp_path: Path) -> None:
        opened(tmp_path, credentials=str(tmp_path)).put("a", Secret("b"))
        assert (tmp_path / "key").exists()

    def test_the_environment_with_a_warning(self, tmp_path: Path, key: Path) -> None:
        made = opened(tmp_path, environment=Secret(key.read_text()))
        made.put("a", Secret("b"))
        made.names()
        assert len(made.keys.warnings) == 1
        assert opened(tmp_path, key_file=str(key)).names() == ("a",)

    def test_the_same_key_twice_is_fine_two_are_not(self, tmp_path: Path, key: Path) -> None:
        same = opened(tmp_path, key_file=str(key), environment=Secret(key.read_text()))
        same.put("a", Secret("b"))
        other = Secret(sealed.new_key_text().decode())
        with pytest.raises(WrongKey, match="different keys"):
            opened(tmp_path, key_file=str(key), environment=other).names()

    def test_what_is_no_key_is_no_key(self, tmp_path: Path, key: Path) -> None:
        for text in (b"", b"password", b"A" * 44, b"\xff" * 44):
            key.write_bytes(text)
            if text == b"A" * 44:
                continue
            with pytest.raises(Insecure, match="openssl rand"):
                opened(tmp_path, key_file=str(key)).put("a", Secret("b"))
        with pytest.raises(Missing):
            opened(tmp_path, key_file=str(tmp_path / "none")).put("a", Secret("b"))

    def test_the_keyring_of_a_desktop(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ring = Keyring.install(monkeypatch)
        made = opened(tmp_path)
        made.put("a", Secret("b"))
        made.rotate(key_into_keyring())
        (tmp_path / "key").unlink()
        assert opened(tmp_path).get("a").reveal() == "b"
        ring.broken = True
        with pytest.raises(Missing):
            opened(tmp_path).names()
        with pytest.raises(SecretsError, match="keyring fails"):
            key_into_keyring()

    def test_a_directory_that_takes_no_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr("sysmon_tui.security.keys.write_atomic", full)
        with pytest.raises(SecretsError, match="Read-only"):
            opened(tmp_path).put("a", Secret("b"))


def test_a_passphrase_costs_what_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysmon_tui.security.keys._available_memory", lambda: 1 << 20)
    assert new_passphrase_key(Secret("a phrase")).log_n == sealed.SMALL_LOG_N

    def none(*_: object, **__: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("hashlib.scrypt", none)
    with pytest.raises(SecretsError, match="32 MiB"):
        new_passphrase_key(Secret("a phrase"))


def test_without_a_keyring_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysmon_tui.security.keys.keyring", lambda: None)
    with pytest.raises(SecretsError, match="no keyring"):
        key_into_keyring()


class TestOlderCopies:
    def test_one_put_back_is_told_until_something_is_written(
        self, filled: Vault, tmp_path: Path
    ) -> None:
        older = filled.path.read_bytes()
        filled.put("smtp", Secret("pw-2"))
        write_atomic(filled.path, older)
        again = opened(tmp_path)
        assert not any(again.warnings)
        assert again.get("smtp").reveal() == "pw-1", "it is used all the same"
        assert again.warnings == (
            f"{filled.path}: the secrets are of generation 3, 4 was seen: is this an older copy?",
        )
        again.put("smtp", Secret("pw-3"))
        assert again.names()
        assert not any(again.warnings)
        assert sealed.parse(filled.path.read_bytes()).h.gen == 5, "later than all that was seen"

    def test_one_from_before_a_rotation_is_told_with_its_key(
        self, filled: Vault, tmp_path: Path
    ) -> None:
        older, key = filled.path.read_bytes(), (tmp_path / "key").read_bytes()
        filled.rotate(
            filled.keys.generate("key.next"),
            lambda: os.replace(tmp_path / "key.next", tmp_path / "key"),
        )
        assert opened(tmp_path).names()
        write_atomic(filled.path, older)
        write_atomic(tmp_path / "key", key)
        again = opened(tmp_path)
        assert again.names() == ("hook", "smtp")
        assert "with another key" in again.warnings[0]

    def test_what_was_written_elsewhere_is_later_and_noted(
        self, filled: Vault, tmp_path: Path
    ) -> None:
        before = filled.path.read_bytes()
        elsewhere = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path / "other")
        elsewhere.put("smtp", Secret("pw-2"))
        again = opened(tmp_path)
        assert again.names()
        assert not any(again.warnings)
        write_atomic(filled.path, before)
        assert again.names()
        assert "generation 3, 4 was seen" in again.warnings[0]

    @pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"id":"a","gen":0}'])
    def test_a_damaged_note_is_made_anew(
        self, filled: Vault, tmp_path: Path, content: bytes
    ) -> None:
        note = tmp_path / "state" / "secrets-seen.json"
        write_atomic(note, content)
        assert filled.names()
        assert not any(filled.warnings)
        assert note.read_bytes() != content

    def test_a_state_that_cannot_be_written_keeps_nobody_from_the_secrets(
        self, filled: Vault, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        blocked = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path / "file")
        assert blocked.get("smtp").reveal() == "pw-1"
        blocked.put("smtp", Secret("pw-2"))
        assert blocked.get("smtp").reveal() == "pw-2"
