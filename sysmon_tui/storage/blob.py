"""Deflated blobs as they stand in a history file: what every kind of them shares.

`builder`, `band` and `tables` make them, `chunk`, `band` and `tables` take them apart.
"""

from __future__ import annotations

import zlib

LEVEL = 6
_BLOCKS = 6
"""zlib's `memLevel`: every 4096 symbols get codes of their own (deflateInit2 has 16,384)."""
_SIZE_LIMIT = 64 << 20
"""Bytes a blob may inflate to; one of ours has a hundredth of that."""


class DamagedChunk(ValueError):
    """A blob that is not what was written."""


def deflate(plain: bytes) -> bytes:
    """The smaller of two: noise takes a tenth less in short blocks and without short matches;
    what is regular takes more, because every block brings its codes."""
    noise = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _BLOCKS, zlib.Z_FILTERED)
    return min(zlib.compress(plain, LEVEL), noise.compress(plain) + noise.flush(), key=len)


def inflate(body: bytes) -> bytes:
    """Raises `ValueError` for less than a whole blob, or more than one of ours can be."""
    inflater = zlib.decompressobj()
    plain = inflater.decompress(body, _SIZE_LIMIT)
    if not inflater.eof:
        raise ValueError("not the whole blob")
    return plain
