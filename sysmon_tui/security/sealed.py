"""The format of the vault: bytes in, bytes out, no file and no clock.

A random data key seals the secrets; each way to open the vault wraps that key once more. All
tokens are Fernet (https://github.com/fernet/spec), which has no associated data, so an HMAC over
header and sealed content ties them together. Keys are derived with HKDF-SHA256 (RFC 5869),
passphrases with scrypt (RFC 7914).

The file must be spelled exactly as it would be written: nothing in it can be changed unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar

import msgspec

from sysmon_tui.security.errors import Corrupt, Insecure, SecretsError, TooNew, WrongKey
from sysmon_tui.security.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

VERSION = 1
MAGIC = "sysmon-tui/secrets/"
KEY_SIZE = 32
PADDING = 256
LOG_N, SMALL_LOG_N = 17, 15
"""scrypt's cost: 128 MiB as OWASP asks for, 32 MiB where there is no such memory."""
MASTER, DATA, MAC, KEY_ID, SEEN = b"kek", b"data", b"mac", b"kid", b"seen"
"""What a derived key is for, as HKDF's `info`."""

LogN = Annotated[int, msgspec.Meta(ge=14, le=20)]


class RawWrap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="raw"):
    """The data key under a key of 32 random bytes."""

    kid: str
    dek: str


class ScryptWrap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="scrypt"):
    """The data key under a passphrase. The bounds keep a forged header from taking all memory."""

    kid: str
    dek: str
    salt: str
    logn: LogN
    r: Literal[8] = 8
    p: Literal[1] = 1


Wrap: TypeAlias = RawWrap | ScryptWrap


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    magic: str
    v: int
    id: str
    gen: int
    """Grows with every change: an older copy of the file can be told."""
    wraps: tuple[Wrap, ...]


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is."""

    h: Header
    c: str
    mac: str


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    gen: int
    s: dict[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a vault. `id` is no secret: files name the keys they need by it."""

    material: Secret[bytes]
    id: str
    source: str
    """Where it comes from, for people."""
    salt: str = field(default="", repr=False)
    log_n: int = 0
    """scrypt's, where it is made of a passphrase; else 0."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of a vault and what seals it again."""

    header: Header
    data_key: Secret[bytes]
    secrets: dict[str, Secret[str]]


def derive(material: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_SIZE, salt=None, info=b"sysmon-tui " + purpose).derive(material)


def key_of(material: bytes, source: str, *, salt: str = "", log_n: int = 0) -> Key:
    return Key(Secret(material), derive(material, KEY_ID)[:8].hex(), source, salt, log_n)


def key_of_text(text: bytes, source: str) -> Key:
    """A key as files hold it: 32 bytes in base64. Raises `Insecure`: it would be guessable."""
    try:
        material = b64decode(text.strip().translate(bytes.maketrans(b"-_", b"+/")), validate=True)
    except NotBase64:
        material = b""
    if len(material) != KEY_SIZE:
        raise Insecure(f"{source} holds no key", f"Make one with: openssl rand -base64 {KEY_SIZE}")
    return key_of(material, source)


def new_key_text() -> bytes:
    return urlsafe_b64encode(secrets.token_bytes(KEY_SIZE)) + b"\n"


def key_of_passphrase(phrase: Secret[str], salt: str, log_n: int) -> Key:
    """Takes 128 * 2**log_n * 8 bytes of memory. Raises `SecretsError` where there is no such."""
    size = 128 * 8 << log_n
    try:
        material = hashlib.scrypt(
            phrase.reveal().encode("utf-8", "surrogatepass"),
            salt=bytes.fromhex(salt),
            n=1 << log_n,
            r=8,
            p=1,
            maxmem=size + (1 << 20),
            dklen=KEY_SIZE,
        )
    except ValueError as error:
        if "memory" not in str(error).lower():
            raise Corrupt("the salt of the passphrase is damaged", "Restore the file") from None
        raise _no_memory(size) from None
    except MemoryError:
        raise _no_memory(size) from None
    return key_of(material, "the passphrase", salt=salt, log_n=log_n)


def _no_memory(size: int) -> SecretsError:
    return SecretsError(
        f"the passphrase needs {size >> 20} MiB of memory to be checked", "Free some"
    )


def _fernet(material: bytes, purpose: bytes) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(urlsafe_b64encode(derive(material, purpose)))


Token = TypeVar("Token", bound=str)


