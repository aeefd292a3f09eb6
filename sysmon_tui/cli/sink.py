"""Where an export goes: stdout, or a file that is whole lines whatever happens.

A new file is made with O_EXCL, so nothing is overwritten unasked, and with mode 0600. One that can
be resumed is written in place; others appear under their name only when they are complete. The
path is the user's own choice, but in a directory that others can write it may be a link or a file
of theirs: neither is written to.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import click

from sysmon_tui.cli.output import PIPE_CLOSED
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security.files import CREATE

BLOCK = 1 << 16
_MODE = 0o600


def write_stdout(pieces: Iterable[bytes]) -> None:
    """Raises `click.exceptions.Exit` when nobody reads any more."""
    try:
        for block in _blocks(pieces):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
    except OSError as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno in (errno.EPIPE, errno.EIO):
            raise click.exceptions.Exit(PIPE_CLOSED) from None
        raise SysmonError(f"the output cannot be written: {error.strerror}") from None


def write_lines(path: Path, pieces: Iterable[bytes], *, force: bool, keep: int = -1) -> None:
    """Whole lines into a file; after `keep` bytes of the one that is there, if that is not -1.

    Whatever ends it, the file then is whole lines. Raises `SysmonError`.
    """
    descriptor = _opened(path, force=force, resume=keep >= 0)
    good = max(0, keep)
    try:
        os.ftruncate(descriptor, good)
        os.lseek(descriptor, good, os.SEEK_SET)
        for block in _blocks(pieces):
            _write(descriptor, block)
            good += len(block)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            os.ftruncate(descriptor, good)
        os.close(descriptor)


def write_whole(
    path: Path, write: Callable[[IO[bytes]], object], *, force: bool, mode: int = _MODE
) -> None:
    """A file that is complete or not there. Raises `SysmonError`."""
    if os.path.lexists(path):
        if not force:
            raise _exists(path)
        _require_own(path, os.lstat(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, CREATE, mode), "wb") as file:
            write(file)
        if force:
            part.replace(path)
        else:
            # A link, unlike a rename, does not replace what came up meanwhile.
            os.link(part, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)


def _opened(path: Path, *, force: bool, resume: bool) -> int:
    flags = CREATE
    if force or resume:
        flags = (CREATE & ~os.O_EXCL) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, _MODE)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _link(path) from None
        raise _unwritable(path, error) from None
    try:
        _require_own(path, os.fstat(descriptor))
    except SysmonError:
        os.close(descriptor)
        raise
    return descriptor


def _require_own(path: Path, facts: os.stat_result) -> None:
    """Raises `SysmonError` for what is not a file of this user's."""
    if stat.S_ISLNK(facts.st_mode):
        raise _link(path)
    if not stat.S_ISREG(facts.st_mode):
        raise SysmonError(f"{path} is no regular file", "Leave --output out and redirect")
    if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
        raise SysmonError(f"{path} belongs to somebody else", "Name another file")


def _link(path: Path) -> SysmonError:
    return SysmonError(f"{path} is a link", "Name the file it leads to")


def _exists(path: Path) -> SysmonError:
    return SysmonError(f"{path} exists", "Name another file, or add --force or --resume")


def _unwritable(path: Path, error: OSError) -> SysmonError:
    return SysmonError(f"{path} cannot be written: {error.strerror}")


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces together. Those that wait when Ctrl-C comes are lost, and come again with --resume."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _write(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def opened_for_reading(name: str) -> Iterator[IO[bytes]]:
    """A regular file, or stdin for `-`. Raises `SysmonError`; a FIFO does not block."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SysmonError(f"{name} cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SysmonError(f"{name} is no regular file", "Give - and pipe it in")
        yield file
