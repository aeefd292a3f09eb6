"""Files that are nobody else's: read only if they are, written whole or not at all.

Everything is checked on the open descriptor, as ssh does with its keys: between a look at a name
and opening it the name can be given to another file. Keys, the vault, the users file, saved
settings, the receivers' secret files and files that lines are added to come through here.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security.errors import Insecure, Missing, SecretsError

SIZE_LIMIT = 1 << 20
STALE = 600.0
"""Seconds after which a temporary file belongs to nobody who is still writing."""

_OURS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""A pipe in a file's place must not hold us."""
_READ = os.O_RDONLY | _OURS | _AT_ONCE
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _OURS | _AT_ONCE
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OURS
"""Flags of open(2) for a file that is not there yet: nothing is written over or through a link."""
_TEMPORARY = re.compile(r"\..{1,200}\.[0-9a-f]{16}\.new")


def read_private(
    path: Path, limit: int = SIZE_LIMIT, *, mounted: bool = False
) -> tuple[bytes, str]:
    """The content, and a warning or nothing.

    A `mounted` file (a secret of Docker, Kubernetes or systemd) may be a symlink, and readable to
    others where it lies in memory only: that is how they come.

    Raises `Missing`, `Insecure`, or `SecretsError` where it cannot be read.
    """
    target = Path(os.path.realpath(path)) if mounted else path
    try:
        descriptor = os.open(target, _READ)
    except FileNotFoundError:
        raise Missing(f"there is no {path}", "Check the path") from None
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {error.strerror}", "Check it") from None
    try:
        facts = os.fstat(descriptor)
        warning = _checked(path, facts, limit, lenient=mounted and _in_memory(facts.st_dev))
        return _read(descriptor, limit), warning
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {error.strerror}", "Check it") from None
    finally:
        os.close(descriptor)


def _read(descriptor: int, limit: int) -> bytes:
    content = bytearray()
    while len(content) < limit and (piece := os.read(descriptor, limit - len(content))):
        content += piece
    return bytes(content)


def _checked(path: Path, facts: os.stat_result, limit: int, *, lenient: bool) -> str:
    if not stat.S_ISREG(facts.st_mode):
        raise Insecure(f"{path} is not a regular file", "Put a file there")
    if facts.st_size > limit:
        raise Insecure(f"{path} is larger than {limit} bytes", "Is it the right file?")
    if os.name != "posix":
        return ""
    if facts.st_uid not in (0, os.geteuid()):
        raise Insecure(f"{path} belongs to somebody else", "Take it over with chown")
    if not stat.S_IMODE(facts.st_mode) & 0o077:
        return ""
    if lenient:
        return f"others can read {path}; it lies in memory only, so it is used all the same"
    raise Insecure(f"others can read or write {path}", f"Run chmod 600 {path.name}")


def _in_memory(device: int) -> bool:
    """Whether the file system keeps nothing on disk, by the mount table."""
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
            mount, _, kind = line.partition(" - ")
            if mount.split()[2] == number:
                return kind.split()[0] in ("tmpfs", "ramfs")
    return False


def private_directory(path: Path) -> None:
    """Make it, readable to us alone, where it is missing. Raises `OSError`."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def append_line(path: Path, line: bytes, remedy: str) -> int:
    """Add a line, its end included, to a file of mode 0600; how large the file is then, in bytes.

    In one write, so that lines of several programs do not mix. Raises `SysmonError`; `remedy` is
    for what is no regular file.
    """
    try:
        descriptor = os.open(path, _APPEND, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SysmonError(f"{path} is not a regular file", remedy)
            if os.write(descriptor, line) < len(line):
                # Half a line must not begin the next one.
                os.write(descriptor, b"\n")
                raise SysmonError(f"{path} took half a line", "Free space there")
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SysmonError(f"{path} cannot be written: {error.strerror}") from None


def write_atomic(path: Path, content: bytes, *, mode: int = 0o600, keep: bool = False) -> None:
    """Put `content` in the place of the file: whoever reads sees the old one or the new one whole.

    On the disk when this returns. With `keep`, the old one stays as `.prev`. Raises `OSError`,
    and then the old one is as it was.
    """
    private_directory(path.parent)
    directory = os.open(path.parent, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        temporary = _written(directory, path.name, content, mode)
        try:
            if keep:
                _link(directory, path.name)
            os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise
        os.fsync(directory)
    finally:
        os.close(directory)


def _written(directory: int, name: str, content: bytes, mode: int) -> str:
    """The name of a new file beside `name`, on the disk. After an error there is none.

    A failed fsync is not tried again on the same file: the kernel may have dropped what it could
    not write and report success the second time.
    """
    temporary = f".{name}.{secrets.token_hex(8)}.new"
    descriptor = os.open(temporary, CREATE, 0o600, dir_fd=directory)
    try:
        try:
            os.fchmod(descriptor, mode)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise
    return temporary


def _link(directory: int, name: str) -> None:
    """Give the present file a second name, `.prev`, by which it stays when it is replaced."""
    previous = f"{name}.prev"
    with suppress(FileNotFoundError):
        os.unlink(previous, dir_fd=directory)
    try:
        os.link(name, previous, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as error:
        # Some file systems have no second names: better none kept than nothing saved.
        if error.errno not in (errno.ENOENT, errno.EPERM, errno.EOPNOTSUPP):
            raise


def sweep(directory: Path, now: float, age: float = STALE) -> int:
    """Remove temporary files that a killed program left behind; how many. `now` is wall time."""
    removed = 0
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if not _TEMPORARY.fullmatch(entry.name):
                continue
            with suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > age:
                    os.unlink(entry.path)
                    removed += 1
    return removed
