"""Passwords and users: what is stored, what is believed, how long one waits."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.security import passwords
from sysmon_tui.security.errors import Corrupt, Insecure, Missing, SecretsError
from sysmon_tui.security.lock import FileLock
from sysmon_tui.security.passwords import FEWEST, Unacceptable, hash_password, is_hash, verify
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import REMEMBERED, Users, Wait, _Try, wait_left

GOOD = Secret("correct horse")
BAD = Secret("battery staple")


def users(place: Path, iterations: int = FEWEST) -> Users:
    return Users(place / "config", place / "state", iterations=iterations)


def test_the_form_is_the_documented_one_and_checks_out_by_the_book() -> None:
    stored = hash_password(GOOD, FEWEST)
    _, name, cost, salt, key = stored.split("$")
    assert (name, cost) == ("pbkdf2-sha256", "i=100000")
    assert len(b64decode(salt)) == 16
    raw = hashlib.pbkdf2_hmac("sha256", b"correct horse", b64decode(salt), FEWEST)
    assert b64decode(key) == raw
    assert hash_password(GOOD, FEWEST) != stored, "each has a salt of its own"


def test_the_policy_is_that_of_owasp() -> None:
    assert passwords.ITERATIONS == 600_000


def test_right_wrong_and_outdated() -> None:
    stored = hash_password(GOOD, FEWEST)
    assert verify(GOOD, stored, FEWEST) == (True, False)
    assert verify(GOOD, stored, FEWEST + 1) == (True, True)
    assert verify(BAD, stored, FEWEST) == (False, False)


def test_an_unknown_user_costs_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    real = hashlib.pbkdf2_hmac

    def count(name: str, text: bytes, salt: bytes, iterations: int) -> bytes:
        counted.append(iterations)
        return real(name, text, salt, 1)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", count)
    assert not verify(GOOD, None, FEWEST).right
    assert not verify(GOOD, "nonsense", FEWEST).right
    assert counted == [FEWEST, FEWEST]


def test_accents_are_the_same_however_they_are_typed() -> None:
    stored = hash_password(Secret("cafe\u0301 au lait"), FEWEST)
    assert verify(Secret("caf\u00e9 au lait"), stored).right


@pytest.mark.parametrize("text", ["", "short", "x" * 1025, "é" * 513, "ﬀ" * 4])
def test_too_short_and_too_long_are_refused(text: str) -> None:
    with pytest.raises(Unacceptable):
        hash_password(Secret(text), FEWEST)


@pytest.mark.parametrize("iterations", ["99999", "10000001", "99999999", "0100000"])
def test_a_forged_cost_is_not_paid(iterations: str) -> None:
    stored = hash_password(GOOD, FEWEST).replace("i=100000", f"i={iterations}")
    assert not is_hash(stored)


@given(st.text(max_size=120))
def test_any_text_is_a_hash_or_none(text: str) -> None:
    assert not is_hash(text)
    assert not is_hash(f"$pbkdf2-sha256$i=600000${text}$")


class TestUsers:
    def test_who_has_the_password_is_let_in(self, tmp_path: Path) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        assert known.names() == ("mira",)
        assert known.check("mira", GOOD, "tty1", 0.0)
        assert not known.check("mira", BAD, "tty1", 0.0)
        assert not known.check("nobody", GOOD, "tty1", 0.0)
        assert known.path.stat().st_mode & 0o777 == 0o600
        known.remove("mira")
        assert not known.check("mira", GOOD, "tty1", 0.0)
        with pytest.raises(Missing):
            known.remove("mira")
        with pytest.raises(SecretsError, match="no name"):
            known.set_password("a b", GOOD)

    def test_an_old_hash_is_made_anew_at_the_next_login(self, tmp_path: Path) -> None:
        users(tmp_path).set_password("mira", GOOD)
        stronger = users(tmp_path, FEWEST + 5)
        assert stronger.check("mira", GOOD, "tty1", 0.0)
        assert f"i={FEWEST + 5}$" in stronger.path.read_text()
        assert stronger.check("mira", GOOD, "tty1", 0.0)

    def test_five_tries_are_free_then_one_waits(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        for _ in range(5):
            assert not known.check("mira", BAD, "ssh", 100.0)
        with pytest.raises(Wait) as caught:
            users(tmp_path).check("mira", GOOD, "ssh", 100.25)
        assert caught.value.seconds == 0.75
        assert known.check("mira", GOOD, "console", 100.25), "another place does not wait"
        assert not known.check("mira", BAD, "ssh", 101.0)
        with pytest.raises(Wait):
            known.check("mira", GOOD, "ssh", 102.9)
        assert known.check("mira", GOOD, "ssh", 103.0)
        assert not known.check("mira", BAD, "ssh", 103.0), "and one begins anew"

    def test_waits_double_to_five_minutes(self) -> None:
        assert [wait_left(n, 0.0, 0.0) for n in (4, 5, 6, 7, 13, 14, 9999)] == [
            0,
            1,
            2,
            4,
            256,
            300,
            300,
        ]
        assert wait_left(5, 100.0, 50.0) == 1.0, "a clock set back makes it no longer"

    def test_tries_in_an_hour_are_few(self) -> None:
        now = failures = 0
        while now < 3600:
            now += int(wait_left(failures, now, now))
            failures += 1
        assert failures <= 60

    def test_only_so_many_are_remembered(self, tmp_path: Path) -> None:
        known = users(tmp_path)
        known._write_tries(
            {("u", str(n)): _Try("u", str(n), 1, float(n)) for n in range(REMEMBERED + 5)}
        )
        assert len(known._tries()) == REMEMBERED
        assert ("u", "4") not in known._tries()

    def test_a_damaged_or_loose_file_lets_nobody_in(self, tmp_path: Path) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        known.path.chmod(0o644)
        with pytest.raises(Insecure):
            known.check("mira", GOOD, "tty1", 0.0)
        known.path.chmod(0o600)
        for text in ("", "[]", '{"users":{"mira":"x"}}', '{"users":{},"v":0}', "[" * 100_000):
            known.path.write_text(text)
            with pytest.raises(Corrupt):
                known.set_password("mira", GOOD)
            assert known.path.read_text() == text, "it is not written over"

    def test_damaged_tries_lock_nobody_out(self, tmp_path: Path) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        known.check("mira", BAD, "tty1", 0.0)
        (tmp_path / "state" / "tries.json").write_text("nonsense")
        assert known.check("mira", GOOD, "tty1", 0.0)

    def test_a_full_disk_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(SecretsError, match="No space"):
            users(tmp_path).set_password("mira", GOOD)


SETTER = """
import sys
from pathlib import Path
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import Users
place, who = Path(sys.argv[1]), sys.argv[2]
known = Users(place / "config", place / "state", iterations=100_000)
for number in range(5):
    known.set_password(f"{who}{number}", Secret("correct horse"))