def _decrypt(fernet: Fernet, token: str) -> bytes:
    from cryptography.fernet import InvalidToken

    try:
        return fernet.decrypt(token.encode())
    except (InvalidToken, ValueError):
        raise _damaged() from None


def _damaged() -> Corrupt:
    return Corrupt(
        "the secrets are damaged or were changed without the key",
        "Restore the file, or its .prev; `sysmon-tui config reset-secrets` begins anew",
    )


def parse(raw: bytes) -> Sealed:
    """Raises `Corrupt` or `TooNew`; nothing is decrypted and nothing believed yet."""
    try:
        version = msgspec.json.decode(raw, type=_AnyVersion).h
        # Both say it, so that one flipped bit does not pass for a later version.
        if version.v > VERSION and version.magic == f"{MAGIC}{version.v}":
            raise TooNew(
                f"the secrets are of version {version.v}, this program knows {VERSION}",
                "Use the program that wrote them",
            )
        sealed = msgspec.json.decode(raw, type=Sealed)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise _damaged() from None
    if raw != _spelled(sealed) or sealed.h.magic != f"{MAGIC}{VERSION}" or sealed.h.v != VERSION:
        raise _damaged()
    return sealed


class _Version(msgspec.Struct, frozen=True):
    magic: str
    v: int


class _AnyVersion(msgspec.Struct, frozen=True):
    h: _Version


def _spelled(of: Sealed) -> bytes:
    return msgspec.json.encode(of) + b"\n"


def unseal(sealed: Sealed, key: Key) -> Opened:
    """Raises `WrongKey` where no wrap is for this key, `Corrupt` where anything was changed."""
    wrap = next((wrap for wrap in sealed.h.wraps if wrap.kid == key.id), None)
    if wrap is None:
        wanted = " or ".join(wrap.kid for wrap in sealed.h.wraps) or "none"
        raise WrongKey(
            f"the secrets need the key {wanted}; {key.source} is {key.id}",
            "Provide that key, or begin anew with `sysmon-tui config reset-secrets`",
        )
    data_key = _decrypt(_fernet(key.material.reveal(), MASTER), wrap.dek)
    if not hmac.compare_digest(_mac(data_key, sealed.h, sealed.c).encode(), sealed.mac.encode()):
        raise _damaged()
    plain = _decrypt(_fernet(data_key, DATA), sealed.c)
    try:
        content = msgspec.json.decode(plain, type=_Content)
    except msgspec.DecodeError:
        raise _damaged() from None
    if (content.id, content.gen) != (sealed.h.id, sealed.h.gen):
        raise _damaged()
    named = {name: Secret(value) for name, value in content.s.items()}
    return Opened(sealed.h, Secret(data_key), named)


def _mac(data_key: bytes, header: Header, sealed: str) -> str:
    body = msgspec.json.encode([header, sealed])
    return hmac.new(derive(data_key, MAC), body, hashlib.sha256).hexdigest()


def seal(header: Header, data_key: Secret[bytes], named: dict[str, Secret[str]]) -> bytes:
    """The bytes of the file. Padded, so that its length says little about what is in it."""
    content = _Content(header.id, header.gen, {name: one.reveal() for name, one in named.items()})
    plain = msgspec.json.encode(content)
    plain += b" " * (-len(plain) % PADDING)
    token = _fernet(data_key.reveal(), DATA).encrypt(plain).decode()
    return _spelled(Sealed(header, token, _mac(data_key.reveal(), header, token)))


def wrap(data_key: Secret[bytes], key: Key) -> Wrap:
    dek = _fernet(key.material.reveal(), MASTER).encrypt(data_key.reveal()).decode()
    if key.log_n:
        return ScryptWrap(key.id, dek, key.salt, key.log_n)
    return RawWrap(key.id, dek)


def rewrap(of: Wrap, old: Key, new: Key) -> Wrap:
    """The same data key for another key, without it being seen in between."""
    from cryptography.fernet import MultiFernet

    keys = MultiFernet([_fernet(key.material.reveal(), MASTER) for key in (new, old)])
    dek = keys.rotate(of.dek).decode()
    return ScryptWrap(new.id, dek, new.salt, new.log_n) if new.log_n else RawWrap(new.id, dek)


def new_header(key: Key, data_key: Secret[bytes]) -> Header:
    identity = secrets.token_hex(8)
    return Header(f"{MAGIC}{VERSION}", VERSION, identity, 1, (wrap(data_key, key),))
