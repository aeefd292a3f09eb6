"""A piece of the disk held back for the day it is full.

SQLite needs room even to delete, because every change goes to the write-ahead log first. `sqlite`
holds this file beside the history and gives it up when a flush finds no room: recording then goes
on, and what is oldest makes room for what is new until there is plenty again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

LARGEST, SMALLEST = 8 << 20, 32 << 10
"""Bytes; a quota that leaves less for a reserve has none."""
SHARE = 32
"""The part of the quota that it is, at most."""
PLENTY = 4
"""It is taken only where so many of it would fit."""
SCARCE = 1 << 20
"""Bytes: with more free than this, it is not the disk that is full."""

_CREATE = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Reserve:
    def __init__(self, history: Path, quota: int) -> None:
        """Beside `history`, out of its `quota` in bytes; changes no file yet."""
        self._path = history.with_name(f"{history.name}.reserve")
        wanted = min(LARGEST, quota // SHARE)
        # Elsewhere a file of zeros is not sure to take any room.
        self.size = wanted if wanted >= SMALLEST and hasattr(os, "posix_fallocate") else 0
        self._held = bool(self.size) and _size(self._path) == self.size
        self.spent = False
        """Given up, and not had again since."""

    def take(self) -> bool:
        """Have it where there is plenty of room; true when it is held only now."""
        if self._held or not self.size:
            return False
        try:
            if shutil.disk_usage(self._path.parent).free < PLENTY * self.size:
                return False
            self._allocate()
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return False
        self._held, self.spent = True, False
        return True

    def give_up(self) -> bool:
        """Free it where the disk is full; true when that made room."""
        if not self._held:
            return False
        try:
            if shutil.disk_usage(self._path.parent).free > SCARCE:
                return False
            self._path.unlink()
        except OSError:
            return False
        self._held, self.spent = False, True
        return True

    def _allocate(self) -> None:
        descriptor = os.open(self._path, _CREATE, 0o600)
        try:
            os.ftruncate(descriptor, self.size)
            os.posix_fallocate(descriptor, 0, self.size)
        finally:
            os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