"""

GUESSER = """
import sys
from pathlib import Path
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import Users, Wait
place = Path(sys.argv[1])
known = Users(place / "config", place / "state", iterations=100_000)
looked_at = 0
for _ in range(5):
    try:
        known.check("mira", Secret("battery staple"), "ssh", 100.0)
    except Wait:
        continue
    looked_at += 1
print(looked_at)
"""


def at_once(program: str, place: Path, names: str) -> list[str]:
    """What each of several processes says that run the program together."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(place), name], stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return said


class TestSeveralPrograms:
    def test_no_user_is_lost(self, tmp_path: Path) -> None:
        at_once(SETTER, tmp_path, "abcd")
        everybody = {f"{who}{number}" for who in "abcd" for number in range(5)}
        assert set(users(tmp_path).names()) == everybody

    def test_many_who_guess_together_get_no_more_tries(self, tmp_path: Path) -> None:
        users(tmp_path).set_password("mira", GOOD)
        assert sum(map(int, at_once(GUESSER, tmp_path, "abcd"))) == 5
        with pytest.raises(Wait):
            users(tmp_path).check("mira", GOOD, "ssh", 100.5)

    def test_one_that_holds_the_file_is_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        other = FileLock(tmp_path / "config" / "users.lock")
        assert other.acquire()
        mine = FileLock(other.path)
        assert mine.wait(1.0, sleep=lambda _: other.release())
        monkeypatch.setattr("sysmon_tui.security.users.PATIENCE", 0.0)
        with pytest.raises(SecretsError, match="another program is changing"):
            known.set_password("anna", GOOD)
        mine.release()
        known.set_password("anna", GOOD)

    def test_a_password_set_meanwhile_is_not_undone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The hash is made anew at a login; somebody else changes the password just then."""
        users(tmp_path).set_password("mira", GOOD)
        known = users(tmp_path, FEWEST + 5)
        forget = Users._forget

        def meanwhile(self: Users, name: str, place: str) -> None:
            forget(self, name, place)
            users(tmp_path).set_password("mira", BAD)

        monkeypatch.setattr(Users, "_forget", meanwhile)
        assert known.check("mira", GOOD, "tty1", 0.0)
        monkeypatch.undo()
        assert known.check("mira", BAD, "tty1", 0.0)


class TestWithoutAState:
    """What counts tries cannot be written: the password still counts."""

    def test_the_right_one_is_let_in_and_the_wrong_one_is_told(self, tmp_path: Path) -> None:
        users(tmp_path).set_password("mira", GOOD)
        (tmp_path / "file").write_text("in the way")
        blocked = Users(tmp_path / "config", tmp_path / "file", iterations=FEWEST)
        assert blocked.check("mira", GOOD, "tty1", 0.0)
        with pytest.raises(SecretsError, match="cannot be written"):
            blocked.check("mira", BAD, "tty1", 0.0)

    def test_tries_counted_before_still_count(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = users(tmp_path)
        known.set_password("mira", GOOD)
        for _ in range(5):
            known.check("mira", BAD, "ssh", 100.0)

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Wait):
            known.check("mira", GOOD, "ssh", 100.5)
        assert known.check("mira", GOOD, "ssh", 102.0)
