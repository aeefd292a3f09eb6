"""Text lines out of a file, plain or gzipped, one in memory and none too long."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, cast

from sysmon_tui.storage.exchange.errors import FormatError

LONGEST = 16 << 20
"""Bytes: a longer line is none that we would write."""
LARGEST = 1 << 40
"""Bytes of text: what unpacks to more is made to fill disks."""
_GZIP = b"\x1f\x8b"


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """The content of a file that may be gzipped, known by its first bytes."""
    raw = cast("io.RawIOBase", file)
    plain = file if isinstance(file, io.BufferedReader) else io.BufferedReader(raw)
    packed = plain.peek(2)[:2] == _GZIP
    return cast("IO[bytes]", gzip.GzipFile(fileobj=plain) if packed else plain)


def byte_lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    """With their ends. Raises `FormatError`."""
    taken = number = 0
    try:
        while line := file.readline(LONGEST):
            number += 1
            taken += len(line)
            if len(line) == LONGEST and not line.endswith(b"\n"):
                raise FormatError(f"{name}:{number}", f"the line is longer than {LONGEST} bytes")
            if taken > LARGEST:
                raise FormatError(name, f"is more than {LARGEST} bytes", "Split it")
            yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(name, f"is a broken gzip file: {error}") from None
    except OSError as error:
        raise FormatError(name, f"cannot be read: {error.strerror}") from None


def text_lines(file: IO[bytes], name: str) -> Iterator[str]:
    """The same as text. Raises `FormatError`."""
    for number, line in enumerate(byte_lines(file, name), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise FormatError(f"{name}:{number}", "is no UTF-8") from None
