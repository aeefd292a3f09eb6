"""Reading single figures out of kernel files without trusting them; for every Linux collector.

`float()` and `int()` take too much (`nan`, `1_000`, a million digits). What the kernel prints is
plain digits, so nothing else passes here, and an odd field costs its line, not the whole pass.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

DIGITS = 20
"""A 64-bit counter has at most so many; whatever is longer is not a figure."""
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE})
"""Nothing can be opened at the moment, whatever it is."""
SMALL = 4096
"""One page: attributes in /sys are never longer."""


def counter(field: bytes) -> float:
    """An unsigned figure. Raises `ValueError` for anything but 1 to 20 digits."""
    if len(field) > DIGITS or not field.isdigit():
        raise ValueError(f"not a counter: {field[:40]!r}")
    return float(field)


def read_small(path: Path | str, limit: int = SMALL) -> bytes:
    """The first `limit` bytes without the white space around them; empty where unreadable.

    For files read once or rarely. Drivers fail reads in many ways (EINVAL, EIO, ENODEV, ENXIO),
    which all mean the same to the caller: there is no figure. Raises `OSError` where there are no
    descriptors: a figure that is there must not pass for one that is not.
    """
    try:
        # O_NONBLOCK: a named pipe in a faked tree must not hold the pass.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except ValueError:
        return b""
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return b""
    try:
        return os.read(fd, limit).strip()
    except OSError:
        return b""
    finally:
        os.close(fd)


def read_integer(path: Path | str) -> int | None:
    """A signed whole number from a file of its own; None where there is none."""
    text = read_small(path)
    if len(text) > DIGITS or not text.removeprefix(b"-").isdigit():
        return None
    return int(text)


def names_in(directory: Path) -> list[str]:
    """What a directory holds, sorted; nothing where it cannot be listed. Raises as `read_small`."""
    try:
        return sorted(os.listdir(directory))
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return []
