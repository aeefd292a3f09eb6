"""Protection from path traversal: files below a directory, by names from outside, nowhere else.

The rule, for every path in the program:

- A *name* that text from outside is part of (a member of an archive, a user, the name that a file
  gives an incident) is never joined to a directory as it is: `..`, an absolute path, a symlink or
  one that is swapped in between would lead out. It passes `confine`, `open_new` or `read`. Linux
  refuses all of that in one call (openat2(2), since 5.6); elsewhere every component is opened
  without following links.
- A *path* that somebody types, in a command or in their own settings, is their right: they could
  write there anyway. It is not confined. Its last component is still not followed where we write,
  nobody else's file is written into, and what we make is readable to its owner alone: in /tmp
  somebody else may have put a link there (`cli.sink`, `alerts.notify.logfile`).
- Names of hosts, rules, metrics and processes are part of no path at all; a theme is one of those
  that the program has, and the screen writes no pictures.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.text import clean

SIZE_LIMIT = 64 << 20
DEPTH = 8

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_UNAVAILABLE = (errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.E2BIG)
_LEADS_OUT = (errno.ELOOP, errno.EXDEV, errno.ENOTDIR)
_COMMON = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class OutOfPlace(SysmonError):
    """The name leads, or may lead, out of the directory it belongs to."""


class _OpenHow(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def confine(base: Path, name: str) -> Path:
    """The path of a file `name` in `base`, checked by its looks. Raises `OutOfPlace`.

    Only `open_new` and `read` hold against somebody who swaps files meanwhile.
    """
    _parts(name)
    path = base / name
    if not path.resolve().is_relative_to(base.resolve()):
        raise _out(name)
    return path


def open_new(base: Path, name: str) -> int:
    """A descriptor to write to a file that did not exist, mode 0600.

    Raises `OutOfPlace`, or `SysmonError` where there is such a file already.
    """
    try:
        return _beneath(base, name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SysmonError(f"there is a file {name} already", "Choose another name") from None
    except OSError as error:
        raise _failed(base, name, error) from None


def read(base: Path, name: str, limit: int = SIZE_LIMIT) -> bytes:
    """The content of a regular file. Raises `OutOfPlace`, or `SysmonError` for what else is wrong.

    A FIFO does not block.
    """
    try:
        descriptor = _beneath(base, name, os.O_RDONLY, 0)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise SysmonError(f"{name} is not a regular file", "Name another one")
            if facts.st_size > limit:
                raise SysmonError(f"{name} is larger than {limit} bytes", "Name another one")
            content = bytearray()
            while len(content) < limit and (piece := os.read(descriptor, limit - len(content))):
                content += piece
            return bytes(content)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _failed(base, name, error) from None


def _beneath(base: Path, name: str, flags: int, mode: int) -> int:
    parts = _parts(name)
    directory = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            return openat2(directory, name, flags | _COMMON, mode)
        except OSError as error:
            if error.errno not in _UNAVAILABLE:
                raise
        return walk(directory, parts, flags | _COMMON, mode)
    finally:
        os.close(directory)


def openat2(directory: int, name: str, flags: int, mode: int) -> int:
    """openat2(2) that resolves beneath `directory` and through no link. Raises `OSError`."""
    if os.uname().sysname != "Linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    how = _OpenHow(flags, mode, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(
        ctypes.c_long(_OPENAT2),
        ctypes.c_int(directory),
        ctypes.c_char_p(os.fsencode(name)),
        ctypes.byref(how),
        ctypes.c_size_t(ctypes.sizeof(how)),
    )
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(descriptor)


def walk(directory: int, parts: tuple[str, ...], flags: int, mode: int) -> int:
    """The same component by component, for kernels and sandboxes without openat2."""
    opened = os.dup(directory)
    try:
        for part in parts[:-1]:
            deeper = os.open(
                part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened
            )
            os.close(opened)
            opened = deeper
        return os.open(parts[-1], flags, mode, dir_fd=opened)
    finally:
        with suppress(OSError):
            os.close(opened)


def _parts(name: str) -> tuple[str, ...]:
    """The components of a relative name, each an ordinary one."""
    parts = tuple(name.split("/"))
    if len(parts) > DEPTH or not all(map(_NAME.fullmatch, parts)):
        raise OutOfPlace(
            f"{clean(name, 60)!r} is no usable file name",
            "Use letters, digits, dots, dashes and underscores, no dot first",
        )
    return parts


def _out(name: str) -> OutOfPlace:
    return OutOfPlace(f"{name} leads out of its directory", "Remove the link")


def _failed(base: Path, name: str, error: OSError) -> SysmonError:
    if error.errno in _LEADS_OUT:
        return _out(name)
    return SysmonError(f"{base / name} cannot be opened: {error.strerror}", "Check it")
