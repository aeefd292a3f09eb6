"""Passwords as salted, iterated SHA-256, and when the next try may be made.

The form is `$pbkdf2-sha256$i=600000$<salt>$<key>` in base64 (PBKDF2-HMAC-SHA256, RFC 8018, with
the iterations OWASP asks for). The screen's lock and whoever lets people in by password use this.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import NamedTuple

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security.secret import Secret

ITERATIONS = 600_000
FEWEST, MOST = 100_000, 10_000_000
"""What a stored hash may say: less is too weak to be believed, more would keep us busy."""
SALT_SIZE, KEY_SIZE = 16, 32
SHORTEST, LONGEST = 10, 1024
"""Characters at least, bytes at most."""

_FORM = re.compile(
    r"\$pbkdf2-sha256\$i=([1-9][0-9]{0,7})\$([A-Za-z0-9+/]{22,44}={0,2})\$([A-Za-z0-9+/]{43}=)"
)


class Unacceptable(SysmonError):
    """A password nobody should have."""


class Verdict(NamedTuple):
    right: bool
    outdated: bool = False
    """It is right, and should be hashed anew."""


class _Stored(NamedTuple):
    iterations: int
    salt: bytes
    key: bytes


_NOBODY = _Stored(ITERATIONS, bytes(SALT_SIZE), bytes(KEY_SIZE))
"""Compared with where there is no such user: that must take as long."""


def hash_password(password: Secret[str], iterations: int = ITERATIONS) -> str:
    """Takes a tenth of a second, on purpose. Raises `Unacceptable`."""
    text = _normal(password)
    if text is None or len(unicodedata.normalize("NFKC", password.reveal())) < SHORTEST:
        raise Unacceptable(
            f"a password has {SHORTEST} characters at least and {LONGEST} bytes at most",
            "Choose another one",
        )
    salt = secrets.token_bytes(SALT_SIZE)
    key = hashlib.pbkdf2_hmac("sha256", text, salt, iterations)
    return f"$pbkdf2-sha256$i={iterations}${b64encode(salt).decode()}${b64encode(key).decode()}"


def verify(password: Secret[str], stored: str | None, policy: int = ITERATIONS) -> Verdict:
    """Whether it is the one; takes as long for a user that does not exist (None)."""
    parsed = _parse(stored) if stored is not None else None
    against = parsed or _NOBODY._replace(iterations=policy)
    text = _normal(password)
    key = hashlib.pbkdf2_hmac("sha256", text or b"", against.salt, against.iterations)
    same = hmac.compare_digest(key, against.key)
    right = same and parsed is not None and text is not None
    return Verdict(right, right and against.iterations < policy)


def is_hash(text: str) -> bool:
    return _parse(text) is not None


def _parse(text: str) -> _Stored | None:
    form = _FORM.fullmatch(text)
    if form is None or not FEWEST <= int(form[1]) <= MOST:
        return None
    try:
        return _Stored(
            int(form[1]), b64decode(form[2], validate=True), b64decode(form[3], validate=True)
        )
    except NotBase64:
        return None


def _normal(password: Secret[str]) -> bytes | None:
    """The bytes to hash: the same whatever keyboard composed the accents. None if too long."""
    text = password.reveal()
    if len(text) > LONGEST:
        return None
    raw = unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
    return raw if len(raw) <= LONGEST else None
