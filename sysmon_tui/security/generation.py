"""Whether the vault is older than the one that was seen last: a backup, or somebody put it back.

The file alone cannot tell. So its generation is kept in the state directory, under a MAC of the
key that opened the vault, and compared each time it is opened. Who can write both directories and
remove this file is not noticed; who only puts an old `secrets.json` back is.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from sysmon_tui.security.errors import SecretsError
from sysmon_tui.security.files import read_private, write_atomic
from sysmon_tui.security.sealed import SEEN, Header, Key, derive

FILE_NAME = "secrets-seen.json"


class _Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    gen: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    mac: str


class Generations:
    """The generation of one vault that was seen last."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE_NAME

    def doubt(self, header: Header, key: Key) -> str:
        """What speaks against the vault being the last one; else it is noted as that.

        Nothing is noted where the disk does not take it: reading secrets does not depend on it.
        """
        seen = self._read()
        if seen is not None and seen.id == header.id:
            if not hmac.compare_digest(seen.mac.encode(), _mac(seen.id, seen.gen, key).encode()):
                return "the secrets were last opened with another key: is this an older copy?"
            if seen.gen > header.gen:
                return (
                    f"the secrets are of generation {header.gen}, {seen.gen} was seen: "
                    "is this an older copy?"
                )
            if seen.gen == header.gen:
                return ""
        self.note(header, key)
        return ""

    def later(self, header: Header) -> int:
        """A generation after that of the header and after all that was seen."""
        seen = self._read()
        last = seen.gen if seen is not None and seen.id == header.id else 0
        return max(last, header.gen) + 1

    def note(self, header: Header, key: Key) -> None:
        seen = _Seen(header.id, header.gen, _mac(header.id, header.gen, key))
        with suppress(OSError):
            write_atomic(self.path, msgspec.json.encode(seen) + b"\n")

    def _read(self) -> _Seen | None:
        try:
            return msgspec.json.decode(read_private(self.path)[0], type=_Seen)
        except (SecretsError, msgspec.DecodeError, RecursionError, UnicodeError):
            return None


def _mac(identity: str, generation: int, key: Key) -> str:
    body = f"{identity} {generation}".encode()
    return hmac.new(derive(key.material.reveal(), SEEN), body, hashlib.sha256).hexdigest()
