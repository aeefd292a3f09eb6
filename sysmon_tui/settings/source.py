"""The settings file as text: read with care, never written.

A name may lead to a FIFO, a device, a huge file or one that others can write. `store` gets the
text where there is any, and a problem for everything else.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from sysmon_tui.model.errors import SettingsError

SIZE_LIMIT = 1 << 20


class Untrusted(SettingsError):
    """The file was read, but somebody else could have written it. A warning."""


class Stamp(NamedTuple):
    """Tells one version of a file from another without reading it."""

    mtime_ns: int
    inode: int
    size: int


class SourceText(NamedTuple):
    text: str | None
    """None where there is no file or it cannot be read."""
    stamp: Stamp | None
    problems: tuple[SettingsError, ...] = ()


def stamp_of(path: Path) -> Stamp | None:
    """The version now at `path`; None where there is none to see."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def read_source(path: Path) -> SourceText:
    """The file as text. A missing one is no problem: the defaults are meant to do."""
    try:
        # A FIFO must not block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            return _read(path, descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return SourceText(None, None, _dangling(path))
    except OSError as error:
        return _refused(path, f"cannot be read: {error.strerror}", "Check its permissions")


def _read(path: Path, descriptor: int) -> SourceText:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        return _refused(path, "is not a regular file", "Put a TOML file there")
    if facts.st_size > SIZE_LIMIT:
        return _refused(path, f"is larger than {SIZE_LIMIT} bytes", "Is it a settings file?")
    raw = os.read(descriptor, SIZE_LIMIT)
    return _decoded(path, raw, _stamp(facts), _doubts(path, facts))


def _decoded(path: Path, raw: bytes, stamp: Stamp, doubts: tuple[SettingsError, ...]) -> SourceText:
    try:
        # Editors on Windows put a byte order mark first.
        return SourceText(raw.decode("utf-8-sig"), stamp, doubts)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = SettingsError(f"{path}:{line}", "", "is not UTF-8", "Save it as UTF-8")
        return SourceText(None, stamp, (*doubts, problem))


def _refused(path: Path, problem: str, remedy: str) -> SourceText:
    return SourceText(None, None, (SettingsError(str(path), "", problem, remedy),))


def _dangling(path: Path) -> tuple[SettingsError, ...]:
    if not path.is_symlink():
        return ()
    return (SettingsError(str(path), "", "is a symlink to nothing", "Repair or remove it"),)


def _doubts(path: Path, facts: os.stat_result) -> tuple[SettingsError, ...]:
    """Why somebody else may have written what we just read."""
    doubts: list[SettingsError] = []
    if facts.st_mode & stat.S_IWOTH and os.name == "posix":
        doubts.append(Untrusted(str(path), "", "everybody may write it", "chmod o-w it"))
    if facts.st_uid not in _trusted_owners():
        doubts.append(Untrusted(str(path), "", f"belongs to user {facts.st_uid}", "chown it"))
    if _leads_away(path):
        doubts.append(
            Untrusted(
                str(path), "", f"is a symlink to {os.path.realpath(path)}", "Put a file there"
            )
        )
    return tuple(doubts)


def _trusted_owners() -> tuple[int, ...]:
    """Root and ourselves; on Windows every file shows owner 0."""
    return (0, os.geteuid()) if hasattr(os, "geteuid") else (0,)


def _leads_away(path: Path) -> bool:
    """A symlink out of the directory. A mounted ConfigMap's links stay inside of it."""
    return path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve())


def _stamp(facts: os.stat_result) -> Stamp:
    return Stamp(facts.st_mtime_ns, facts.st_ino, facts.st_size)
