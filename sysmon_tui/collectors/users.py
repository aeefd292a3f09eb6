"""User names by id, from /etc/passwd itself; whoever shows an owner asks here.

Not through the system's name service: a directory server that does not answer would hang it.
"""

from __future__ import annotations

import os
from pathlib import Path

from sysmon_tui.model.text import SafeText, clean_name

LARGEST = 4 << 20
"""Bytes of the file that are read."""


class UserNames:
    def __init__(self, passwd: Path) -> None:
        self._passwd = passwd
        self._version: tuple[int, int, int] | None = None
        self._names: dict[int, SafeText] = {}
        self._unknown: dict[int, SafeText] = {}

    def name(self, uid: int) -> SafeText:
        """The user's name; the number as text where there is none."""
        name = self._names.get(uid) or self._unknown.get(uid)
        if name is None:
            name = self._unknown[uid] = SafeText(str(uid))
        return name

    def refresh(self) -> None:
        """Read the file again if it is another one than before; keep the names if it is gone."""
        try:
            found = os.stat(self._passwd)
            version = found.st_ino, found.st_mtime_ns, found.st_size
            if version == self._version:
                return
            with self._passwd.open("rb") as file:
                text = file.read(LARGEST)
        except OSError:
            return
        self._version = version
        self._names = _parse(text)


def _parse(text: bytes) -> dict[int, SafeText]:
    """passwd(5): name:password:uid:...; of two names with one id the first counts."""
    names: dict[int, SafeText] = {}
    for line in text.splitlines():
        fields = line.split(b":", 3)
        if len(fields) == 4 and fields[0] and fields[2].isdigit() and len(fields[2]) <= 10:
            names.setdefault(int(fields[2]), clean_name(fields[0]))
    return names
